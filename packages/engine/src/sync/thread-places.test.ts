import { encodeCbor, postIdOf, type PostId } from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PENDING_ORDER } from "../schema.ts";
import {
  bounded,
  joined,
  joinedBytes,
  readThreadPlaces,
  threadPlacesValue,
  type ThreadPlaces,
} from "./thread-places.ts";

const threadOf = (n: number): PostId => postIdOf(new Uint8Array(32).fill(n));
const at = (places: ThreadPlaces, thread: PostId): number => places.threads.get(thread) ?? places.others;
const anyPlaces = fc
  .record({
    others: fc.integer({ min: 0, max: 6 }),
    threads: fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 6 })), { maxLength: 4 }),
  })
  .map(({ others, threads }): ThreadPlaces => ({
    others,
    threads: new Map(threads.filter(([, place]) => place !== others).map(([n, place]) => [threadOf(n), place])),
  }));
const bytes = (places: ThreadPlaces): Uint8Array => encodeCbor(threadPlacesValue(places));

test("[OD23] what devices know of threads is joined: the greater place of each, in whatever order they hear of it, and however often", () => {
  fc.assert(
    fc.property(anyPlaces, anyPlaces, anyPlaces, (a, b, c) => {
      const all = joined(joined(a, b), c);
      for (const n of [0, 1, 2, 3, 9]) {
        const thread = threadOf(n);
        expect(at(all, thread)).toBe(Math.max(at(a, thread), at(b, thread), at(c, thread)));
      }
      expect(bytes(joined(c, joined(b, a)))).toEqual(bytes(all));
      expect(bytes(joined(all, b))).toEqual(bytes(all));
    }),
  );
});

test("what is written is read, and in one form, whatever order it was made in", () => {
  const [a, b] = [threadOf(1), threadOf(2)];
  const one: ThreadPlaces = {
    others: 64,
    threads: new Map([
      [a, 1],
      [b, 128],
    ]),
  };
  const other: ThreadPlaces = {
    others: 64,
    threads: new Map([
      [b, 128],
      [a, 1],
    ]),
  };
  expect(bytes(one)).toEqual(bytes(other));
  expect(readThreadPlaces(threadPlacesValue(one))).toEqual(one);
});

test("[T70] what isn't this, and places that no log reaches, are nothing", () => {
  const thread = threadOf(1);
  const wrong: unknown[] = [
    undefined,
    "everything",
    [1],
    [-1, []],
    [PENDING_ORDER, []],
    [1, [[thread, PENDING_ORDER]]],
    [1, [[thread, 1.5]]],
    [1, [["no thread", 1]]],
    [1, [thread]],
    [1, Array.from({ length: 257 }, (_, n) => [postIdOf(new Uint8Array(32).fill(n)), 1])],
  ];
  for (const value of wrong) expect([value, readThreadPlaces(value)]).toEqual([value, undefined]);
  const good = bytes({ others: 3, threads: new Map([[thread, 7]]) });
  expect(joinedBytes(encodeCbor("everything"), good)).toEqual(good);
  expect(joinedBytes(good, new Uint8Array([0xff]))).toEqual(good);
  expect(joinedBytes(null, encodeCbor([1]))).toBeNull();
});

test("beyond the bound the oldest are like all others, and none is less read than it was", () => {
  const many: ThreadPlaces = {
    others: 10,
    threads: new Map(Array.from({ length: 70 }, (_, n) => [threadOf(n), n === 69 ? 900 : n < 10 ? n : 100 + n])),
  };
  const few = bounded(many);
  expect(few.threads.size).toBe(64);
  for (const [thread, place] of many.threads) expect(at(few, thread)).toBeGreaterThanOrEqual(place);
  expect(few.others).toBe(10);
  expect([...few.threads.values()].filter((place) => place < 10)).toEqual([6, 7, 8, 9]);
});
