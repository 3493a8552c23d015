import { expect, test } from "vitest";
import { StatementTime } from "./statement-time.ts";

const HOUR = 60 * 60 * 1000;
const NOW = 1_800_000_000_000;

test("a clock that is hours off says the server's time, and runs on by itself", () => {
  let now = NOW - 7 * HOUR;
  const time = new StatementTime(() => now);
  expect(time.seconds()).toBe((NOW - 7 * HOUR) / 1000);
  time.learn(NOW);
  expect(time.seconds()).toBe(NOW / 1000);
  now += 1_500;
  expect(time.seconds()).toBe(NOW / 1000 + 1);
});

test("[ID23] [T19] a server that says another day isn't followed, and what it said before isn't either", () => {
  const time = new StatementTime(() => NOW);
  for (const lie of [NOW + 25 * HOUR, NOW - 25 * HOUR, Number.NaN, Number.POSITIVE_INFINITY]) {
    time.learn(NOW + HOUR);
    expect(time.now()).toBe(NOW + HOUR);
    time.learn(lie);
    expect(time.now()).toBe(NOW);
  }
});
