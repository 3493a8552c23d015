import type { SqlRow, SqlValue } from "./ports.ts";

/** Typed reads of SQL columns. The database is ours and encrypted; a mismatch is a broken invariant and throws. */
function column(row: SqlRow, name: string): SqlValue {
  const value = row[name];
  if (value === undefined) throw new TypeError(`column ${name} is missing`);
  return value;
}

export function textOf(row: SqlRow, name: string): string {
  const value = column(row, name);
  if (typeof value !== "string") throw new TypeError(`column ${name} is not text`);
  return value;
}

export function textOrNull(row: SqlRow, name: string): string | null {
  return column(row, name) === null ? null : textOf(row, name);
}

export function numberOf(row: SqlRow, name: string): number {
  const value = column(row, name);
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number") throw new TypeError(`column ${name} is not a number`);
  return value;
}

export function numberOrNull(row: SqlRow, name: string): number | null {
  return column(row, name) === null ? null : numberOf(row, name);
}

export function bytesOf(row: SqlRow, name: string): Uint8Array {
  const value = column(row, name);
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${name} is not bytes`);
  return value;
}

export function bytesOrNull(row: SqlRow, name: string): Uint8Array | null {
  return column(row, name) === null ? null : bytesOf(row, name);
}
