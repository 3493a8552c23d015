import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanName, cleanText, escapeForTerminal, jsonForTerminal, lengthOf, looksLike, skeletonOf } from "./names.ts";

const anyText = fc.string({ unit: "binary", maxLength: 120 });
const nasty = fc.string({
  unit: fc.constantFrom(
    "a",
    "é",
    "e\u0301",
    "\u0301",
    "\u202E",
    "\u2066",
    "\u200B",
    "\u200D",
    "\u200C",
    "\uFE0F",
    "👩",
    "🏽",
    "न",
    "م",
    " ",
    "\n",
    "\u0000",
    "\u009B",
    "\uD800",
    "\u3164",
    "\u{E0041}",
    "\u00A0",
  ),
  maxLength: 100,
});

test("ordinary names of the world stay as they are", () => {
  for (const name of [
    "Alice",
    "Zoë Müller",
    "Nguyễn Thị Minh",
    "山田 太郎",
    "이순신",
    "محمد علی",
    "می‌خواهم",
    "क्ष्म",
    "Ольга",
    "👩‍💻 Dev",
    "❤️ Ann",
    "O’Neil-Smith",
    "🧑🏽‍🚀",
    "שָׁלוֹם",
  ]) {
    expect(cleanName(name)).toBe(name.normalize("NFC"));
  }
});

test("[T53] what reorders, hides or controls doesn't survive in a name", () => {
  expect(cleanName("\u202Eecila\u202C")).toBe("ecila");
  expect(cleanName("Ali\u200Bce\u2060\uFEFF")).toBe("Alice");
  expect(cleanName("Al\u200Dice\u200C")).toBe("Alice");
  expect(cleanName("A\uFE0Flice")).toBe("Alice");
  expect(cleanName("a\u0000b\u001B[31mc\u009Bd")).toBe("ab[31mcd");
  expect(cleanName("a\r\nb\u2028c\t\td")).toBe("a b c d");
  expect(cleanName("\u3164\u115F\u2800 \u00A0")).toBe("");
  expect(cleanName("\u{E0061}\u{E0062}x\uE000")).toBe("x");
  expect(cleanName("x\uD83D")).toBe("x");
  expect(cleanName("cafe\u0301")).toBe("café");
});

test("[T52] towers of combining marks are cut, and names have a length", () => {
  expect(cleanName(`z${"\u0353".repeat(500)}x`)).toBe(`z${"\u0353".repeat(3)}x`);
  expect(lengthOf(cleanName("👩‍💻".repeat(100)))).toBeLessThanOrEqual(64);
  expect(cleanName("é".repeat(100), 10)).toBe("é".repeat(10));
});

test("cleaning a name twice changes nothing, and leaves nothing dangerous", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, nasty), (text) => {
      const name = cleanName(text);
      expect(cleanName(name)).toBe(name);
      expect(name).toBe(name.normalize("NFC"));
      expect(name).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]|\p{M}{4}|^\s|\s$/u);
      expect(lengthOf(name)).toBeLessThanOrEqual(64);
    }),
    { numRuns: 2000 },
  );
});

test("[T53] text keeps its lines and its script, without controls", () => {
  expect(cleanText("a\r\nb\rc\u2028d\te")).toBe("a\nb\nc\nd\te");
  expect(cleanText("pay \u202E0001\u202C")).toBe("pay 0001");
  expect(cleanText("x\u001B]52;c;AAAA\u0007y\u0090z")).toBe("x]52;c;AAAAyz");
  expect(cleanText("👩‍💻 می‌خواهم\u200F")).toBe("👩‍💻 می‌خواهم\u200F");
  expect(cleanText("\uDC00a")).toBe("\uFFFDa");
});

test("[T52] text bombs are defused in time that grows with their length only", () => {
  expect(cleanText(`a${"\u200E\u200F".repeat(994)}b`)).toBe("a\u200Eb");
  const started = performance.now();
  for (const bomb of ["\u0301", "\u202E", "\u200F", "\uD800", "\r", "\u200D", "\uFE0F", " ", "a\u0301"]) {
    const text = bomb.repeat(65_536);
    expect(cleanText(text).length).toBeLessThanOrEqual(2 * 65_536);
    cleanName(text);
    escapeForTerminal(text);
  }
  expect(performance.now() - started).toBeLessThan(3000);
  expect(cleanText("\u0301".repeat(65_536))).toHaveLength(8);
});

test("[T53] names that look alike have one skeleton", () => {
  for (const [a, b] of [
    ["paypal", "раураl"],
    ["Alice", "ΑӏіϹе"],
    ["admin", "аdmіn"],
    ["Alice", "A1ice"],
    ["Alice", "A|ice"],
    ["Bob", "B0b"],
    ["Bob", "ＢｏＢ"],
    ["Alice", "𝓐𝓵𝓲𝓬𝓮"],
    ["mike", "rnike"],
    ["Wendy", "VVendy"],
    ["José", "Jose"],
    ["Mary Ann", "maryann"],
    ["Alice", "Al\u200Bice"],
    ["Ali.ce", "Alice"],
    ["Iris", "lris"],
  ] as const)
    expect({ a, b, alike: looksLike(a, b) }).toEqual({ a, b, alike: true });
});

test("names that differ to the eye have different skeletons", () => {
  const names = [
    "Alice",
    "Bob",
    "Carol",
    "Ольга",
    "Оля",
    "山田",
    "محمد",
    "Zoe",
    "Chloe",
    "👩‍💻",
    "🧑‍🚀",
    "Anna",
    "Hanna",
    "Max",
    "Mark",
  ];
  expect(new Set(names.map(skeletonOf)).size).toBe(names.length);
});

test("[T57] nothing that a terminal obeys comes through, and nothing is hidden", () => {
  const corpus = [
    "\u001B[2J\u001B[H",
    "\u001B]0;title\u0007",
    "\u001B]52;c;cm0gLXJm\u001B\\",
    "\u001B]8;;https://evil.example\u001B\\click\u001B]8;;\u001B\\",
    "\u001BP+q544e\u001B\\",
    "\u009B31mred",
    "\u009D0;t\u009C",
    "\u0090q\u009C",
    "\u0007\u0008\u000B\u000C\u000E\u000F",
    "a\rb",
    "\u007F",
    "\u202Eabc",
    "\u2028\u2029\u0085",
    "\u{E0001}\u{E0020}",
    "\uD800",
  ];
  for (const text of corpus)
    for (const multiline of [true, false]) {
      const escaped = escapeForTerminal(text, { multiline });
      expect(escaped).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
      expect(lengthOf(escaped)).toBeGreaterThanOrEqual(lengthOf(text));
    }
  expect(escapeForTerminal("\u001B[31m\u007F\u009B")).toBe("\\u{1b}[31m\\u{7f}\\u{9b}");
  expect(escapeForTerminal("a\nb\tc\r\nd", { multiline: true })).toBe("a\nb\tc\nd");
  expect(escapeForTerminal("a\nb\tc")).toBe("a\\nb\\tc");
  expect(escapeForTerminal("👩‍💻 می‌خواهم")).toBe("👩‍💻 می‌خواهم");
  fc.assert(
    fc.property(fc.oneof(anyText, nasty), (text) => {
      expect(escapeForTerminal(text)).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u);
      expect(escapeForTerminal(text, { multiline: true })).not.toMatch(/(?![\n\t])\p{Cc}/u);
      expect(jsonForTerminal(text)).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u);
      expect(JSON.parse(jsonForTerminal({ text }))).toEqual({ text });
    }),
    { numRuns: 1000 },
  );
});
