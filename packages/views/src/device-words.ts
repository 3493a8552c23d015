import type { OwnDevice } from "@sotto/engine";
import { cleanName } from "@sotto/protocol";
import { countOf } from "./person.ts";
import { dayLabel } from "./when.ts";
import type { Place } from "./when.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const KINDS: Record<string, string> = {
  web: "Browser",
  browser: "Browser",
  terminal: "Terminal",
  cli: "Terminal",
  bot: "Bot",
};

/** What a device says it is. Others choose the text: nothing but known kinds is shown as it came. */
export function deviceKindWords(kind: string): string {
  return KINDS[kind] ?? "Device";
}

const BROWSERS: [pattern: RegExp, name: string][] = [
  [/\bEdg(?:e|A|iOS)?\//u, "Edge"],
  [/\bOPR\//u, "Opera"],
  [/\bSamsungBrowser\//u, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//u, "Firefox"],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//u, "Chrome"],
  [/\bSafari\//u, "Safari"],
];
const SYSTEMS: [pattern: RegExp, name: string][] = [
  [/\bAndroid\b/u, "Android"],
  [/\biPhone\b/u, "iPhone"],
  [/\biPad\b/u, "iPad"],
  [/\bCrOS\b/u, "ChromeOS"],
  [/\bWindows\b/u, "Windows"],
  [/\bMac OS X\b/u, "Mac"],
  [/\bLinux\b/u, "Linux"],
];

/** What a browser is called in the list of devices until somebody gives it a name: "Firefox on Linux". Empty if it says nothing. */
export function browserName(userAgent: string): string {
  const find = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent))?.[1];
  const browser = find(BROWSERS);
  const system = find(SYSTEMS);
  if (browser === undefined) return "";
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** A device's name where a sentence begins: one that has only its kind for a name is "A browser". */
export function deviceInSentence(name: string): string {
  const clean = cleanName(name);
  if (clean === "") return "A device";
  return clean === "Device" || Object.values(KINDS).includes(clean) ? `A ${clean.toLowerCase()}` : clean;
}

export type OwnDeviceRow = {
  device: OwnDevice;
  name: string;
  /** "Browser. Added 12 January. Active 3 hours ago." */
  about: string;
};

/** `day` in the middle of a sentence. */
function dayInSentence(at: number, now: number, place: Place): string {
  const label = dayLabel(at, now, place);
  return label === "Today" || label === "Yesterday" ? label.toLowerCase() : label;
}

/** When a device was last there. The server keeps it to the hour, so nothing finer is said. */
export function lastSeenWords(lastSeenAt: number | null, now: number, place: Place): string {
  if (lastSeenAt === null) return "";
  const ago = now - lastSeenAt;
  if (ago < 2 * HOUR) return "Active within the last hour";
  if (ago < DAY) return `Active ${countOf(Math.floor(ago / HOUR), "hour", "hours")} ago`;
  return `Last active ${dayInSentence(lastSeenAt, now, place)}`;
}

function aboutOf(device: OwnDevice, now: number, place: Place): string {
  const kind = deviceKindWords(device.kind);
  const added = `Added ${dayInSentence(device.addedAt, now, place)}`;
  const seen = device.current
    ? ""
    : device.active
      ? lastSeenWords(device.lastSeenAt, now, place)
      : device.revokedAt === null
        ? "Signed out"
        : `Signed out ${dayInSentence(device.revokedAt, now, place)}`;
  return [kind, added, seen]
    .filter((part) => part !== "")
    .map((part) => `${part}.`)
    .join(" ");
}

/** One's own devices in the order in which they were given: those in use, and those that are gone. */
export function ownDeviceRows(
  devices: readonly OwnDevice[],
  { now, place }: { now: number; place: Place },
): { active: OwnDeviceRow[]; gone: OwnDeviceRow[] } {
  const rows = devices.map((device): OwnDeviceRow => ({
    device,
    name: cleanName(device.name) || deviceKindWords(device.kind),
    about: aboutOf(device, now, place),
  }));
  return { active: rows.filter(({ device }) => device.active), gone: rows.filter(({ device }) => !device.active) };
}
