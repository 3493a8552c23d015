import { expect, test } from "vitest";
import { inputTime, quickTimes, timeOfInput } from "./schedule-times.ts";

test("what a field says is what it was given, to the minute", () => {
  const at = new Date(2026, 10, 22, 9, 5).getTime();
  expect(inputTime(at)).toBe("2026-11-22T09:05");
  expect(timeOfInput("2026-11-22T09:05")).toBe(at);
  expect([timeOfInput(""), timeOfInput("x"), timeOfInput("2026-13-45T99:99")]).toEqual([null, null, null]);
});

test("quick times lie ahead, each once", () => {
  for (let day = 1; day <= 14; day++) {
    const now = new Date(2026, 10, day, 23, 59, 30).getTime();
    const times = quickTimes(now).map(({ at }) => at);
    expect(times.every((at) => at > now)).toBe(true);
    expect(new Set(times).size).toBe(times.length);
  }
});
