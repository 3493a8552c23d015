import { expect, test } from "vitest";
import { occurring } from "./occurring.ts";
import { Random } from "./random.ts";

test("finds what occurs, wherever it stands, and nothing else", () => {
  const random = new Random("occurring");
  for (let round = 0; round < 300; round++) {
    // Of few different bytes, so that parts of needles stand everywhere.
    const letters = random.between(2, 250);
    const bytes = (length: number): Buffer => Buffer.from(random.bytes(length).map((byte) => byte % letters));
    const haystack = bytes(random.between(0, 4_000));
    const needles = Array.from({ length: random.between(0, 12) }, () => {
      const length = random.between(8, 40);
      const start = random.between(0, Math.max(0, haystack.length - length));
      const isThere = random.chance(0.5) && haystack.length >= length;
      const needle = isThere ? Buffer.from(haystack.subarray(start, start + length)) : bytes(length);
      if (random.chance(0.3)) needle[length - 1]! ^= 1;
      return needle;
    });
    expect(occurring(haystack, needles)).toEqual(new Set(needles.filter((needle) => haystack.includes(needle))));
  }
});

test("finds what stands at either end", () => {
  const haystack = Buffer.from("a first needle, and a last one");
  const first = Buffer.from("a first needle");
  const last = Buffer.from("a last one");
  expect(occurring(haystack, [first, last])).toEqual(new Set([first, last]));
  expect(occurring(first, [first])).toEqual(new Set([first]));
  expect(occurring(first.subarray(1), [first])).toEqual(new Set());
});

test("a needle that is too short to be told from chance is refused", () => {
  expect(() => occurring(Buffer.alloc(10), [Buffer.from("short")])).toThrow(/a needle of 5 bytes/);
});
