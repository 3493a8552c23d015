import { verifyChain, type VerifiedChain } from "@sotto/crypto/verify";
import { equalBytes, type DeviceId } from "@sotto/protocol";

/** The chain, if it verifies from its genesis to its end. */
export function openIdentity(statements: readonly Uint8Array[]): VerifiedChain | undefined {
  const verdict = verifyChain(statements);
  return verdict.kind === "valid" ? verdict.chain : undefined;
}

/** A chain before and after one more statement. */
export type Extended = { before: VerifiedChain; after: VerifiedChain };

/**
 * What one more statement makes of a stored chain. "stale": its author had seen another head. Undefined: it isn't valid.
 * The server asks so that it keeps no rubbish; what an identity is, clients verify themselves.
 */
export function extendIdentity(
  chain: readonly Uint8Array[],
  statement: Uint8Array,
): Extended | "stale" | "too-early" | undefined {
  const before = openIdentity(chain);
  const verdict = verifyChain([...chain, statement]);
  if (verdict.kind === "valid") return before === undefined ? undefined : { before, after: verdict.chain };
  if (verdict.because === "broken-link") return "stale";
  return verdict.because === "too-early" ? "too-early" : undefined;
}

export const activeDevices = (chain: VerifiedChain): DeviceId[] =>
  chain.closed ? [] : chain.devices.filter(({ active }) => active).map(({ device }) => device);

export const completesReclaim = ({ before, after }: Extended): boolean => after.reclaims > before.reclaims;

/** Keys never come twice in a chain, so another key is another announcement. */
export const announcesReclaim = ({ before, after }: Extended): boolean =>
  after.pendingReclaim !== null &&
  (before.pendingReclaim === null || !equalBytes(before.pendingReclaim.accountKey, after.pendingReclaim.accountKey));

/** The times (seconds) which the last statement says of itself and on which others act. */
export function timesSaid(extended: Extended): number[] {
  const { before, after } = extended;
  const known = new Map(before.devices.map((each) => [each.device, each.revokedAt]));
  const times = after.devices.flatMap(({ device, revokedAt }) =>
    revokedAt !== null && known.get(device) === null ? [revokedAt] : [],
  );
  if (after.pendingReclaim !== null && announcesReclaim(extended)) times.push(after.pendingReclaim.announcedAt);
  return times;
}
