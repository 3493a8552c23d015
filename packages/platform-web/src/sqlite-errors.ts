import { SottoError } from "@sotto/protocol";

export const unreadable = (): SottoError =>
  new SottoError("store/unreadable", "The data in this browser is damaged, or its key doesn't fit.", {
    kind: "person",
    do: "Start over in this browser and sign in again. Nothing on the server is lost.",
  });

export const inUse = (): SottoError =>
  new SottoError("store/in-use", "Sotto is already running elsewhere in this browser.", {
    kind: "person",
    do: "Close the other windows of Sotto, then reload this one.",
  });

export const unavailable = (): SottoError =>
  new SottoError("store/unavailable", "The data in this browser can't be written or read just now.", {
    kind: "person",
    do: "Look whether the disk is full, then reload Sotto.",
  });

// Primary result codes, https://sqlite.org/rescode.html
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const UNAVAILABLE: readonly number[] = [3, 8, 10, 13, 14]; // PERM, READONLY, IOERR, FULL, CANTOPEN

/**
 * SQLite's result codes as failures that a person may meet. Anything else (a violated constraint, wrong SQL) is a broken
 * invariant of the caller and stays what it is.
 */
export function ownError(error: unknown): unknown {
  if (error instanceof SottoError || !(error instanceof Error)) return error;
  // Of the browser's file system and key store. Never "damaged": a person would be told to start over.
  if (error instanceof DOMException) return unavailable();
  if (!("resultCode" in error) || typeof error.resultCode !== "number") return error;
  const primary = error.resultCode & 0xff;
  if (primary === CORRUPT || primary === NOT_A_DATABASE) return unreadable();
  return UNAVAILABLE.includes(primary) ? unavailable() : error;
}
