import type { AccountId, ConversationId } from "@sotto/protocol";
import type { LeafIdentity } from "./identity.ts";

/**
 * The questions about identity chains, answered by whoever knows chains. Every answer must follow from the arguments alone,
 * never from time, network or what a device happens to know: members judge the same commit alike only then.
 */
export type ChainJudge = {
  /** Has this chain ever bound this leaf key to this device of this account? Asked for every leaf that one meets. */
  bound(chain: Uint8Array, identity: LeafIdentity, leafKey: Uint8Array): boolean;
  /** Is it bound, and neither revoked nor closed, at the head of this chain? Asked for every leaf that enters. */
  active(chain: Uint8Array, identity: LeafIdentity, leafKey: Uint8Array): boolean;
  /** Who leaves, and in which epoch they said so, if a device bound in this chain signed it for this conversation. */
  leaves(
    statement: Uint8Array,
    conversation: ConversationId,
    chain: Uint8Array,
  ): { account: AccountId; epoch: bigint } | undefined;
  /** Do these statements form the chain of the identity's account and show its device revoked or the account closed? */
  revokes(statements: Uint8Array[], identity: LeafIdentity): boolean;
};
