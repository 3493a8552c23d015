import { expect, test } from "vitest";
import { Kept } from "./kept.ts";

test("what was used longest ago goes first", () => {
  const kept = new Kept<number>(2);
  kept.put("a", 1);
  kept.put("b", 2);
  kept.get("a");
  kept.put("c", 3);
  expect([kept.get("a"), kept.get("b"), kept.get("c")]).toEqual([1, undefined, 3]);
});

test("long texts are forgotten sooner, but not the newest", () => {
  const kept = new Kept<number>(500);
  const text = (at: number) => `${at}`.padEnd(64_000);
  for (let at = 0; at < 200; at++) kept.put(text(at), at);
  expect(kept.get(text(199))).toBe(199);
  expect(kept.get(text(136))).toBe(136);
  expect(kept.get(text(100))).toBeUndefined();
});
