import { tooMany } from "./refusal.ts";
import { hourOf } from "./seen.ts";
import type { DeviceHandler } from "./service.ts";

/** To the hour, for a device that is here now too. */
export const devicesSeen: DeviceHandler<"devices.seen"> = async ({ ports, hall }, { identity }) => {
  const here = new Set(hall.sessionsOf(identity.accountKey).map((session) => session.identity?.device));
  const rows = await ports.store.devicesSeen(identity.accountKey);
  const now = hourOf(ports.clock.now());
  return {
    devices: rows.map(({ device, lastSeenAt }) => ({ device, lastSeenAt: here.has(device) ? now : lastSeenAt })),
  };
};

export const holdings: DeviceHandler<"account.holdings"> = async ({ ports, limiters }, { identity }) => {
  const wait = limiters.holdings.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  return { holdings: await ports.store.holdings(identity.accountKey) };
};
