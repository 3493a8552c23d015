import { fingerprint, type ChainDevice } from "@sotto/crypto";
import type { DeviceId } from "@sotto/protocol";
import type { OwnDevice } from "../api.ts";
import type { Context } from "../context.ts";
import { deviceName } from "./device-names.ts";

/** When the devices were last there, as the server says; empty when it can't be asked. */
async function lastSeen(context: Context): Promise<Map<DeviceId, number | null>> {
  if (!context.isOnline()) return new Map();
  try {
    const { devices } = await context.online().request("devices.seen", {});
    return new Map(devices.map(({ device, lastSeenAt }) => [device, lastSeenAt]));
  } catch {
    // The list itself is known without the server.
    return new Map();
  }
}

/** This account's devices, as the verified chain names them: this one first, active ones by last seen, then those that are gone. */
export async function ownDevices(context: Context): Promise<OwnDevice[]> {
  const seen = await lastSeen(context);
  const chain = context.people.chain(context.account);
  const rows = (chain?.devices ?? []).map((each) => rowOf(context, each, seen.get(each.device) ?? null));
  const rank = ({ current, active }: OwnDevice): number => (current ? 0 : active ? 1 : 2);
  const newest = ({ lastSeenAt, revokedAt, addedAt }: OwnDevice): number => revokedAt ?? lastSeenAt ?? addedAt;
  return rows.sort((a, b) => rank(a) - rank(b) || newest(b) - newest(a) || (a.device < b.device ? -1 : 1));
}

function rowOf(context: Context, each: ChainDevice, lastSeenAt: number | null): OwnDevice {
  const { device, kind, addedAt, active, revokedAt, leafKey } = each;
  return {
    device,
    name: deviceName(context, device),
    kind,
    addedAt: addedAt * 1000,
    lastSeenAt,
    current: device === context.device,
    active,
    revokedAt: revokedAt === null ? null : revokedAt * 1000,
    fingerprint: fingerprint(leafKey),
  };
}
