import type { SqlRow, SqlValue } from "@sotto/engine";
import type { Sqlite } from "./sqlite.ts";

// Result codes and types of values, https://sqlite.org/c3ref/constlist.html
export const SQLITE_OK = 0;
export const SQLITE_ROW = 100;
export const SQLITE_DONE = 101;
const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const BLOB = 4;

/** Bound values stay where they are until the statement has run: SQLite needn't copy or free them. */
const STATIC = 0;
const ARENA_BYTES = 64 * 1024;
/** Of UTF-8, for each UTF-16 unit. */
const UTF8_MAX = 3;
const INT32_MAX = 2 ** 31;
/** From so many characters on the decoder is faster than a loop. */
const SHORT_TEXT = 40;

/** The functions of the WebAssembly module itself that we call. Addresses are numbers. */
type Raw = {
  sqlite3_step(statement: number): number;
  sqlite3_reset(statement: number): number;
  sqlite3_clear_bindings(statement: number): number;
  sqlite3_bind_null(statement: number, index: number): number;
  sqlite3_bind_int(statement: number, index: number, value: number): number;
  sqlite3_bind_int64(statement: number, index: number, value: bigint): number;
  sqlite3_bind_double(statement: number, index: number, value: number): number;
  sqlite3_bind_text(statement: number, index: number, start: number, length: number, destroy: number): number;
  sqlite3_bind_blob(statement: number, index: number, start: number, length: number, destroy: number): number;
  sqlite3_column_type(statement: number, column: number): number;
  sqlite3_column_double(statement: number, column: number): number;
  sqlite3_column_blob(statement: number, column: number): number;
  sqlite3_column_bytes(statement: number, column: number): number;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Values into and out of statements, past the library's own way: that converts each address and name anew, encodes each text into a block of
 * memory of its own and takes half of the time of a short statement. One statement at a time.
 */
export class SqliteValues {
  readonly #wasm: Sqlite["wasm"];
  readonly #raw: Raw;
  #arena: number;
  #arenaBytes = ARENA_BYTES;
  #used = 0;

  constructor({ wasm }: Sqlite) {
    this.#wasm = wasm;
    this.#raw = wasm.exports as Raw;
    this.#arena = Number(wasm.alloc(ARENA_BYTES));
  }

  close(): void {
    this.#wasm.dealloc(this.#arena);
  }

  step(statement: number): number {
    return this.#raw.sqlite3_step(statement);
  }

  /** Ready to be run again. Nothing of what was bound stays in memory. */
  reset(statement: number): void {
    // A failure of the last step comes again here; it has been told.
    this.#raw.sqlite3_reset(statement);
    this.#raw.sqlite3_clear_bindings(statement);
    if (this.#used > 0) this.#wasm.heap8u().fill(0, this.#arena, this.#arena + this.#used);
    this.#used = 0;
    if (this.#arenaBytes > ARENA_BYTES) this.#resize(ARENA_BYTES);
  }

  /** @returns the first result code that isn't SQLITE_OK. */
  bind(statement: number, values: readonly SqlValue[]): number {
    let bytes = 0;
    for (const value of values) {
      if (typeof value === "string") bytes += value.length * UTF8_MAX;
      else if (value instanceof Uint8Array) bytes += value.length;
    }
    if (bytes > this.#arenaBytes) this.#resize(bytes);
    // Encoding a text moves nothing in the heap, but making room above may have.
    const heap = this.#wasm.heap8u();
    for (const [at, value] of values.entries()) {
      const code = this.#bindOne(statement, at + 1, value, heap);
      if (code !== SQLITE_OK) return code;
    }
    return SQLITE_OK;
  }

  #bindOne(statement: number, index: number, value: SqlValue, heap: Uint8Array): number {
    const raw = this.#raw;
    if (typeof value === "string") {
      const start = this.#arena + this.#used;
      const { written } = encoder.encodeInto(value, heap.subarray(start, this.#arena + this.#arenaBytes));
      this.#used += written;
      return raw.sqlite3_bind_text(statement, index, start, written, STATIC);
    }
    if (typeof value === "number") {
      if (!Number.isSafeInteger(value)) return raw.sqlite3_bind_double(statement, index, value);
      return value >= -INT32_MAX && value < INT32_MAX
        ? raw.sqlite3_bind_int(statement, index, value)
        : raw.sqlite3_bind_int64(statement, index, BigInt(value));
    }
    if (value === null) return raw.sqlite3_bind_null(statement, index);
    if (value instanceof Uint8Array) {
      const start = this.#arena + this.#used;
      heap.set(value, start);
      this.#used += value.length;
      return raw.sqlite3_bind_blob(statement, index, start, value.length, STATIC);
    }
    if (typeof value === "bigint" && BigInt.asIntN(64, value) === value)
      return raw.sqlite3_bind_int64(statement, index, value);
    throw new TypeError("That is no SQL value.");
  }

  /** The row that is there now. */
  row(statement: number, names: readonly string[]): SqlRow {
    const row: SqlRow = {};
    for (const [column, name] of names.entries()) row[name] = this.#value(statement, column, name);
    return row;
  }

  #value(statement: number, column: number, name: string): SqlValue {
    const raw = this.#raw;
    switch (raw.sqlite3_column_type(statement, column)) {
      case INTEGER:
      case FLOAT: {
        // Exact for every integer that a number can hold; what is beyond is so afterwards, too.
        const value = raw.sqlite3_column_double(statement, column);
        if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new RangeError(`${name}: beyond 2^53.`);
        return value;
      }
      case TEXT:
        return this.#text(statement, column);
      case BLOB: {
        const start = raw.sqlite3_column_blob(statement, column);
        const length = raw.sqlite3_column_bytes(statement, column);
        return this.#wasm.heap8u().slice(start, start + length);
      }
      default:
        return null;
    }
  }

  /** By its length: the library's own way ends a text at its first NUL character, which people may write. */
  #text(statement: number, column: number): string {
    const start = this.#raw.sqlite3_column_blob(statement, column);
    const length = this.#raw.sqlite3_column_bytes(statement, column);
    const heap = this.#wasm.heap8u();
    if (length < SHORT_TEXT) {
      let short = "";
      let at = start;
      for (; at < start + length; at++) {
        const byte = heap[at]!;
        if (byte > 0x7f) break;
        short += String.fromCharCode(byte);
      }
      if (at === start + length) return short;
    }
    return decoder.decode(heap.subarray(start, start + length));
  }

  #resize(bytes: number): void {
    this.#wasm.dealloc(this.#arena);
    this.#arena = Number(this.#wasm.alloc(bytes));
    this.#arenaBytes = bytes;
  }
}
