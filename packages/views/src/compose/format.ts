/** A field's text with what is selected in it: UTF-16 offsets, `from` <= `to`. */
export type Field = { text: string; from: number; to: number };

/** Replace `from`..`to` of a field by `insert`, then select `select`. One step to undo. */
export type Edit = { from: number; to: number; insert: string; select: { from: number; to: number } };

export type Format = "bold" | "italic" | "strike" | "code" | "spoiler" | "link" | "list" | "numbers" | "quote";

const AROUND = { bold: "**", italic: "*", strike: "~~", spoiler: "||" } as const;

/** What a button of the format bar does with what is selected; pressed again, it takes it back. */
export function formatEdit(field: Field, format: Format): Edit {
  switch (format) {
    case "link":
      return linkEdit(field);
    case "code":
      return field.text.slice(field.from, field.to).includes("\n") ? fenceEdit(field) : aroundEdit(field, "`");
    case "list":
      return linesEdit(field, () => "- ", /^[-*+] /u);
    case "numbers":
      return linesEdit(field, (line) => `${line + 1}. `, /^\d+[.)] /u);
    case "quote":
      return linesEdit(field, () => "> ", /^> ?/u);
    default:
      return aroundEdit(field, AROUND[format]);
  }
}

function aroundEdit({ text, from, to }: Field, mark: string): Edit {
  // Marks count only beside what isn't a space.
  const selected = text.slice(from, to);
  const start = from + (selected.length - selected.trimStart().length);
  const end = selected.trim() === "" ? to : to - (selected.length - selected.trimEnd().length);
  const inner = text.slice(start, end);
  const size = mark.length;
  const outside = text.slice(start - size, start) === mark && text.slice(end, end + size) === mark;
  // "**" isn't "*" twice.
  const doubled = mark === "*" && (text.charAt(start - 2) === "*" || text.charAt(end + 1) === "*");
  if (outside && start >= size && !doubled)
    return {
      from: start - size,
      to: end + size,
      insert: inner,
      select: { from: start - size, to: end - size },
    };
  if (
    inner.length > 2 * size &&
    inner.startsWith(mark) &&
    inner.endsWith(mark) &&
    !(mark === "*" && inner.startsWith("**"))
  ) {
    const bare = inner.slice(size, -size);
    return { from: start, to: end, insert: bare, select: { from: start, to: start + bare.length } };
  }
  return {
    from: start,
    to: end,
    insert: `${mark}${inner}${mark}`,
    select: { from: start + size, to: end + size },
  };
}

function fenceEdit({ text, from, to }: Field): Edit {
  const before = from === 0 || text.charAt(from - 1) === "\n" ? "" : "\n";
  const after = to === text.length || text.charAt(to) === "\n" ? "" : "\n";
  const code = text.slice(from, to).replace(/^\n+|\n+$/gu, "");
  const open = `${before}\`\`\`\n`;
  return {
    from,
    to,
    insert: `${open}${code}\n\`\`\`${after}`,
    select: { from: from + open.length, to: from + open.length + code.length },
  };
}

function linkEdit({ text, from, to }: Field): Edit {
  const selected = text.slice(from, to);
  const isAddress = /^https?:\/\/\S+$/iu.test(selected.trim());
  const insert = isAddress ? `[](${selected.trim()})` : `[${selected}](https://)`;
  const caret = isAddress ? from + 1 : from + insert.length - 1;
  return { from, to, insert, select: { from: caret, to: caret } };
}

function linesEdit({ text, from, to }: Field, mark: (line: number) => string, marked: RegExp): Edit {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const next = text.indexOf("\n", Math.max(from, to));
  const end = next < 0 ? text.length : next;
  const lines = text.slice(start, end).split("\n");
  const all = lines.every((line) => marked.test(line));
  const insert = lines.map((line, at) => (all ? line.replace(marked, "") : mark(at) + line)).join("\n");
  // A list after a sentence needs no empty line, a caret alone stays at its place in the line.
  const select =
    from === to
      ? { from: start + insert.length - (end - from), to: start + insert.length - (end - from) }
      : { from: start, to: start + insert.length };
  return { from: start, to: end, insert, select: from === to ? clamp(select, start) : select };
}

function clamp({ from, to }: Edit["select"], least: number): Edit["select"] {
  return { from: Math.max(least, from), to: Math.max(least, to) };
}

/** A new line inside a list or a quote goes on with it; on an empty item it ends it. Null: nothing to do with it. */
export function newLineEdit({ text, from, to }: Field): Edit | null {
  if (from !== to) return null;
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const line = text.slice(start, from);
  const found = /^([ \t]*)(?:([-*+]) (\[[ xX]\] )?|(\d{1,6})([.)]) |(> ?))/u.exec(line);
  if (found === null) return null;
  const [whole, indent = "", bullet, box, number, dot] = found;
  if (line.length === whole.length) return { from: start, to: from, insert: "", select: { from: start, to: start } };
  const mark =
    bullet !== undefined
      ? `${bullet} ${box === undefined ? "" : "[ ] "}`
      : number === undefined
        ? "> "
        : `${Number(number) + 1}${dot} `;
  const insert = `\n${indent}${mark}`;
  return { from, to, insert, select: { from: from + insert.length, to: from + insert.length } };
}

export function applyEdit(text: string, { from, to, insert }: Edit): string {
  return text.slice(0, from) + insert + text.slice(to);
}
