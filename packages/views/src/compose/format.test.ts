import fc from "fast-check";
import { expect, test } from "vitest";
import { applyEdit, formatEdit, newLineEdit } from "./format.ts";
import type { Field, Format } from "./format.ts";

/** `[` and `]` are where the selection begins and ends. */
function field(drawn: string): Field {
  const from = drawn.indexOf("⟦");
  const to = drawn.indexOf("⟧") - 1;
  return { text: drawn.replace("⟦", "").replace("⟧", ""), from, to };
}
function drawn(at: Field, format: Format): string {
  const edit = formatEdit(at, format);
  const text = applyEdit(at.text, edit);
  return `${text.slice(0, edit.select.from)}⟦${text.slice(edit.select.from, edit.select.to)}⟧${text.slice(edit.select.to)}`;
}

test.each<[Format, string, string]>([
  ["bold", "a ⟦b⟧ c", "a **⟦b⟧** c"],
  ["bold", "a **⟦b⟧** c", "a ⟦b⟧ c"],
  ["bold", "a ⟦**b**⟧ c", "a ⟦b⟧ c"],
  ["bold", "a ⟦b ⟧c", "a **⟦b⟧** c"],
  ["bold", "⟦⟧", "**⟦⟧**"],
  ["italic", "**⟦b⟧**", "***⟦b⟧***"],
  ["italic", "*⟦b⟧*", "⟦b⟧"],
  ["strike", "⟦b⟧", "~~⟦b⟧~~"],
  ["spoiler", "⟦b⟧", "||⟦b⟧||"],
  ["code", "⟦b⟧", "`⟦b⟧`"],
  ["code", "x ⟦a\nb⟧", "x \n```\n⟦a\nb⟧\n```"],
  ["link", "⟦here⟧", "[here](https://⟦⟧)"],
  ["link", "⟦https://x.example⟧", "[⟦⟧](https://x.example)"],
  ["list", "a\n⟦b\nc⟧", "a\n⟦- b\n- c⟧"],
  ["list", "⟦- b\n- c⟧", "⟦b\nc⟧"],
  ["list", "ab⟦⟧c", "- ab⟦⟧c"],
  ["numbers", "⟦b\nc⟧", "⟦1. b\n2. c⟧"],
  ["quote", "⟦b\nc⟧", "⟦> b\n> c⟧"],
  ["quote", "> b⟦⟧", "b⟦⟧"],
])("%s: %s", (format, before, after) => {
  expect(drawn(field(before), format)).toBe(after);
});

test("whatever is selected, a button only adds or takes marks", () => {
  const formats: Format[] = ["bold", "italic", "strike", "code", "spoiler", "list", "numbers", "quote"];
  const strip = (text: string) => text.replaceAll(/[*~`|>\-\d. \n]/gu, "");
  fc.assert(
    fc.property(
      fc.stringMatching(/^[ab *~`|>\n-]{0,30}$/u),
      fc.nat(30),
      fc.nat(30),
      fc.constantFrom(...formats),
      (text, a, b, format) => {
        const [from = 0, to = 0] = [Math.min(a, text.length), Math.min(b, text.length)].toSorted((x, y) => x - y);
        const edit = formatEdit({ text, from, to }, format);
        const after = applyEdit(text, edit);
        expect(strip(after)).toBe(strip(text));
        expect(edit.select.from).toBeGreaterThanOrEqual(0);
        expect(edit.select.to).toBeGreaterThanOrEqual(edit.select.from);
        expect(edit.select.to).toBeLessThanOrEqual(after.length);
      },
    ),
  );
});

test.each([
  ["- a", "- a\n- "],
  ["- [x] a", "- [x] a\n- [ ] "],
  ["9. a", "9. a\n10. "],
  ["> a", "> a\n> "],
  ["x\n- ", "x\n"],
])("a new line goes on with the list, or ends it: %s", (before, after) => {
  const edit = newLineEdit({ text: before, from: before.length, to: before.length });
  expect(edit === null ? null : applyEdit(before, edit)).toBe(after);
});

test("elsewhere a new line is a new line", () => {
  expect(newLineEdit({ text: "a - b", from: 5, to: 5 })).toBeNull();
  expect(newLineEdit({ text: "- a", from: 0, to: 3 })).toBeNull();
});
