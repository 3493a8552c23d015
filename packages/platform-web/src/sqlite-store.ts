import type { SqlRow, SqlValue, Store } from "@sotto/engine";
import { isInAutocommit, type Database, type Sqlite, type Statement } from "./sqlite.ts";
import { ownError } from "./sqlite-errors.ts";

const STATEMENTS_MAX = 500;

const text = new TextDecoder("utf-8", { ignoreBOM: true });

/** The engine's Store over one open database, which is its own until `close`. */
export class SqliteStore implements Store {
  readonly #sqlite: Sqlite;
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();
  readonly #onClose: () => void;
  #isInTransaction = false;
  #isClosed = false;

  /** @param onClose closes or keeps the database; called once. */
  constructor(sqlite: Sqlite, database: Database, onClose: () => void) {
    this.#sqlite = sqlite;
    this.#database = database;
    this.#onClose = onClose;
  }

  all(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    const rows: SqlRow[] = [];
    this.#step(sql, parameters, (statement) => rows.push(this.#row(statement)));
    return rows;
  }

  run(sql: string, parameters: readonly SqlValue[] = []): void {
    this.#step(sql, parameters, () => {});
  }

  transaction<T>(work: () => T): T {
    if (this.#isInTransaction) throw new Error("A transaction was begun inside another one.");
    this.run("begin immediate");
    this.#isInTransaction = true;
    try {
      const result = work();
      // Its writes after the first await would come after the commit.
      if (isPromiseLike(result)) throw new TypeError("The work of a transaction has to be synchronous.");
      this.run("commit");
      return result;
    } catch (error) {
      // SQLite has already rolled back after some failures (a full disk), and is in autocommit mode again.
      if (!isInAutocommit(this.#sqlite, this.#database)) this.run("rollback");
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#onClose();
  }

  #step(sql: string, parameters: readonly SqlValue[], onRow: (statement: Statement) => void): void {
    try {
      const statement = this.#prepare(sql);
      try {
        if (statement.parameterCount !== parameters.length) {
          throw new RangeError(`${statement.parameterCount} parameters are needed, ${parameters.length} came.`);
        }
        if (parameters.length > 0) statement.bind([...parameters]);
        while (statement.step()) onRow(statement);
      } finally {
        statement.reset(true);
      }
    } catch (error) {
      throw ownError(error);
    }
  }

  #prepare(sql: string): Statement {
    if (this.#isClosed) throw new Error("The store is closed.");
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= STATEMENTS_MAX) {
      for (const [oldest, statement] of this.#statements) {
        this.#statements.delete(oldest);
        statement.finalize();
        break;
      }
    }
    const statement = this.#database.prepare(sql);
    if (hasMore(sql, this.#sqlite.capi.sqlite3_sql(statement))) {
      statement.finalize();
      throw new RangeError("One statement at a time.");
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  #row(statement: Statement): SqlRow {
    const { capi } = this.#sqlite;
    const row: SqlRow = {};
    for (let column = 0; column < statement.columnCount; column++) {
      const name = statement.getColumnName(column);
      const value =
        capi.sqlite3_column_type(statement, column) === capi.SQLITE_TEXT
          ? this.#text(statement, column)
          : statement.get(column);
      if (
        typeof value === "bigint" ||
        (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value))
      ) {
        throw new RangeError(`${name}: beyond 2^53.`);
      }
      row[name] = asSqlValue(value);
    }
    return row;
  }

  /** The library's own way ends a text at its first NUL character, which people may write. */
  #text(statement: Statement, column: number): string {
    const { capi, wasm } = this.#sqlite;
    const start = capi.sqlite3_column_blob(statement, column);
    const length = capi.sqlite3_column_bytes(statement, column);
    return length === 0 ? "" : text.decode(wasm.heap8u().subarray(start, start + length));
  }
}

function asSqlValue(value: unknown): SqlValue {
  if (value === null || typeof value === "string" || typeof value === "number" || value instanceof Uint8Array)
    return value;
  throw new TypeError("SQLite returned something that is no SQL value.");
}

/** Whether SQL other than blanks and comments follows the first statement; the library would leave it out silently. */
function hasMore(sql: string, first: string | null): boolean {
  const rest = sql.slice((first ?? "").length);
  return rest.replaceAll(/--[^\n]*|\/\*.*?\*\/|[\s;]/gs, "") !== "";
}

function isPromiseLike(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
