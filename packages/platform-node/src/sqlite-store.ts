import type { SqlRow, SqlValue, Store } from "@sotto/engine";
import type { Database, Statement } from "./driver.ts";
import { ownError } from "./sqlite-errors.ts";

const STATEMENTS_MAX = 500;

type Cached = { statement: Statement<SqlRow>; returnsRows: boolean };

/** Statements of one database by their text. */
export type Statements = Map<string, Cached>;

/** The engine's Store over one open database, which is its own until `close`. */
export class SqliteStore implements Store {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #onClose: () => void;
  #isClosed = false;

  /**
   * @param onClose closes or keeps the database; called once.
   * @param statements of the same database, if it was in use before and is kept.
   */
  constructor(database: Database, onClose: () => void, statements: Statements = new Map()) {
    this.#database = database;
    this.#onClose = onClose;
    this.#statements = statements;
  }

  all(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    return this.#asOwn(() => {
      const { statement, returnsRows } = this.#prepare(sql);
      if (!returnsRows) {
        statement.run(...parameters);
        return [];
      }
      const rows = statement.all(...parameters);
      for (const row of rows) normalise(row);
      return rows;
    });
  }

  run(sql: string, parameters: readonly SqlValue[] = []): void {
    this.#asOwn(() => {
      const { statement, returnsRows } = this.#prepare(sql);
      if (returnsRows) statement.all(...parameters);
      else statement.run(...parameters);
    });
  }

  transaction<T>(work: () => T): T {
    if (this.#database.inTransaction) throw new Error("A transaction was begun inside another one.");
    this.run("begin immediate");
    try {
      const result = work();
      // Its writes after the first await would come after the commit.
      if (isPromiseLike(result)) throw new TypeError("The work of a transaction has to be synchronous.");
      this.run("commit");
      return result;
    } catch (error) {
      // SQLite has already rolled back after some failures (a full disk).
      if (this.#database.inTransaction) this.run("rollback");
      throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
  }

  #prepare(sql: string): Cached {
    if (this.#isClosed) throw new Error("The store is closed.");
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= STATEMENTS_MAX) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    const statement = this.#database.prepare<SqlRow>(sql);
    const cached = { statement, returnsRows: statement.reader };
    this.#statements.set(sql, cached);
    return cached;
  }

  #asOwn<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw ownError(error);
    }
  }
}

/** Blobs as plain Uint8Array over the same memory (the driver copies each out of SQLite into a Buffer of its own). */
function normalise(row: SqlRow): void {
  for (const column in row) {
    const value = row[column];
    if (typeof value === "number") {
      // The driver rounds what a number can't hold, silently.
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new RangeError(`${column}: beyond 2^53.`);
    } else if (value instanceof Uint8Array) {
      row[column] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
  }
}

function isPromiseLike(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
