import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

export type Value = string | number | bigint | Uint8Array | null;
export type Row = Record<string, Value>;

/** Texts beyond this many are prepared anew: nothing here builds SQL from data, so it is never met in practice. */
const STATEMENTS_MAX = 500;

/** One connection to a SQLite file, with its statements cached by text. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #isInTransaction = false;

  /** @param path  a file, created when missing, or ":memory:". Ack means durable, so every commit is synced (FULL). */
  constructor(path: string, { readOnly = false }: { readOnly?: boolean } = {}) {
    this.#database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5_000, readOnly });
    if (readOnly) return;
    // Posts are about 1 KiB: in larger pages fewer are begun, and a batch costs a third less (docs/benchmarks.md).
    this.#database.exec("pragma page_size=8192");
    this.#database.exec(
      "pragma journal_mode=wal; pragma synchronous=full; pragma temp_store=memory; pragma cache_size=-65536; pragma wal_autocheckpoint=4000",
    );
  }

  /** One statement that isn't worth keeping, such as a change of the schema. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const fresh = this.#database.prepare(sql);
    if (this.#statements.size < STATEMENTS_MAX) this.#statements.set(sql, fresh);
    return fresh;
  }

  all(sql: string, ...parameters: Value[]): Row[] {
    return this.prepare(sql).all(...parameters) as Row[];
  }

  get(sql: string, ...parameters: Value[]): Row | undefined {
    return this.prepare(sql).get(...parameters) as Row | undefined;
  }

  /** @returns how many rows changed. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...parameters).changes);
  }

  /** @returns the key of the row that was inserted. */
  insert(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...parameters).lastInsertRowid);
  }

  /** All or nothing; joins a transaction that is under way. */
  transaction<T>(work: () => T): T {
    if (this.#isInTransaction) return work();
    this.prepare("begin immediate").run();
    this.#isInTransaction = true;
    try {
      const result = work();
      this.prepare("commit").run();
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }
}

export function numberOf(value: Value | undefined): number {
  if (typeof value === "number") return value;
  throw new TypeError("a column that should hold a number doesn't");
}

export function textOf(value: Value | undefined): string {
  if (typeof value === "string") return value;
  throw new TypeError("a column that should hold text doesn't");
}

export function bytesOf(value: Value | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("a column that should hold bytes doesn't");
}
