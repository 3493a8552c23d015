import {
  COMMIT_BYTES_MAX,
  type ConversationExtension,
  type Evidence,
  PROPOSALS_MAX,
  WELCOME_BYTES_MAX,
} from "@sotto/protocol";
import { createCommit as makeCommit, encodeMlsMessage, type Proposal } from "ts-mls";
import { announce, groupInfo, logHeadExtension, viewOf } from "./bundle.ts";
import { readExtensions, writeExtensions } from "./context-extensions.ts";
import { extensionOf, GroupState, leavesOf, members, ownLeafIndex } from "./group-state.ts";
import { sameIdentity } from "./identity.ts";
import type { ChainJudge } from "./judge.ts";
import { formOf } from "./key-package.ts";
import { type Leaf, readLeaf } from "./leaf.ts";
import { type KeyPackage, readKeyPackage } from "./library.ts";
import { type Change, judgeCommit, type PolicyRefusal } from "./policy.ts";
import { hasUniqueKeys, treeChunks } from "./tree.ts";

export type CommitRequest = {
  /** Key packages that {@link checkKeyPackage} found good. */
  add?: readonly Uint8Array[];
  /** Leaves to remove; not one's own. */
  remove?: readonly number[];
  /** The new list and policy, if they change. */
  extension?: ConversationExtension;
  evidence?: readonly Evidence[];
  /** Log head that this device has seen; signed into GroupInfo and Welcome. */
  logHead: Uint8Array;
  judge: ChainJudge;
};

export type MadeCommit = {
  kind: "made";
  /** One MLSMessage. */
  commit: Uint8Array;
  /** Canonical roster that results. */
  roster: Uint8Array;
  /** One MLSMessage for all who were added; undefined when nobody was. */
  welcome: Uint8Array | undefined;
  added: Leaf[];
  removed: Leaf[];
  groupInfo: Uint8Array;
  treeChunks: Uint8Array[];
  /** The group if the delivery service takes the commit. Until then `state` stays the truth. */
  next: GroupState;
};

export type RefusedCommit = {
  kind: "refused";
  because:
    | PolicyRefusal
    | "bad-key-package"
    | "no-such-leaf"
    | "already-member"
    | "duplicate-key"
    | "too-many-proposals"
    | "too-large"
    | "impossible";
};

/**
 * Makes a commit (RFC 9420 §12.4.1). Without adds, removes or extension it re-keys this device. Refuses what other members
 * would skip. `state` is untouched: when the service takes another commit instead, process that one on `state` and make this
 * one anew; when it is dropped without the epoch ending, go on from {@link advanceAfterDrop}.
 */
export async function createCommit(state: GroupState, request: CommitRequest): Promise<MadeCommit | RefusedCommit> {
  const { provider, mls } = GroupState.inside(state);
  const { add = [], remove = [], evidence = [] } = request;
  if (add.length + remove.length + 1 > PROPOSALS_MAX) return refused("too-many-proposals");

  const keyPackages: KeyPackage[] = [];
  for (const bytes of add) {
    const keyPackage = readKeyPackage(bytes);
    if (keyPackage === undefined || (await formOf(provider, keyPackage)) !== "good") return refused("bad-key-package");
    keyPackages.push(keyPackage);
  }
  const before = members(state);
  const removed = [...new Set(remove)].map((leafIndex) => before.find((leaf) => leaf.leafIndex === leafIndex));
  if (!removed.every((leaf) => leaf !== undefined) || remove.includes(ownLeafIndex(state)))
    return refused("no-such-leaf");

  const remaining = before.filter((leaf) => !removed.includes(leaf));
  const newcomers = keyPackages.map((keyPackage) => readLeaf(keyPackage.leafNode)!);
  if (newcomers.some(({ identity }) => remaining.some((leaf) => sameIdentity(leaf.identity, identity))))
    return refused("already-member");

  const extension = request.extension ?? extensionOf(state);
  const { roster, data, authenticatedData } = announce(extension, [...remaining, ...newcomers], evidence);
  const proposals: Proposal[] = [
    ...removed.map(({ leafIndex }): Proposal => ({ proposalType: "remove", remove: { removed: leafIndex } })),
    ...keyPackages.map((keyPackage): Proposal => ({ proposalType: "add", add: { keyPackage } })),
  ];
  if (request.extension !== undefined) {
    proposals.push({
      proposalType: "group_context_extensions",
      groupContextExtensions: { extensions: writeExtensions(extension) },
    });
  }
  const made = await makeCommit(
    { state: mls, cipherSuite: provider.suite },
    { extraProposals: proposals, authenticatedData, groupInfoExtensions: [logHeadExtension(request.logHead)] },
  ).catch(() => undefined);
  const leaves = made === undefined ? undefined : leavesOf(made.newState.ratchetTree);
  // The library refuses an Add of a key or device that is there already, or of the same one twice.
  if (made === undefined || leaves === undefined) return refused("impossible");
  if (readExtensions(made.newState.groupContext.extensions) === undefined) return refused("may-not-change-list");
  if (!hasUniqueKeys(made.newState.ratchetTree)) return refused("duplicate-key");

  const added = newcomers.map(({ identity }) => leaves.find((leaf) => sameIdentity(leaf.identity, identity))!);
  const committer = before.find((leaf) => leaf.leafIndex === ownLeafIndex(state))!;
  const change: Change = { committer, external: false, added, removed, extension, leaves, data, roster };
  const judgement = judgeCommit(viewOf(state), change, request.judge);
  if (judgement.kind === "refused") return judgement;

  const commit = encodeMlsMessage(made.commit);
  const welcome =
    made.welcome === undefined
      ? undefined
      : encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome: made.welcome });
  if (commit.length > COMMIT_BYTES_MAX || (welcome?.length ?? 0) > WELCOME_BYTES_MAX) return refused("too-large");
  const next = GroupState.of(provider, made.newState);
  return {
    kind: "made",
    commit,
    roster,
    welcome,
    added,
    removed,
    groupInfo: await groupInfo(next, request.logHead),
    treeChunks: treeChunks(next),
    next,
  };
}

function refused(because: RefusedCommit["because"]): RefusedCommit {
  return { kind: "refused", because };
}
