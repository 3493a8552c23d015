import { SottoError } from "@sotto/protocol";

export const unreadable = (): SottoError =>
  new SottoError("store/unreadable", "The data on this device is damaged, or its key doesn't fit.", {
    kind: "person",
    do: "Start over on this device and sign in again. Nothing on the server is lost.",
  });

export const inUse = (): SottoError =>
  new SottoError("store/in-use", "Another Sotto is using this data folder.", {
    kind: "person",
    do: "Close the other one, or give this one a folder of its own.",
  });

export const unavailable = (): SottoError =>
  new SottoError("store/unavailable", "The data on this device can't be written or read just now.", {
    kind: "person",
    do: "Look whether the disk is full and whether the data folder may be written.",
  });

/**
 * SQLite's result codes, extended ones by their beginning, as failures that a person may meet. Anything else (a violated
 * constraint, wrong SQL) is a broken invariant of the caller and stays what it is.
 * @see https://sqlite.org/rescode.html
 */
export function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const code = error.code;
  const isOne = (...beginnings: string[]): boolean => beginnings.some((beginning) => code.startsWith(beginning));
  if (isOne("SQLITE_CORRUPT", "SQLITE_NOTADB")) return unreadable();
  if (isOne("SQLITE_BUSY", "SQLITE_LOCKED")) return inUse();
  if (isOne("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")) return unavailable();
  // Of the file system: ENOSPC, EACCES, EROFS ...
  if ("syscall" in error) return unavailable();
  return error;
}
