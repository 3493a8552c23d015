import type { OwnDevice } from "@sotto/engine";
import { cleanName } from "@sotto/protocol";
import { locales, m } from "./messages.ts";
import { dayInSentence } from "./when.ts";
import type { Place } from "./when.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** By name, and where a sentence begins. */
const BROWSER = { name: m.device_browser, inSentence: m.device_a_browser };
const TERMINAL = { name: m.device_terminal, inSentence: m.device_a_terminal };
const BOT = { name: m.device_bot, inSentence: m.device_a_bot };
const OTHER = { name: m.device_other, inSentence: m.device_a_device };

const KINDS: Record<string, typeof OTHER> = {
  web: BROWSER,
  browser: BROWSER,
  terminal: TERMINAL,
  cli: TERMINAL,
  bot: BOT,
};

/** What a device says it is. Others choose the text: nothing but known kinds is shown as it came. */
export function deviceKindWords(kind: string): string {
  return (KINDS[kind] ?? OTHER).name();
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
  return system === undefined ? browser : m.device_browser_on({ browser, system });
}

/** A device's name where a sentence begins: one that has only its kind for a name is "A browser". */
export function deviceInSentence(name: string): string {
  const clean = cleanName(name);
  if (clean === "") return m.device_a_device();
  // A device keeps the name that its kind had in the language in which it was added.
  const kind = [...Object.values(KINDS), OTHER].find(({ name: nameOfKind }) =>
    locales.some((locale) => nameOfKind({}, { locale }) === clean),
  );
  return kind === undefined ? clean : kind.inSentence();
}

export type OwnDeviceRow = {
  device: OwnDevice;
  name: string;
  /** "Browser. Added 12 January. Active 3 hours ago." */
  about: string;
};

/** When a device was last there. The server keeps it to the hour, so nothing finer is said. */
export function lastSeenWords(lastSeenAt: number | null, now: number, place: Place): string {
  if (lastSeenAt === null) return "";
  const ago = now - lastSeenAt;
  if (ago < 2 * HOUR) return m.device_active_now();
  if (ago < DAY) return m.device_active_hours({ count: Math.floor(ago / HOUR) });
  return m.device_active_on({ day: dayInSentence(lastSeenAt, now, place) });
}

function aboutOf(device: OwnDevice, now: number, place: Place): string {
  const kind = deviceKindWords(device.kind);
  const added = m.device_added({ day: dayInSentence(device.addedAt, now, place) });
  const seen = device.current
    ? ""
    : device.active
      ? lastSeenWords(device.lastSeenAt, now, place)
      : device.revokedAt === null
        ? m.device_signed_out()
        : m.device_signed_out_on({ day: dayInSentence(device.revokedAt, now, place) });
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
