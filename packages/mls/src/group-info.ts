import {
  type ConversationExtension,
  type ConversationId,
  conversationIdOf,
  EXTENSION,
  GROUP_INFO_BYTES_MAX,
} from "@sotto/protocol";
import { verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
import { readExtensions } from "./context-extensions.ts";
import { leavesOf } from "./group-state.ts";
import type { ChainJudge } from "./judge.ts";
import type { Leaf } from "./leaf.ts";
import { type GroupInfo, type RatchetTree, readGroupInfo } from "./library.ts";
import { type PolicyRefusal, unsound } from "./policy.ts";
import { type Provider, SUITE } from "./provider.ts";
import { hasUniqueKeys, joinTree } from "./tree.ts";
import { isUsablePublicKey } from "./x-wing.ts";

const CONVERSATION_BYTES = 16;
const EPOCH_MAX = 2n ** 63n;

export type UnverifiedGroupInfo = { conversation: ConversationId; epoch: bigint; signer: number; logHead: Uint8Array };

/** What a GroupInfo says of itself, to look up before joining. Nothing of it is verified yet; undefined when malformed. */
export function peekGroupInfo(bytes: Uint8Array): UnverifiedGroupInfo | undefined {
  if (bytes.length > GROUP_INFO_BYTES_MAX) return undefined;
  const info = readGroupInfo(bytes);
  const logHead = info && extensionsOf(info, true);
  if (info === undefined || logHead === undefined || info.groupContext.groupId.length !== CONVERSATION_BYTES)
    return undefined;
  const { groupId, epoch } = info.groupContext;
  return { conversation: conversationIdOf(groupId), epoch, signer: info.signer, logHead };
}

/** The signed log head, if the extensions are exactly the ones expected: a ratchet_tree extension would win over the tree we checked. */
export function extensionsOf(info: GroupInfo, hasExternalPub: boolean): Uint8Array | undefined {
  if (info.extensions.length !== (hasExternalPub ? 2 : 1)) return undefined;
  const logHead = info.extensions.find((each) => each.extensionType === EXTENSION.logHead);
  if (hasExternalPub) {
    const key = info.extensions.find((each) => each.extensionType === "external_pub");
    if (key === undefined || !isUsablePublicKey(key.extensionData)) return undefined;
  }
  return logHead?.extensionData;
}

export type JoinRefusal =
  | PolicyRefusal
  | "too-large"
  | "malformed"
  | "foreign-suite"
  | "wrong-group"
  | "bad-tree"
  | "bad-extensions"
  | "bad-signer"
  | "bad-signature"
  | "chain-not-bound"
  | "duplicate-key";

export type CheckedGroup = {
  kind: "good";
  tree: RatchetTree;
  leaves: readonly Leaf[];
  extension: ConversationExtension;
  signer: Leaf;
};

/**
 * Checks a group that one is about to enter, before the library walks its tree: form, bounds, keys, list, the signer and its
 * signature, and that every leaf's chain has bound its key (T03, T09, T15, T32). The tree's hash and parent hashes are
 * the library's to check, on entering.
 */
export async function checkGroup(
  provider: Provider,
  info: GroupInfo,
  chunks: readonly Uint8Array[],
  judge: ChainJudge,
): Promise<CheckedGroup | { kind: "refused"; because: JoinRefusal }> {
  const { groupContext } = info;
  if (groupContext.version !== "mls10" || groupContext.cipherSuite !== SUITE) return refused("foreign-suite");
  if (groupContext.groupId.length !== CONVERSATION_BYTES || groupContext.epoch >= EPOCH_MAX)
    return refused("malformed");
  const extension = readExtensions(groupContext.extensions);
  if (extension === undefined) return refused("bad-extensions");
  const tree = joinTree(chunks);
  const leaves = tree && leavesOf(tree);
  if (tree === undefined || leaves === undefined) return refused("bad-tree");
  if (!hasUniqueKeys(tree)) return refused("duplicate-key");
  const signer = leaves.find((leaf) => leaf.leafIndex === info.signer);
  if (signer === undefined) return refused("bad-signer");
  if (!(await verifyGroupInfoSignature(info, signer.signatureKey, provider.suite.signature)))
    return refused("bad-signature");
  const flaw = unsound(extension, leaves);
  if (flaw !== undefined) return refused(flaw);
  if (!leaves.every((leaf) => judge.bound(leaf.chain, leaf.identity, leaf.signatureKey)))
    return refused("chain-not-bound");
  return { kind: "good", tree, leaves, extension, signer };
}

function refused(because: JoinRefusal): { kind: "refused"; because: JoinRefusal } {
  return { kind: "refused", because };
}
