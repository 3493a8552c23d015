import { expect, test } from "vitest";
import { codeLanguage } from "./code-languages.ts";
import { highlight } from "./highlight.ts";

test("code keeps its every character, and gets looks", () => {
  const code = 'const a = "x"; // <b>\n\tlet \u00e9 = 1;\n';
  const spans = highlight("typescript", code) ?? [];
  expect(spans.map(({ text }) => text).join("")).toBe(code);
  expect(spans.filter(({ look }) => look !== null).map(({ look, text }) => [look, text])).toEqual([
    ["keyword", "const"],
    ["string", '"x"'],
    ["comment", "// <b>"],
    ["keyword", "let"],
    ["number", "1"],
  ]);
});

test("[T51] a language is one of a list, whatever it is called", () => {
  expect(["TS", "c++", "html"].map(codeLanguage)).toEqual(["typescript", "cpp", "xml"]);
  expect(["__proto__", "constructor", "toString", "", "x"].map(codeLanguage)).toEqual([null, null, null, null, null]);
});

test("[T52] long code, and code of too many pieces, keeps one colour", () => {
  expect(highlight("json", "1".repeat(8_193))).toBeNull();
  expect(highlight("json", "1 ".repeat(3_000))).toBeNull();
});
