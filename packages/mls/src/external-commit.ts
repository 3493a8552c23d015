import { type ConversationId, equalBytes, GROUP_INFO_BYTES_MAX, idBytes } from "@sotto/protocol";
import { encodeMlsMessage, joinGroupExternal } from "ts-mls";
import { announce, groupInfo } from "./bundle.ts";
import { CLIENT_CONFIG } from "./client-config.ts";
import { NO_LIFETIME } from "./create-group.ts";
import { checkGroup, extensionsOf, type JoinRefusal } from "./group-info.ts";
import { GroupState, members, ownLeafIndex } from "./group-state.ts";
import { type LeafIdentity, sameIdentity } from "./identity.ts";
import type { ChainJudge } from "./judge.ts";
import { generate } from "./key-package.ts";
import type { Leaf } from "./leaf.ts";
import { readGroupInfo } from "./library.ts";
import { type Change, judgeCommit } from "./policy.ts";
import type { LeafKey, Provider } from "./provider.ts";
import { treeChunks } from "./tree.ts";

export type ExternalRequest = {
  provider: Provider;
  /** The conversation that one means to enter. */
  conversation: ConversationId;
  groupInfo: Uint8Array;
  treeChunks: readonly Uint8Array[];
  identity: LeafIdentity;
  leafKey: LeafKey;
  chain: Uint8Array;
  /** Log head that this device has seen, for the GroupInfo of the epoch that it opens. See {@link peekGroupInfo}. */
  logHead: Uint8Array;
  judge: ChainJudge;
};

export type MadeExternalCommit =
  | {
      kind: "made";
      /** One MLSMessage, a PublicMessage. */
      commit: Uint8Array;
      roster: Uint8Array;
      groupInfo: Uint8Array;
      treeChunks: Uint8Array[];
      /** The group if the delivery service takes the commit. */
      next: GroupState;
      /** Who signed the GroupInfo that one entered by, and the log head that they had seen. */
      signer: Leaf;
      logHead: Uint8Array;
      /** This device's own older leaf, which the commit removes. */
      replaced: Leaf | undefined;
    }
  | { kind: "refused"; because: JoinRefusal | "key-taken" | "only-leaf" };

/**
 * Enters a group by external commit (RFC 9420 §12.4.3.2), replacing this device's older leaf if it has one. All checks come
 * before the library's call, which trusts a GroupInfo further than we do.
 */
export async function createExternalCommit(request: ExternalRequest): Promise<MadeExternalCommit> {
  const { provider, identity, leafKey, chain, judge } = request;
  if (request.groupInfo.length > GROUP_INFO_BYTES_MAX) return refused("too-large");
  const info = readGroupInfo(request.groupInfo);
  const logHead = info && extensionsOf(info, true);
  if (info === undefined || logHead === undefined) return refused("malformed");
  if (!equalBytes(info.groupContext.groupId, idBytes(request.conversation))) return refused("wrong-group");
  const checked = await checkGroup(provider, info, request.treeChunks, judge);
  if (checked.kind === "refused") return checked;

  const { leaves, extension, tree, signer } = checked;
  const replaced = leaves.find((leaf) => sameIdentity(leaf.identity, identity));
  if (leaves.some((leaf) => leaf !== replaced && equalBytes(leaf.signatureKey, leafKey.publicKey)))
    return refused("key-taken");
  const remaining = leaves.filter((leaf) => leaf !== replaced);
  // A tree without leaves can't be: nobody would be left whose state the new epoch continues.
  if (remaining.length === 0) return refused("only-leaf");
  const { roster, data, authenticatedData } = announce(extension, [...remaining, { identity }], []);

  const own = await generate({ provider, identity, leafKey, chain, lifetime: NO_LIFETIME });
  let joined: Awaited<ReturnType<typeof joinGroupExternal>>;
  try {
    joined = await joinGroupExternal(
      info,
      own.publicPackage,
      own.privatePackage,
      replaced !== undefined,
      provider.suite,
      tree,
      CLIENT_CONFIG,
      authenticatedData,
    );
  } catch {
    return refused("bad-tree"); // tree hash or parent hashes
  }
  const next = GroupState.of(provider, joined.newState);
  const committer = members(next).find((leaf) => leaf.leafIndex === ownLeafIndex(next))!;
  const change: Change = {
    committer,
    external: true,
    added: [],
    removed: replaced === undefined ? [] : [replaced],
    extension,
    leaves: members(next),
    data,
    roster,
  };
  const before = { conversation: request.conversation, epoch: info.groupContext.epoch, extension, leaves };
  const judgement = judgeCommit(before, change, judge);
  if (judgement.kind === "refused") return judgement;
  return {
    kind: "made",
    commit: encodeMlsMessage({
      version: "mls10",
      wireformat: "mls_public_message",
      publicMessage: joined.publicMessage,
    }),
    roster,
    groupInfo: await groupInfo(next, request.logHead),
    treeChunks: treeChunks(next),
    next,
    signer,
    logHead,
    replaced,
  };
}

function refused(because: Extract<MadeExternalCommit, { kind: "refused" }>["because"]): MadeExternalCommit {
  return { kind: "refused", because };
}
