import type { AccountId, ConversationId, DeviceId } from "@sotto/protocol";
import { decodeChain, everBound, isActiveDevice, verifyChain, type VerifiedChain } from "./chain.ts";
import { verifyLeave } from "./leave.ts";

/** Who a leaf says it is. */
type LeafIdentity = { account: AccountId; device: DeviceId };

function chainOf(account: AccountId, statements: readonly Uint8Array[] | undefined): VerifiedChain | undefined {
  const verdict = statements === undefined ? undefined : verifyChain(statements);
  return verdict?.kind === "valid" && verdict.chain.account === account ? verdict.chain : undefined;
}

function isBound(
  chain: VerifiedChain | undefined,
  identity: LeafIdentity,
  leafKey: Uint8Array,
): chain is VerifiedChain {
  return chain !== undefined && everBound(chain, identity.device, leafKey);
}

/**
 * The questions about identity chains that decide on leaves and commits. Every answer follows from the arguments alone, so that
 * all members judge alike. Hostile bytes are answered with "no", never with an exception.
 */
export const chainJudge = {
  /** Has this chain (encoded) ever bound this leaf key to this device of this account? */
  bound(chain: Uint8Array, identity: LeafIdentity, leafKey: Uint8Array): boolean {
    return isBound(chainOf(identity.account, decodeChain(chain)), identity, leafKey);
  },
  /** Is it bound, and neither revoked nor closed, at the head of this chain? */
  active(chain: Uint8Array, identity: LeafIdentity, leafKey: Uint8Array): boolean {
    const verified = chainOf(identity.account, decodeChain(chain));
    return isBound(verified, identity, leafKey) && isActiveDevice(verified, identity.device);
  },
  /** Who leaves this conversation, and in which epoch they said so, if a device that is active in this chain signed it. */
  leaves(
    statement: Uint8Array,
    conversation: ConversationId,
    chain: Uint8Array,
  ): { account: AccountId; epoch: bigint } | undefined {
    const statements = decodeChain(chain);
    const verdict = statements === undefined ? undefined : verifyChain(statements);
    if (verdict?.kind !== "valid") return undefined;
    const leave = verifyLeave(statement, conversation, verdict.chain);
    return leave === undefined ? undefined : { account: leave.account, epoch: leave.epoch };
  },
  /** Do these statements form the chain of this account and show that its device was revoked, or the account closed? */
  revokes(statements: readonly Uint8Array[], identity: LeafIdentity): boolean {
    const chain = chainOf(identity.account, statements);
    return (
      chain !== undefined &&
      chain.devices.some((one) => one.device === identity.device) &&
      !isActiveDevice(chain, identity.device)
    );
  },
};
