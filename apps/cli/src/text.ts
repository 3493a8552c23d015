import type { Person } from "@sotto/engine";
import { escapeForTerminal, jsonForTerminal } from "@sotto/protocol";

/**
 * Text that others wrote, on its way to a terminal, where bytes can be commands ({@link escapeForTerminal}). The whole of what
 * this program prints about others goes through here.
 */

/** A name that ends in a sign of trust would look like the sign itself. */
const TRUST_SIGNS = /[✓✔☑✅○▲✕✗✘]/gu;

/** One line of text from others. Line breaks and tabs are shown as `\n` and `\t`. */
export const safeLine = (text: string): string => escapeForTerminal(text);

/** Text from others over several lines, for people: what follows a line break is indented, so that it can't pose as a new record. */
export function safeLines(text: string, indent: string): string {
  return text
    .replace(/\s+$/u, "")
    .split(/\r\n?|\n/)
    .map((line) => escapeForTerminal(line.replaceAll("\t", "    ")))
    .join(`\n${indent}`);
}

/** A name that others chose. */
export function safeName(name: string): string {
  return safeLine(name.replace(/\s+/gu, " ").trim()).replace(
    TRUST_SIGNS,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

type Named = Pick<Person, "displayName" | "username"> & Partial<Pick<Person, "contactName">>;

/** What a person is called: as this account's owner calls them, else as they call themselves, else the username. */
export function personName({ contactName, displayName, username }: Named): string {
  const given = safeName(contactName ?? "");
  const name = given === "" ? safeName(displayName ?? "") : given;
  return name === "" ? `@${safeName(username)}` : name;
}

/** The name and what is exact: display names are for reading, anybody may take any. */
export function personWithUsername(person: Named): string {
  const exact = `@${safeName(person.username)}`;
  const name = personName(person);
  return name === exact ? exact : `${name} ${exact}`;
}

/** One object a line; {@link jsonForTerminal}. */
export const safeJson = (value: unknown): string => jsonForTerminal(value);

/** Fields with tabs between. */
export function safeFields(fields: readonly (string | number)[]): string {
  return fields.map((field) => (typeof field === "number" ? String(field) : safeLine(field))).join("\t");
}

/** How many columns a terminal takes for it: two for East Asian letters and emoji. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115e\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** Rows as columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))));
  const pad = (cell: string, at: number): string => cell + " ".repeat((widths[at] ?? 0) - widthOf(cell));
  return rows.map((row) => row.map(pad).join("   ").trimEnd());
}
