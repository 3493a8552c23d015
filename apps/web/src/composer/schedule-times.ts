import { m } from "@sotto/views/messages";

const HOUR_MS = 3_600_000;
const MORNING = 9;

/** Times that people mean, in this browser's zone. */
export function quickTimes(now: number): { name: string; at: number }[] {
  const inAnHour = Math.ceil((now + HOUR_MS) / 60_000) * 60_000;
  const tomorrow = new Date(now);
  tomorrow.setDate(tomorrow.getDate() + 1);
  tomorrow.setHours(MORNING, 0, 0, 0);
  const monday = new Date(tomorrow);
  while (monday.getDay() !== 1) monday.setDate(monday.getDate() + 1);
  const times = [
    { name: m.write_in_an_hour(), at: inAnHour },
    { name: m.write_tomorrow(), at: tomorrow.getTime() },
  ];
  return monday.getTime() === tomorrow.getTime() ? times : [...times, { name: m.write_monday(), at: monday.getTime() }];
}

const two = (value: number): string => String(value).padStart(2, "0");

/** As a field for date and time has it: local time without a zone. */
export function inputTime(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function timeOfInput(typed: string): number | null {
  const at = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d/.test(typed) ? new Date(typed).getTime() : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
