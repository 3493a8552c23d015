import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "./clock.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000 }));
afterEach(() => void vi.useRealTimers());

const DAY_MS = 86_400_000;

test("work is done once after its delay, and not at all when it was cancelled", () => {
  const work = vi.fn<() => void>();
  const cancelled = vi.fn<() => void>();
  systemClock.after(500, work);
  const cancel = systemClock.after(500, cancelled);
  vi.advanceTimersByTime(499);
  expect(work).not.toHaveBeenCalled();
  cancel();
  vi.advanceTimersByTime(10_000);
  expect(work).toHaveBeenCalledTimes(1);
  expect(cancelled).not.toHaveBeenCalled();
  expect(systemClock.now()).toBe(11_499);
});

test("a delay longer than a platform timer can count isn't over at once", () => {
  const work = vi.fn<() => void>();
  const cancelled = vi.fn<() => void>();
  systemClock.after(60 * DAY_MS, work);
  const cancel = systemClock.after(60 * DAY_MS, cancelled);
  vi.advanceTimersByTime(59 * DAY_MS);
  expect(work).not.toHaveBeenCalled();
  cancel();
  vi.advanceTimersByTime(2 * DAY_MS);
  expect(work).toHaveBeenCalledTimes(1);
  expect(cancelled).not.toHaveBeenCalled();
});
