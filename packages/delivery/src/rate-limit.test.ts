import { expect, test } from "vitest";
import { RateLimiter } from "./rate-limit.ts";

function limiter(burst: number, refillMs: number) {
  const time = { now: 0 };
  return { time, limiter: new RateLimiter<string>({ burst, refillMs }, () => time.now) };
}

test("a burst passes, then as much as comes back", () => {
  const { time, limiter: limit } = limiter(3, 100);
  expect([limit.take("a"), limit.take("a"), limit.take("a")]).toEqual([0, 0, 0]);
  expect(limit.take("a")).toBe(100);
  expect(limit.take("b")).toBe(0);
  time.now += 60;
  expect(limit.take("a")).toBe(40);
  time.now += 40;
  expect(limit.take("a")).toBe(0);
  time.now += 1_000_000;
  expect([limit.take("a"), limit.take("a"), limit.take("a")]).toEqual([0, 0, 0]);
  expect(limit.take("a")).toBe(100);
});

test("what costs more than a bucket holds passes when it is full, and leaves a debt", () => {
  const { time, limiter: limit } = limiter(10, 100);
  expect(limit.take("a", 30)).toBe(0);
  expect(limit.take("a")).toBe(2_100);
  time.now += 2_100;
  expect(limit.take("a")).toBe(0);
});

test("T47 a clock that is set back takes nothing away and gives nothing", () => {
  const { time, limiter: limit } = limiter(2, 100);
  time.now = 1_000_000;
  limit.take("a");
  time.now = 0;
  expect(limit.take("a")).toBe(0);
  expect(limit.take("a")).toBe(100);
});

test("what is given back can be spent again", () => {
  const { limiter: limit } = limiter(2, 100);
  limit.take("a");
  limit.take("a");
  limit.giveBack("a", 1);
  expect(limit.take("a")).toBe(0);
  limit.giveBack("a");
  expect([limit.take("a"), limit.take("a"), limit.take("a")]).toEqual([0, 0, 100]);
});
