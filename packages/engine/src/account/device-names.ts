import { cleanName, type DeviceId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { SYNC } from "../sync/sync-state.ts";

const NAMES: Record<string, string> = { web: "Browser", terminal: "Terminal", bot: "Bot" };

/** What a device is called as long as nobody has given it a name. */
export function nameOfKind(kind: string): string {
  return NAMES[kind] ?? "Device";
}

/** As the person called it on any of their devices, else made from its kind. */
export function deviceName(context: Context, device: DeviceId): string {
  const given = context.sync.get(SYNC.device(device));
  const name = typeof given === "string" ? cleanName(given) : "";
  if (name !== "") return name;
  const known = context.people.chain(context.account)?.devices.find((each) => each.device === device);
  return nameOfKind(known?.kind ?? "");
}

/** The name that all own devices show; an empty one goes back to the kind's. */
export function renameDevice(context: Context, { device, name }: { device: DeviceId; name: string }): void {
  const clean = cleanName(name);
  if (clean === "") context.sync.delete(SYNC.device(device));
  else context.sync.set(SYNC.device(device), clean);
  context.emit({ kind: "devices" });
}
