import { createRequire } from "node:module";

/** The one importer of the SQLite driver. It brings types that its export map hides, so these are the calls that we make. */
export interface Database {
  readonly inTransaction: boolean;
  prepare<Row>(sql: string): Statement<Row>;
  exec(sql: string): this;
  pragma(source: string): unknown;
  key(key: Uint8Array): number;
  /** Everything that it holds, as the bytes of a database file. */
  serialize(): Uint8Array;
  close(): this;
}

export interface Statement<Row> {
  /** Whether it returns rows: `all` is for these, `run` for the others. */
  readonly reader: boolean;
  all(...parameters: readonly unknown[]): Row[];
  run(...parameters: readonly unknown[]): unknown;
}

/**
 * @param path a file, ":memory:", or the bytes of one ({@link Database.serialize}) to begin with in memory
 * @param options.timeout ms to wait for a lock
 */
type Constructor = new (path: string | Uint8Array, options?: { timeout?: number }) => Database;

const require = createRequire(import.meta.url);
export const Database = require("better-sqlite3-multiple-ciphers") as Constructor;
