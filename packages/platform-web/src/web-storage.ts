import type { Storage, Store } from "@sotto/engine";
import { createDatabaseKey, establishDatabaseKey, readDatabaseKey } from "./database-key.ts";
import type { KeyCabinet } from "./key-cabinet.ts";
import { installPool, resumePool, type Pool } from "./opfs-pool.ts";
import { loadSqlite, type Database, type Sqlite } from "./sqlite.ts";
import { inUse, ownError, unreadable } from "./sqlite-errors.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { lockStore } from "./store-lock.ts";

const DATABASE = "/device.db";
const SIDE_FILES = [`${DATABASE}-wal`, `${DATABASE}-journal`];

/** Name of the marker in the cabinet. */
const MARKER = "instance";

/** How long a worker that was just ended may take to let go of the files. */
const PATIENCE_MS = 10_000;

export type WebStorageOptions = {
  /** Of the pool, the lock; one per device. */
  name: string;
  /** Holds the database's key. Wiped with the database, together with whatever else it holds. */
  cabinet: KeyCabinet;
  patienceMs?: number;
};

/** One encrypted SQLite database on the origin's private file system; for dedicated workers. */
export function openWebStorage({ name, cabinet, patienceMs = PATIENCE_MS }: WebStorageOptions): Storage {
  let pool: Pool | undefined;
  let isTaken = false;

  /** From here to `release`, lock and files are ours. */
  const take = async (): Promise<{ sqlite: Sqlite; pool: Pool; release: () => void }> => {
    if (isTaken) throw inUse();
    isTaken = true;
    let lock: { release(): void } | undefined;
    try {
      const sqlite = await loadSqlite();
      lock = await lockStore(name, patienceMs);
      const taken = pool ?? (await installPool(sqlite, name, patienceMs));
      if (pool !== undefined) await resumePool(pool, name, patienceMs);
      pool = taken;
      const held = lock;
      const release = (): void => {
        taken.pauseVfs();
        held.release();
        isTaken = false;
      };
      return { sqlite, pool: taken, release };
    } catch (error) {
      lock?.release();
      isTaken = false;
      throw ownError(error);
    }
  };

  return {
    durability: "durable",

    // Beside the key, which a copy of the private file system doesn't carry along.
    marker: {
      read: async () => {
        const bytes = await cabinet.get(MARKER);
        return bytes instanceof Uint8Array ? bytes : undefined;
      },
      write: (bytes) => cabinet.put(MARKER, bytes),
    },

    async open(): Promise<Store> {
      const { sqlite, pool: files, release } = await take();
      try {
        const database = await openOrCreate(sqlite, files, cabinet);
        return new SqliteStore(sqlite, database, () => {
          database.close();
          release();
        });
      } catch (error) {
        release();
        throw ownError(error);
      }
    },

    async wipe(): Promise<void> {
      const { pool: files, release } = await take();
      try {
        // The keys first: what a crash leaves behind after that is noise.
        await cabinet.clear();
        erase(files);
      } catch (error) {
        throw ownError(error);
      } finally {
        release();
      }
    },
  };
}

async function openOrCreate(sqlite: Sqlite, files: Pool, cabinet: KeyCabinet): Promise<Database> {
  const known = await readDatabaseKey(cabinet);
  const exists = files.getFileNames().includes(DATABASE);
  if (known?.isEstablished === true) {
    // SQLite would take a missing or empty file for a new database, and the person for one who never signed in.
    if (!exists) throw unreadable();
    return openSealed(sqlite, files, { key: known.key, isNew: false });
  }
  // A database whose key is gone. With a key that isn't established it is only a beginning that was cut short.
  if (known === undefined && exists) throw unreadable();
  erase(files);
  const database = openSealed(sqlite, files, { key: await createDatabaseKey(cabinet), isNew: true });
  try {
    await establishDatabaseKey(cabinet);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Each page is sealed and authenticated by itself (ChaCha20-Poly1305), the write-ahead log too. */
function openSealed(sqlite: Sqlite, files: Pool, { key, isNew }: { key: Uint8Array; isNew: boolean }): Database {
  const database = new sqlite.oo1.DB(`file:${DATABASE}?vfs=multipleciphers-${files.vfsName}`, "c");
  try {
    database.exec("pragma cipher = 'chacha20'");
    // Used as it is: a slow derivation is for passwords.
    database.exec(`pragma key = 'raw:${[...key].map((byte) => byte.toString(16).padStart(2, "0")).join("")}'`);
    // Before anything is read: the log's index then needs no shared memory.
    database.exec("pragma locking_mode = exclusive");
    if (!isNew && database.selectValue("pragma page_count") === 0) throw unreadable();
    database.exec("pragma journal_mode = wal");
    configure(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  } finally {
    key.fill(0);
  }
}

/** Durable on return of every commit; nothing spills into temporary files, which are not sealed; deleted is overwritten. */
export function configure(database: Database): void {
  database.exec("pragma synchronous = full");
  database.exec("pragma temp_store = memory");
  database.exec("pragma secure_delete = on");
  database.exec("pragma foreign_keys = on");
}

function erase(files: Pool): void {
  for (const name of [DATABASE, ...SIDE_FILES]) files.unlink(name);
}
