import {
  mkdirSync,
  readFileSync,
  writeFileSync,
  renameSync,
  openSync,
  fsyncSync,
  closeSync,
  existsSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SottoError } from "@sotto/protocol";

export const DATABASE_FILE = "sotto.sqlite";

/** The one folder with everything that this server keeps, held by one process at a time. */
export type DataFolder = {
  database: string;
  /** Secrets of the password protocol: apart from the database, so that a copy of that alone can't test guesses (RFC 9807 §10.11). */
  passwordSetup: string;
  release(): void;
};

/**
 * Creates the folder when it is missing and takes it for this process.
 * @throws SottoError config/data-in-use, config/invalid
 */
export async function openDataFolder(path: string, createPasswordSetup: () => Promise<string>): Promise<DataFolder> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SottoError("config/invalid", `The data folder ${path} can't be created (${codeOf(error)}).`, {
      kind: "person",
      do: "Set SOTTO_DATA_DIR to a folder that can be written.",
    });
  }
  const release = lock(path);
  try {
    return {
      database: join(path, DATABASE_FILE),
      passwordSetup: await readOrCreate(join(path, "password-setup"), createPasswordSetup, path),
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

function lock(path: string): () => void {
  const release = takeDataFolder(path);
  if (release !== undefined) return release;
  throw new SottoError("config/data-in-use", `The data folder ${path} is in use by another Sotto server.`, {
    kind: "person",
    do: "Stop that server, or set SOTTO_DATA_DIR to another folder.",
  });
}

/**
 * Takes an existing folder for this process, by SQLite's own file lock: it goes with the process, however that ends, on every
 * platform. @returns lets go of it; undefined while another process holds it.
 */
export function takeDataFolder(path: string): (() => void) | undefined {
  const database = new DatabaseSync(join(path, "lock"), { timeout: 0 });
  try {
    database.exec("begin exclusive");
    return () => database.close();
  } catch (error) {
    database.close();
    if (codeOf(error) !== "ERR_SQLITE_ERROR" || !String(error).includes("locked")) throw error;
    return undefined;
  }
}

async function readOrCreate(file: string, create: () => Promise<string>, folder: string): Promise<string> {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  // A database without its secrets can't check any password: better to stop than to begin with new ones.
  if (existsSync(join(folder, DATABASE_FILE)))
    throw new SottoError(
      "config/invalid",
      `The data folder ${folder} has a database but no file password-setup, so nobody could sign in.`,
      { kind: "person", do: "Restore the file from your backup." },
    );
  const fresh = await create();
  const draft = `${file}.new`;
  writeFileSync(draft, fresh, { mode: 0o600 });
  const handle = openSync(draft, "r+");
  fsyncSync(handle);
  closeSync(handle);
  renameSync(draft, file);
  return fresh;
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
