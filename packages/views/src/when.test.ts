import * as fc from "fast-check";
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

test("what is kept of times and days is what is written of each, at places with odd clocks too", () => {
  const zones = [
    "UTC",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Chatham",
  ];
  const at = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2035, 0) });
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      at,
      fc.integer({ min: -2 * 3_600_000, max: 2 * 3_600_000 }),
      (zone, time, by) => {
        const place = { locale: "en-GB", timeZone: zone };
        for (const each of [time, time + by]) {
          const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
          expect(clockTime(each, place)).toBe(clock.format(each));
          const day = new Intl.DateTimeFormat("en-CA", {
            year: "numeric",
            month: "2-digit",
            day: "2-digit",
            timeZone: zone,
          });
          expect(new Date(dayNumber(each, place) * 86_400_000).toISOString().slice(0, 10)).toBe(day.format(each));
        }
      },
    ),
  );
});
