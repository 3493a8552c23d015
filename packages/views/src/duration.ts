import { getLocale } from "./messages.ts";

const UNITS = [
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** "7 days" is "1 week", "90 minutes" stays: in the largest unit that leaves no rest. @param seconds  whole, above 0 */
export function durationInWords(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0) ?? ["second", 1];
  return new Intl.NumberFormat(getLocale(), { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
}
