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
