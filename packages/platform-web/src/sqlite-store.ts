import type { SqlRow, SqlValue, Store } from "@sotto/engine";
import { isInAutocommit, type Database, type Sqlite, type Statement } from "./sqlite.ts";
import { ownError } from "./sqlite-errors.ts";
import { SQLITE_DONE, SQLITE_OK, SQLITE_ROW, SqliteValues } from "./sqlite-values.ts";

const STATEMENTS_MAX = 500;

/** `names` of the columns, as they were when the schema had this number: it may have changed since. */
type Prepared = {
  statement: Statement;
  pointer: number;
  parameterCount: number;
  changesSchema: boolean;
  names: readonly string[];
  schema: number;
};

// What a rolled back transaction did to the schema is undone with it.
const CHANGES_SCHEMA = /^\s*(?:create|alter|drop|rollback)\b/i;

/** The engine's Store over one open database, which is its own until `close`. */
export class SqliteStore implements Store {
  readonly #sqlite: Sqlite;
  readonly #database: Database;
  readonly #values: SqliteValues;
  readonly #statements = new Map<string, Prepared>();
  #schema = 0;
  readonly #onClose: () => void;
  #isInTransaction = false;
  #isClosed = false;

  /** @param onClose closes or keeps the database; called once. */
  constructor(sqlite: Sqlite, database: Database, onClose: () => void) {
    this.#sqlite = sqlite;
    this.#database = database;
    this.#values = new SqliteValues(sqlite);
    this.#onClose = onClose;
  }

  all(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    const rows: SqlRow[] = [];
    this.#step(sql, parameters, rows);
    return rows;
  }

  run(sql: string, parameters: readonly SqlValue[] = []): void {
    this.#step(sql, parameters, undefined);
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
    for (const { statement } of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#values.close();
    this.#onClose();
  }

  /** @param rows takes the rows that come; undefined where nobody wants them. */
  #step(sql: string, parameters: readonly SqlValue[], rows: SqlRow[] | undefined): void {
    try {
      const prepared = this.#prepare(sql);
      const { pointer, parameterCount } = prepared;
      if (parameterCount !== parameters.length) {
        throw new RangeError(`${parameterCount} parameters are needed, ${parameters.length} came.`);
      }
      const values = this.#values;
      if (prepared.changesSchema) this.#schema++;
      try {
        if (parameters.length > 0) this.#check(values.bind(pointer, parameters));
        while (this.#check(values.step(pointer)) === SQLITE_ROW) rows?.push(values.row(pointer, this.#names(prepared)));
      } finally {
        values.reset(pointer);
      }
    } catch (error) {
      throw ownError(error);
    }
  }

  #check(code: number): number {
    if (code !== SQLITE_OK && code !== SQLITE_ROW && code !== SQLITE_DONE)
      this.#sqlite.oo1.DB.checkRc(this.#database, code);
    return code;
  }

  /** Of the columns of the row that is there now: by then SQLite has taken notice of changes of the schema. */
  #names(prepared: Prepared): readonly string[] {
    if (prepared.schema !== this.#schema) {
      const { statement } = prepared;
      prepared.names = Array.from({ length: statement.columnCount }, (_, column) => statement.getColumnName(column));
      prepared.schema = this.#schema;
    }
    return prepared.names;
  }

  #prepare(sql: string): Prepared {
    if (this.#isClosed) throw new Error("The store is closed.");
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= STATEMENTS_MAX) {
      for (const [oldest, { statement }] of this.#statements) {
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
    const prepared: Prepared = {
      statement,
      pointer: Number(statement.pointer),
      parameterCount: statement.parameterCount,
      changesSchema: CHANGES_SCHEMA.test(sql),
      names: [],
      schema: -1,
    };
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

/** Whether SQL other than blanks and comments follows the first statement; the library would leave it out silently. */
function hasMore(sql: string, first: string | null): boolean {
  const rest = sql.slice((first ?? "").length);
  return rest.replaceAll(/--[^\n]*|\/\*.*?\*\/|[\s;]/gs, "") !== "";
}

function isPromiseLike(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
