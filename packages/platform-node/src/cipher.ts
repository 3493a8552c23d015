import { Database } from "./driver.ts";
import { Buffer } from "node:buffer";

export const DATABASE_KEY_BYTES = 32;

/**
 * Opens a database file under ChaCha20-Poly1305, each page sealed and authenticated by itself, the write-ahead log too.
 * @param key {@link DATABASE_KEY_BYTES} random bytes, used as they are: a slow derivation is for passwords.
 * @throws SQLITE_NOTADB if the key doesn't fit, SQLITE_BUSY if another process has the file open.
 */
export function openSealed(path: string, key: Uint8Array): Database {
  // No waiting for a lock: whoever holds it holds it for as long as it runs.
  const database = new Database(path, { timeout: 0 });
  const spelled = Buffer.from(`raw:${Buffer.from(key).toString("hex")}`, "latin1");
  try {
    database.pragma("cipher = 'chacha20'");
    database.key(spelled);
    // Before the journal mode: SQLite then keeps the log's index in memory and holds the file's lock until it is closed.
    database.pragma("locking_mode = exclusive");
    database.pragma("journal_mode = wal");
    configure(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  } finally {
    spelled.fill(0);
  }
}

/** Durable on return of every commit; nothing spills into temporary files, which are not sealed; deleted is overwritten. */
export function configure(database: Database): void {
  database.pragma("synchronous = full");
  database.pragma("temp_store = memory");
  database.pragma("secure_delete = on");
  database.pragma("foreign_keys = on");
}
