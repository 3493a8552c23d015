import { expect, test } from "vitest";
import { clockTime, dayLabel, dayNumber, listTime } from "./when.ts";

const place = { locale: "en-GB", timeZone: "Europe/Rome" };
const now = Date.UTC(2026, 2, 4, 9, 42);
const DAY = 86_400_000;

test("days in words", () => {
  const label = (ago: number) => dayLabel(now - ago * DAY, now, place);
  expect([0, 1, 2, 6, 7, 400].map(label)).toEqual([
    "Today",
    "Yesterday",
    "Monday",
    "Thursday",
    "25 February",
    "28 January 2025",
  ]);
});

test("times in the list", () => {
  const label = (ago: number) => listTime(now - ago * DAY, now, place);
  expect([0, 1, 6, 20, 400].map(label)).toEqual(["10:42", "Tue", "Thu", "12 Feb", "28 Jan 2025"]);
});

test("a day begins at midnight where the reader is", () => {
  const midnight = Date.UTC(2026, 2, 3, 23, 0);
  expect(dayNumber(midnight, place) - dayNumber(midnight - 1, place)).toBe(1);
});

test("no time that somebody signs can throw", () => {
  for (const at of [Number.NaN, Infinity, -Infinity, -1, 9e15, Number.MAX_VALUE]) {
    expect(clockTime(at, place)).toMatch(/^\d\d:\d\d$/u);
    expect(dayLabel(at, now, place)).not.toBe("");
    expect(listTime(at, now, place)).not.toBe("");
  }
});
