import { expect, test } from "vitest";
import { columns, personName, personWithUsername, safeJson, safeLine, safeLines, safeName, widthOf } from "./text.ts";

/** What a terminal may act on, and what changes or hides the letters around it. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\u200b\ufeff\u{e0041}]/u;

const CORPUS = [
  "\u001b[31mred\u001b[0m",
  "\u001b]0;title\u0007",
  "\u001b]52;c;ZXZpbA==\u001b\\",
  "\u001b]8;;http://evil.example\u001b\\link\u001b]8;;\u001b\\",
  "\u001bP1$r0m\u001b\\ \u001b_apc\u001b\\ \u001b^pm\u001b\\",
  "\u009b2J\u009d0;8-bit\u009c\u0090\u0098\u009e\u009f",
  "a\u0000b\bc\u007fd\r\ne\rf",
  "\u202egnp.exe\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
  "\u200b\ufeff\u2060\u00ad\u{e0041}\u2028\u2029",
  "\ud800 \udfff",
];

test.each(CORPUS)("[T57] no form of %j holds a character that a terminal acts on", (hostile) => {
  for (const shown of [
    safeLine(hostile),
    safeName(hostile),
    safeJson({ text: hostile }),
    ...safeLines(hostile, "      ").split("\n"),
  ]) {
    expect(shown).not.toMatch(UNSAFE);
  }
  expect(safeLines(hostile, "").replaceAll("\n", "")).not.toMatch(UNSAFE);
});

test("[T57] every character below U+0800 that is a control or a format character is escaped, all others stay", () => {
  for (let code = 0; code < 0x800; code++) {
    const character = String.fromCodePoint(code);
    const isUnsafe = /\p{Cc}|\u00ad|\u034f|\u061c/u.test(character);
    const wanted =
      character === "\n"
        ? "\\n"
        : character === "\t"
          ? "\\t"
          : character === "\r"
            ? "\\n"
            : `\\u{${code.toString(16)}}`;
    expect(safeLine(character)).toBe(isUnsafe ? wanted : character);
  }
});

test("what people write in any script, and emoji made of several characters, stay as they are", () => {
  for (const text of ["Grüße, Ωmega, Привет, שלום, مرحبا, नमस्ते, 你好, こんにちは", "👩‍👩‍👧‍👦 ❤️ 🏳️‍🌈 👍🏽 🇳🇿", "می‌خواهم"]) {
    expect(safeLine(text)).toBe(text);
  }
});

test("[T57] a message of several lines can't pose as several messages", () => {
  expect(safeLine("one\n10:41 Grace ✓ two")).toBe("one\\n10:41 Grace ✓ two");
  expect(safeLines("one\n10:41 Grace ✓ two\n", "      ")).toBe("one\n      10:41 Grace ✓ two");
});

test("[T57] a tower of combining marks is cut", () => {
  expect(safeLine(`a${"\u0301".repeat(60_000)}`)).toBe(`a${"\u0301".repeat(6)}`);
});

test("[T57] a name can't end in a sign of trust", () => {
  expect(safeName("Grace Hopper ✓")).toBe("Grace Hopper \\u{2713}");
  expect(personName({ displayName: "  ", username: "grace" })).toBe("@grace");
  expect(personName({ displayName: "Grace\nHopper", username: "grace" })).toBe("Grace Hopper");
  expect(personWithUsername({ displayName: "Ada", username: "grace" })).toBe("Ada @grace");
  expect(personWithUsername({ displayName: null, username: "grace" })).toBe("@grace");
});

test("JSON loses nothing", () => {
  const hostile = CORPUS.slice(0, -1).join("\n");
  expect(JSON.parse(safeJson({ hostile }))).toEqual({ hostile });
});

test("columns count what a terminal shows, not what JavaScript counts", () => {
  expect(widthOf("abc")).toBe(3);
  expect(widthOf("你好")).toBe(4);
  expect(widthOf("👩‍👩‍👧‍👦")).toBe(2);
  expect(widthOf("e\u0301")).toBe(1);
  expect(
    columns([
      ["a", "b"],
      ["你好", "c"],
      ["", ""],
    ]),
  ).toEqual(["a      b", "你好   c", ""]);
});
