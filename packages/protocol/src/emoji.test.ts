import fc from "fast-check";
import { expect, test } from "vitest";
import { emojiOf } from "./emoji.ts";

test("every kind of emoji is one, in one spelling", () => {
  for (const emoji of ["👍", "👍🏽", "🧑🏽‍🚀", "👨‍👩‍👧‍👦", "🇩🇪", "1️⃣", "❤️", "❤️‍🔥", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴‍☠️", "☝🏿", "©️", "🏳️‍🌈"])
    expect(emojiOf(emoji)).toBe(emoji);
  expect(emojiOf("❤")).toBe("❤️");
  expect(emojiOf("👍️")).toBe("👍");
  expect(emojiOf("1⃣")).toBe("1️⃣");
});

test("[T13] text, two emoji and what only looks like one are none", () => {
  for (const text of [
    "",
    "a",
    "lol",
    "👍👍",
    "👍 ",
    "1",
    "#",
    "🇩",
    "👍a",
    "\u200D",
    "❤\u0301",
    "👍\u202E",
    "x".repeat(40),
    "🏽a",
  ])
    expect({ text, emoji: emojiOf(text) }).toEqual({ text, emoji: undefined });
});

test("the spelling of a spelling is itself", () => {
  const pieces = fc.constantFrom("👍", "❤", "\uFE0F", "\uFE0E", "\u200D", "🏽", "🇩", "🇪", "1", "\u20E3", "a", "🏴");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const emoji = emojiOf(parts.join(""));
      if (emoji !== undefined) expect(emojiOf(emoji)).toBe(emoji);
    }),
    { numRuns: 2_000 },
  );
});
