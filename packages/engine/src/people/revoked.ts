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
};

/**
 * Is this the word of a device that its account had ended by then? Then it isn't shown, even while its leaf is still in the tree
 * because no commit has taken it out yet (T19, T70). The server's own time is not believed further than what contradicts it: an entry
 * can be called older than it is only as far as nothing that came before it, and no look at the log's end, says otherwise.
 * A chain counts in whole seconds: what was taken in the very second of the end may have come before it, and is shown to all alike.
 * @param arrival looked up for a device that was revoked alone.
 * @param chain the sender's chain as it is pinned; what it doesn't know is judged by the commit that added the leaf.
 */
export function isFromRevoked(chain: VerifiedChain | undefined, device: DeviceId, arrival: () => Arrival): boolean {
  const sender = chain?.devices.find((one) => one.device === device);
  if (sender === undefined || sender.active || sender.revokedAt === null) return false;
  const { acceptedAt, acceptedFloor, checkedAt } = arrival();
  return Math.max(acceptedAt, acceptedFloor, checkedAt) >= (sender.revokedAt + 1) * 1000;
}
