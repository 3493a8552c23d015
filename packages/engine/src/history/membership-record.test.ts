import fc from "fast-check";
import { expect, test } from "vitest";
import { isWithin, spansOf, type MembershipMark } from "./membership-record.ts";

const mark = (how: MembershipMark["how"], seq: number, nth: number): MembershipMark => ({ how, seq, at: 0, nth });
const readable = (marks: readonly MembershipMark[], seqs: readonly number[]): number[] =>
  seqs.filter((seq) => isWithin(spansOf(marks), seq));
const LOG = Array.from({ length: 30 }, (_, index) => index + 1);

test("[HI8] an account reads what lies after the entry by which it came, and up to the one by which it went", () => {
  expect(readable([mark("added", 10, 1)], LOG)[0]).toBe(11);
  expect(readable([mark("added", 10, 1), mark("ended", 15, 2), mark("added", 20, 3)], LOG)).toEqual([
    11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  ]);
  // Two devices that were welcomed by one commit say the same.
  expect(readable([mark("added", 10, 1), mark("added", 10, 1)], LOG)[0]).toBe(11);
});

test("[HI8] marks that are withheld never hide what may be read", () => {
  const anyHistory = fc.uniqueArray(fc.integer({ min: 1, max: 29 }), { minLength: 1, maxLength: 9 }).map((seqs) => {
    const sorted = seqs.toSorted((a, b) => a - b);
    // The account is in at the end: it came once more than it went.
    const odd = sorted.length % 2 === 1 ? sorted : sorted.slice(1);
    return odd.map((seq, index) => mark(index % 2 === 0 ? "added" : "ended", seq, index + 1));
  });
  fc.assert(
    fc.property(anyHistory, fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), (marks, kept) => {
      const withheld = marks.filter((_, index) => kept[index] === true);
      const before = new Set(readable(marks, LOG));
      const after = new Set(readable(withheld, LOG));
      for (const seq of before) expect(after.has(seq)).toBe(true);
    }),
  );
});
