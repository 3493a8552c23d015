import type { Person } from "@sotto/engine";

/**
 * Text that others wrote, on its way to a terminal, where bytes can be commands: every character that a terminal acts on,
 * that turns the order of letters or that takes no room is shown as `\u{202e}`. The whole of what this program prints about
 * others goes through here.
 */

/**
 * Controls, lone surrogates, separators of lines; what turns the order of letters; what can't be seen. Joiners and the
 * selectors of emoji stay: scripts and emoji are made with them.
 */
const UNSAFE =
  /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu;
/** More marks on one letter than any language stacks climb over the lines above. */
const MARKS_OVER = /([\p{Mn}\p{Me}]{6})[\p{Mn}\p{Me}]+/gu;
/** A name that ends in a sign of trust would look like the sign itself. */
const TRUST_SIGNS = /[✓✔☑✅○▲✕✗✘]/gu;

const asEscape = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** One line of text from others. Line breaks and tabs are shown as `\n` and `\t`. */
export function safeLine(text: string): string {
  return text
    .replace(/\r\n?|\n/g, "\\n")
    .replace(/\t/g, "\\t")
    .replace(UNSAFE, asEscape)
    .replace(MARKS_OVER, "$1");
}

/** Text from others over several lines, for people: what follows a line break is indented, so that it can't pose as a new record. */
export function safeLines(text: string, indent: string): string {
  return text
    .replace(/\s+$/u, "")
    .split(/\r\n?|\n/)
    .map((line) => safeLine(line.replaceAll("\t", "    ")))
    .join(`\n${indent}`);
}

/** A name that others chose. */
export function safeName(name: string): string {
  return safeLine(name.replace(/\s+/gu, " ").trim()).replace(TRUST_SIGNS, asEscape);
}

/** What a person is called. */
export function personName({ displayName, username }: Pick<Person, "displayName" | "username">): string {
  const name = displayName === null ? "" : safeName(displayName);
  return name === "" ? `@${safeName(username)}` : name;
}

/** The name and what is exact: display names are for reading, anybody may take any. */
export function personWithUsername(person: Pick<Person, "displayName" | "username">): string {
  const exact = `@${safeName(person.username)}`;
  const name = personName(person);
  return name === exact ? exact : `${name} ${exact}`;
}

/** JSON on one line in which every character that a terminal may act on is escaped, as JSON allows. Nothing is lost. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) =>
    [...Array(character.length).keys()]
      .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

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
