import type { VerifiedChain } from "@sotto/crypto";
import type { DeviceId } from "@sotto/protocol";

/** All in ms. */
export type Arrival = {
  /** When the server says that it took the entry. */
  acceptedAt: number;
  /** The newest time that it said for any earlier entry of this log: it can't take one before another that it had taken. */
  acceptedFloor: number;
  /** By one's own clock, when this log was last seen read to its end: what comes later wasn't there. */
  checkedAt: number;
  /** By one's own clock, when the end was learnt of that is dated later than that. */
  noticedAt?: number | undefined;
};

/** From when on nothing of the device counts, in ms. */
export const afterEnd = (endedAt: number): number => (endedAt + 1) * 1000;

/** When a device of an account ended, by itself or with the account: in seconds, as the signer said. Null while it is active. */
export function endOf(chain: VerifiedChain | undefined, device: DeviceId): number | null {
  const found = chain?.devices.find((one) => one.device === device);
  return found === undefined ? null : (found.revokedAt ?? chain?.closedAt ?? null);
}

/**
 * Is this the word of a device that its account had ended by then? Then it isn't shown, even while its leaf is still in the tree
 * because no commit has taken it out yet (T19, T70). The server's own time is not believed further than what contradicts it: an entry
 * can be called older than it is only as far as nothing that came before it, and no look at the log's end, says otherwise.
 * A chain counts in whole seconds: what was taken in the very second of the end may have come before it, and is shown to all alike.
 * A time that was signed ahead is the server's word too, since signers lean on its clock: the end counts from when it was noticed.
 * @param arrival looked up for a device that was ended alone.
 * @param chain the sender's chain as it is pinned; what it doesn't know is judged by the commit that added the leaf.
 */
export function isFromRevoked(chain: VerifiedChain | undefined, device: DeviceId, arrival: () => Arrival): boolean {
  const end = endOf(chain, device);
  if (end === null) return false;
  const { acceptedAt, acceptedFloor, checkedAt, noticedAt } = arrival();
  if (noticedAt !== undefined && checkedAt >= noticedAt) return true;
  return Math.max(acceptedAt, acceptedFloor, checkedAt) >= afterEnd(end);
}
