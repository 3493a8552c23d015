import type { Storage, Store } from "@sotto/engine";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { openSealed } from "./cipher.ts";
import { lockFile } from "./folder-lock.ts";
import { eraseKey, establishKey, readKey, syncFolder, writeNewKey } from "./key-file.ts";
import { ownError, unreadable } from "./sqlite-errors.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** The files of a device's folder, by name. */
export const FILES = {
  database: "device.db",
  key: "device.key",
  newKey: "device.key.new",
  lock: "device.lock",
  marker: "device.marker",
} as const;

/**
 * One encrypted SQLite file and its key (see key-file.ts for what that protects from) in a folder that one process at a
 * time may have open: `open` and `wipe` reject with store/in-use while another has.
 */
export function openNodeStorage({ directory }: { directory: string }): Storage {
  const at = (name: string): string => join(directory, name);
  const prepare = (): { release(): void } => {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw ownError(error);
    }
    return lockFile(at(FILES.lock));
  };

  return {
    durability: "durable",

    marker: {
      read: async () => {
        try {
          return new Uint8Array(readFileSync(at(FILES.marker)));
        } catch {
          return undefined;
        }
      },
      // Written beside and moved into its place: whoever reads it finds the old one or the new one.
      write: async (bytes) => {
        try {
          writeDurably(`${at(FILES.marker)}.new`, bytes);
          renameSync(`${at(FILES.marker)}.new`, at(FILES.marker));
          syncFolder(directory);
        } catch (error) {
          throw ownError(error);
        }
      },
    },

    async open(): Promise<Store> {
      const lock = prepare();
      try {
        const database = openOrCreate(at);
        return new SqliteStore(database, () => {
          database.close();
          lock.release();
        });
      } catch (error) {
        lock.release();
        throw ownError(error);
      }
    },

    async wipe(): Promise<void> {
      const lock = prepare();
      try {
        // The key first: what a crash leaves behind after it is noise.
        eraseKey(at(FILES.key));
        eraseKey(at(FILES.newKey));
        eraseDatabase(at);
        rmSync(at(FILES.marker), { force: true });
        syncFolder(directory);
      } catch (error) {
        throw ownError(error);
      } finally {
        lock.release();
      }
    },
  };
}

type At = (name: string) => string;

function openOrCreate(at: At): ReturnType<typeof openSealed> {
  const database = at(FILES.database);
  const size = existsSync(database) ? statSync(database).size : 0;
  const key = readKey(at(FILES.key));
  if (key !== undefined) {
    // SQLite would take an empty file for a new database, and the person for one who never signed in.
    if (size === 0) throw unreadable();
    return openWith(database, key);
  }
  const wasInterrupted = existsSync(at(FILES.newKey));
  if (size > 0 && !wasInterrupted) throw unreadable();
  eraseDatabase(at);
  const created = openWith(database, writeNewKey(at(FILES.newKey)));
  establishKey(at(FILES.newKey), at(FILES.key));
  return created;
}

function openWith(path: string, key: Uint8Array): ReturnType<typeof openSealed> {
  const database = openSealed(path, key);
  key.fill(0);
  return database;
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function eraseDatabase(at: At): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(at(FILES.database) + suffix, { force: true });
}
