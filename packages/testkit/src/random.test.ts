import { expect, test } from "vitest";
import { Random } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("the same seed gives the same choices, and streams don't disturb each other", () => {
  const [a, b] = [new Random("1"), new Random("1")];
  expect(a.bytes(33)).toEqual(b.bytes(33));
  expect(a.between(1, 1000)).toBe(b.between(1, 1000));
  const quiet = new Random("1").stream("x");
  const busy = new Random("1");
  busy.bytes(100);
  expect(busy.stream("x").bytes(16)).toEqual(quiet.bytes(16));
  expect(new Random("2").bytes(16)).not.toEqual(new Random("1").bytes(16));
});

test("choices are spread evenly enough to reach everything", () => {
  const random = new Random("spread");
  const seen = new Map<number, number>();
  for (let i = 0; i < 6_000; i++) {
    const drawn = random.between(1, 6);
    seen.set(drawn, (seen.get(drawn) ?? 0) + 1);
  }
  expect([...seen.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const count of seen.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

test("time jumps from event to event, in order, and only once all is at rest", async () => {
  const clock = new VirtualClock(1_000);
  const happened: string[] = [];
  clock.after(50, () => void happened.push(`late ${clock.now()}`));
  clock.after(10, () => {
    happened.push(`early ${clock.now()}`);
    void (async () => {
      for (let i = 0; i < 100; i++) await Promise.resolve();
      happened.push(`rest ${clock.now()}`);
      clock.after(0, () => void happened.push(`then ${clock.now()}`));
    })();
  });
  clock.after(10, () => void happened.push(`second ${clock.now()}`));
  clock.after(20, () => void happened.push("never"))();
  await clock.run(40);
  expect(happened).toEqual(["early 1010", "rest 1010", "second 1010", "then 1010"]);
  expect(clock.now()).toBe(1_040);
  await clock.run(100);
  expect(happened.at(-1)).toBe("late 1050");
  expect(clock.now()).toBe(1_140);
});
