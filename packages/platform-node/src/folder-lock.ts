import { Database } from "./driver.ts";
import { ownError } from "./sqlite-errors.ts";

/**
 * Keeps a folder to one holder, until it is released or its process ends in whatever way. Node has no file locks of its
 * own, SQLite has them on every platform, so this is an empty database in a transaction that never writes.
 * @throws SottoError store/in-use
 */
export function lockFile(path: string): { release(): void } {
  try {
    const database = new Database(path, { timeout: 0 });
    try {
      database.pragma("journal_mode = memory");
      database.exec("begin exclusive");
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => void database.close() };
  } catch (error) {
    throw ownError(error);
  }
}
