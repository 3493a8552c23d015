import { expect, test } from "vitest";
import { noDedupe } from "./planted-bugs.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

test("the same seed gives the same trace, and another seed another", async () => {
  const [first, second, other] = [
    await simulate({ seed: 7, actions: 120 }),
    await simulate({ seed: 7, actions: 120 }),
    await simulate({ seed: 8, actions: 120 }),
  ];
  expect(second.trace).toBe(first.trace);
  expect(second.lines).toEqual(first.lines);
  expect(other.trace).not.toBe(first.trace);
});

test("a failing history shrinks to the few actions that it takes", async () => {
  const options = { actions: 60, plants: { delivery: noDedupe() } };
  let seed = 1;
  let failed = await simulate({ seed, ...options });
  while (failed.findings.length === 0) failed = await simulate({ seed: ++seed, ...options });
  const { kept, run } = await shrink(seed, failed, options);
  expect(run.findings.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(15);
});
