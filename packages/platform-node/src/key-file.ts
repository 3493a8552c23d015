import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { DATABASE_KEY_BYTES } from "./cipher.ts";
import { unreadable } from "./sqlite-errors.ts";

/**
 * The database's key in a file of its own, beside the database, readable by its owner only (0600; on Windows by what the
 * folder inherits).
 *
 * It protects a database that travels without it: a copy, a backup or a stray upload of the database file, blocks of the
 * disk that outlive the file once the key is erased. It does not protect from whoever can read the whole folder: another
 * program of the same person, an administrator, a thief of an unencrypted disk. Against these the disk itself has to be
 * encrypted.
 *
 * A key is first written as "new" and gets its name once the database under it exists, so that a crash in between is seen
 * for what it is and isn't taken for a damaged database.
 */
export function readKey(path: string): Uint8Array | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  if (bytes.length !== DATABASE_KEY_BYTES) throw unreadable();
  return new Uint8Array(bytes);
}

/** Writes a fresh key to `path`, durable on return. */
export function writeNewKey(path: string): Uint8Array {
  rmSync(path, { force: true });
  const key = new Uint8Array(randomBytes(DATABASE_KEY_BYTES));
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, key);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return key;
}

/** From here on the key is the key. Durable on return. */
export function establishKey(newPath: string, path: string): void {
  renameSync(newPath, path);
  syncFolder(dirname(path));
}

/** Overwrites, then removes: an old block may survive on flash memory or in a journal, so this is a best effort. */
export function eraseKey(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, "r+");
  try {
    writeSync(file, new Uint8Array(statSync(path).size));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  rmSync(path, { force: true });
}

/** Makes names that were added or removed durable. Windows has no such call and needs none. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
