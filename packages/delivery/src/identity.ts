import { verifyChain, type VerifiedChain } from "@sotto/crypto/verify";
import type { DeviceId } from "@sotto/protocol";

/** The chain, if it verifies from its genesis to its end. */
export function openIdentity(statements: readonly Uint8Array[]): VerifiedChain | undefined {
  const verdict = verifyChain(statements);
  return verdict.kind === "valid" ? verdict.chain : undefined;
}

/**
 * What one more statement makes of a stored chain. "stale": its author had seen another head. Undefined: it isn't valid.
 * The server asks so that it keeps no rubbish; what an identity is, clients verify themselves.
 */
export function extendIdentity(
  chain: readonly Uint8Array[],
  statement: Uint8Array,
): { before: VerifiedChain; after: VerifiedChain } | "stale" | undefined {
  const before = openIdentity(chain);
  const verdict = verifyChain([...chain, statement]);
  if (verdict.kind === "valid") return before === undefined ? undefined : { before, after: verdict.chain };
  return verdict.because === "broken-link" ? "stale" : undefined;
}

export const activeDevices = (chain: VerifiedChain): DeviceId[] =>
  chain.closed ? [] : chain.devices.filter(({ active }) => active).map(({ device }) => device);
