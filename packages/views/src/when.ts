import { m } from "./messages.ts";

/** Where the reader is: how times are written there. */
export type Place = { locale: string; timeZone: string };

const TIME_MAX = 8.64e15;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(place: Place, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${place.locale} ${place.timeZone} ${name}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat(place.locale, { ...options, timeZone: place.timeZone });
  formats.set(key, made);
  return made;
}

/** A time that others wrote may be anything: outside of what a calendar holds it is read as its nearest end. */
function sane(at: number): number {
  return Number.isFinite(at) ? Math.min(Math.max(at, 0), TIME_MAX) : 0;
}

/** What was written of a time, kept: a page of a timeline asks for hundreds of times and days, again with every change. */
class Written<Value> {
  readonly #kept = new Map<string, Value>();
  readonly #stepMs: number;

  /** @param stepMs  within so much time, counted from 1970, the answer is the same. */
  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  of(at: number, place: Place, write: (at: number) => Value): Value {
    const key = `${Math.floor(at / this.#stepMs)} ${place.locale} ${place.timeZone}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (this.#kept.size >= WRITTEN_MAX) this.#kept.clear();
    const written = write(at);
    this.#kept.set(key, written);
    return written;
  }
}

const WRITTEN_MAX = 4_000;
const MINUTE_MS = 60_000;
const clocks = new Written<string>(MINUTE_MS);
/** Places are whole quarters of an hour from each other. */
const days = new Written<number>(15 * MINUTE_MS);

/** "10:41" */
export function clockTime(at: number, place: Place): string {
  const clock = format(place, "clock", { hour: "2-digit", minute: "2-digit" });
  return clocks.of(sane(at), place, (time) => clock.format(time));
}

/** The day of a time at that place: days since 1970, to compare and to count. */
export function dayNumber(at: number, place: Place): number {
  return days.of(sane(at), place, (time) => {
    const parts = format({ ...place, locale: "en" }, "day", {
      calendar: "gregory",
      year: "numeric",
      month: "numeric",
      day: "numeric",
    }).formatToParts(time);
    const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
    return Date.UTC(part("year"), part("month") - 1, part("day")) / 86_400_000;
  });
}

/** "Today", "Yesterday", "Monday", "4 March", "4 March 2025" */
export function dayLabel(at: number, now: number, place: Place): string {
  const ago = dayNumber(now, place) - dayNumber(at, place);
  if (ago === 0) return m.when_today();
  if (ago === 1) return m.when_yesterday();
  if (ago > 1 && ago < 7) return format(place, "weekday", { weekday: "long" }).format(sane(at));
  if (ago >= 7 && ago < 300) return format(place, "date", { day: "numeric", month: "long" }).format(sane(at));
  return format(place, "year", { day: "numeric", month: "long", year: "numeric" }).format(sane(at));
}

/** The same in the middle of a sentence: "today", "yesterday", "4 March"; in German "am 4. März" */
export function dayInSentence(at: number, now: number, place: Place): string {
  const ago = dayNumber(now, place) - dayNumber(at, place);
  if (ago === 0) return m.when_inside_today();
  if (ago === 1) return m.when_inside_yesterday();
  return m.when_inside_day({ day: dayLabel(at, now, place) });
}

/** For the list: "10:41", "Mon", "28 Feb", "28 Feb 2025" */
export function listTime(at: number, now: number, place: Place): string {
  const ago = dayNumber(now, place) - dayNumber(at, place);
  if (ago <= 0) return clockTime(at, place);
  if (ago < 7) return format(place, "short weekday", { weekday: "short" }).format(sane(at));
  if (ago < 300) return format(place, "short date", { day: "numeric", month: "short" }).format(sane(at));
  return format(place, "short year", { day: "numeric", month: "short", year: "numeric" }).format(sane(at));
}

/** "21 November 2026 at 10:41", for details and labels. */
export function fullTime(at: number, place: Place): string {
  return format(place, "full", { dateStyle: "long", timeStyle: "short" }).format(sane(at));
}
