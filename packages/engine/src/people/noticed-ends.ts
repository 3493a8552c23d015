import type { VerifiedChain } from "@sotto/crypto";
import type { AccountId, DeviceId } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import { numberOf } from "../rows.ts";
import { afterEnd, endOf } from "./revoked.ts";

/**
 * Inside the transaction that pins a chain: which devices it ends at a time that isn't yet. Whoever signed that may have gone by a clock
 * that was told wrong, and nothing of these devices is to count until then.
 * @param before the pin so far @param now own clock, ms
 */
export function noteEnds(store: Store, before: VerifiedChain | undefined, after: VerifiedChain, now: number): void {
  for (const { device } of after.devices) {
    const end = endOf(after, device);
    if (end === null || afterEnd(end) <= now || endOf(before, device) !== null) continue;
    store.run("insert or ignore into noticed_ends (account, device, at) values (?, ?, ?)", [
      after.account,
      device,
      now,
    ]);
  }
}

/** By one's own clock, in ms, when the end of a device was learnt that was dated ahead. */
export function noticedEnd(store: Store, account: AccountId, device: DeviceId): number | undefined {
  const row = store.all("select at from noticed_ends where account = ? and device = ?", [account, device])[0];
  return row === undefined ? undefined : numberOf(row, "at");
}
