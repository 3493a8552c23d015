import fc from "fast-check";
import { expect, test } from "vitest";
import { calmText } from "./calm.ts";

const longest = (text: string) =>
  Math.max(
    0,
    ...[...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].map(({ segment }) => segment.length),
  );

test.each(["👩🏽‍❤️‍💋‍👨🏿", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏳️‍🌈", "नमस्ते क्‍ष", "می‌خواهم"])("what people write stays: %s", (text) => {
  expect(calmText(text)).toBe(text);
});

test.each([
  ["joined families", "👨\u200D".repeat(20_000)],
  ["selectors", `a${"\uFE0F".repeat(60_000)}`],
  ["tags", `🏴${"\u{E0067}".repeat(30_000)}`],
  ["marks", `a${"\u0301\u0336\u0489".repeat(20_000)}`],
  ["marks and joiners", `a${"\u0301\u200D".repeat(30_000)}`],
  ["1,988 direction marks", "\u200E\u200F".repeat(994)],
])("[T52] no character is made of thousands of %s", (_, text) => {
  expect(longest(calmText(text))).toBeLessThan(80);
});

test("[T52] calming twice changes nothing, and makes nothing longer", () => {
  const piece = fc.constantFrom(
    "a",
    "\u0301",
    "\u200D",
    "\uFE0F",
    "👨",
    "🏽",
    "\u{E0067}",
    "\u200E",
    "\u202E",
    "\n",
    "\r",
    "\ud83d",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 80 }), (parts) => {
      const calm = calmText(parts.join(""));
      expect(calm.length).toBeLessThanOrEqual(parts.join("").length);
      expect(calmText(calm)).toBe(calm);
    }),
  );
});
