import {
  COMMIT_BYTES_MAX,
  type CommitData,
  type ConversationExtension,
  decodeCommitData,
  encodeCommitData,
  equalBytes,
  PROPOSALS_MAX,
} from "@sotto/protocol";
import { type Commit, emptyPskIndex, type MLSMessage, processMessage, type Proposal } from "ts-mls";
import { applyProposals, validateLeafNodeUpdateOrCommit } from "ts-mls/clientState.js";
import { unprotectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { addLeafNode, filteredDirectPathAndCopathResolution, removeLeafNode } from "ts-mls/ratchetTree.js";
import { leafToNodeIndex, nodeToLeafIndex, toLeafIndex } from "ts-mls/treemath.js";
import { applyUpdatePath } from "ts-mls/updatePath.js";
import { viewOf } from "./bundle.ts";
import { readExtensions } from "./context-extensions.ts";
import { GroupState, leavesOf } from "./group-state.ts";
import type { ChainJudge } from "./judge.ts";
import { hasGoodForm } from "./key-package.ts";
import { keepsItsPlace, type Leaf, readLeaf } from "./leaf.ts";
import { type ClientState, nodeBytes, type RatchetTree, readMessage, readNode } from "./library.ts";
import { type Change, judgeCommit, type PolicyRefusal } from "./policy.ts";
import { ownEcho, type OwnEcho, readHeader, unprotect } from "./posts.ts";
import { withTruePrivateKeys } from "./private-keys.ts";
import type { Provider } from "./provider.ts";
import { hasUniqueKeys } from "./tree.ts";
import { isUsablePublicKey } from "./x-wing.ts";

/** Why all members alike pass over a commit. Nothing is blocked by it: the next valid commit of the epoch counts. */
export type SkipReason =
  | PolicyRefusal
  | "too-large"
  | "malformed"
  | "wrong-group"
  | "wrong-epoch"
  | "not-a-commit"
  /** A public message other than an external commit. */
  | "public-message"
  | "undecryptable"
  | "no-such-sender"
  | "generation-jump"
  | "replayed"
  | "bad-signature"
  | "forbidden-proposal"
  | "no-such-leaf"
  /** An external commit that takes the only leaf away. */
  | "only-leaf"
  | "no-path"
  | "bad-path"
  | "bad-authenticated-data"
  | "bad-extensions"
  | "bad-leaf"
  | "leaf-changed"
  | "duplicate-key"
  | "unusable-key";

export type Staged = {
  /** The group once this commit counts. */
  next: GroupState;
  committer: Leaf;
  external: boolean;
  /** By Add. An external joiner is the `committer`. */
  added: readonly Leaf[];
  removed: readonly Leaf[];
  before: ConversationExtension;
  extension: ConversationExtension;
  roster: Uint8Array;
  evidence: CommitData["evidence"];
  /** Did the committer give fresh entropy (RFC 9420 §7.5)? It heals by that, and whoever was removed is locked out. */
  path: boolean;
};

export type StagedCommit =
  | { kind: "staged"; staged: Staged }
  | { kind: "skip"; because: SkipReason }
  /** May have worked for others: freeze, report, be re-added or rejoin. */
  | { kind: "cryptographic"; because: "unprocessable" | "untrue-path" }
  /** This device is out. Its last state stays what it was, so that the past can be read. */
  | { kind: "removed"; by: Leaf; external: boolean; extension: ConversationExtension; evidence: CommitData["evidence"] }
  /** Take the pending state if the bytes are one's own. */
  | OwnEcho;

/** @param roster  As it stood beside the commit in the entry. */
export type CommitContext = { roster: Uint8Array; judge: ChainJudge };

/**
 * [Note: Two kinds of failure]
 * Everything that follows from public bytes and from secrets that all members share is checked first: decoding, signature,
 * proposals, the shape of the path, parent hashes, keys, policy. All members reach the same answer, so a failure is a skip.
 * Only then does the library process the commit with this member's own keys. What fails there (path secret, confirmation tag)
 * may have worked for others, and is never a skip.
 *
 * Processes a commit of someone else into a new state (docs/spec/conversations.md). `state` stays as it was, whatever happens.
 */
export async function stageCommit(state: GroupState, bytes: Uint8Array, context: CommitContext): Promise<StagedCommit> {
  const { provider, mls } = GroupState.inside(state);
  if (bytes.length > COMMIT_BYTES_MAX) return skip("too-large");
  const message = readMessage(bytes);
  if (message === undefined || message.version !== "mls10") return skip("malformed");
  const framed = await openFrame(provider, mls, message);
  if (framed.kind !== "framed") return framed;

  const data = decodeCommitData(framed.authenticatedData);
  if (data === undefined || !equalBytes(encodeCommitData(data), framed.authenticatedData))
    return skip("bad-authenticated-data");
  const applied = await applyPublicly(provider, mls, framed);
  if (applied.kind === "skip") return applied;

  const { committer, added, removed, extension, tree, leaves } = applied;
  const change: Change = {
    committer,
    external: framed.external,
    added,
    removed,
    extension,
    leaves,
    data,
    roster: context.roster,
  };
  const before = viewOf(state);
  const judgement = judgeCommit(before, change, context.judge);
  if (judgement.kind === "refused") return skip(judgement.because);

  const { evidence } = data;
  const own = mls.privatePath.leafIndex;
  if (removed.some((leaf) => leaf.leafIndex === own))
    return { kind: "removed", by: committer, external: framed.external, extension, evidence };

  const processed = await processMessage(framed.message, mls, emptyPskIndex, () => "accept", provider.suite).catch(
    () => undefined,
  );
  if (processed?.kind !== "newState" || processed.newState.groupActiveState.kind !== "active") {
    return { kind: "cryptographic", because: "unprocessable" };
  }
  if (!sameTree(processed.newState.ratchetTree, tree))
    throw new Error("a commit was applied differently than it was judged");
  const newState = await withTruePrivateKeys(provider, processed.newState);
  if (newState === undefined) return { kind: "cryptographic", because: "untrue-path" };
  const next = GroupState.of(provider, detached(newState, mls));
  const path = framed.commit.path !== undefined;
  const { roster } = context;
  return {
    kind: "staged",
    staged: {
      next,
      committer,
      external: framed.external,
      added,
      removed,
      before: before.extension,
      extension,
      roster,
      evidence,
      path,
    },
  };
}

function skip(because: SkipReason): { kind: "skip"; because: SkipReason } {
  return { kind: "skip", because };
}

type Framed = {
  kind: "framed";
  message: Extract<MLSMessage, { wireformat: "mls_private_message" | "mls_public_message" }>;
  commit: Commit;
  authenticatedData: Uint8Array;
  /** Leaf of the sender; an external joiner has none yet. */
  sender: number | undefined;
  external: boolean;
};

/** From the wire to a commit whose sender's signature is right. */
async function openFrame(provider: Provider, mls: ClientState, message: MLSMessage): Promise<Framed | StagedCommit> {
  const { groupId, epoch } = mls.groupContext;
  if (message.wireformat === "mls_private_message") {
    const { privateMessage } = message;
    if (privateMessage.contentType !== "commit") return skip("not-a-commit");
    if (!equalBytes(privateMessage.groupId, groupId)) return skip("wrong-group");
    if (privateMessage.epoch !== epoch) return skip("wrong-epoch");
    const header = await readHeader(provider, mls, privateMessage);
    if (header.kind === "refused") return skip(header.because);
    if (header.leafIndex === mls.privatePath.leafIndex) {
      const echo = await ownEcho(provider, mls, privateMessage, header);
      return echo.kind === "own-echo" ? echo : skip(echo.because);
    }
    const unprotected = await unprotect(provider, mls, privateMessage, header);
    if (unprotected.kind === "refused") return skip(unprotected.because);
    const { content } = unprotected;
    if (content.contentType !== "commit") return skip("not-a-commit");
    const { commit, authenticatedData } = content;
    return { kind: "framed", message, commit, authenticatedData, sender: header.leafIndex, external: false };
  }
  if (message.wireformat !== "mls_public_message") return skip("not-a-commit");
  const { content } = message.publicMessage;
  // T02: every other public message is refused unread, external proposals above all.
  if (content.sender.senderType !== "new_member_commit" || content.contentType !== "commit")
    return skip("public-message");
  if (!equalBytes(content.groupId, groupId)) return skip("wrong-group");
  if (content.epoch !== epoch) return skip("wrong-epoch");
  const { commit, authenticatedData } = content;
  const form = externalForm(commit, mls.ratchetTree);
  if (form !== "good") return skip(form);
  try {
    const { membershipKey } = mls.keySchedule;
    await unprotectPublicMessage(
      membershipKey,
      mls.groupContext,
      mls.ratchetTree,
      message.publicMessage,
      provider.suite,
    );
  } catch {
    return skip("bad-signature");
  }
  return { kind: "framed", message, commit, authenticatedData, sender: undefined, external: true };
}

/** RFC 9420 §12.4.3.2, before the library walks the tree by what a stranger wrote (T04, T29). */
function externalForm(commit: Commit, tree: RatchetTree): SkipReason | "good" {
  if (commit.path === undefined) return "no-path";
  if (commit.proposals.length > 2) return "forbidden-proposal";
  let inits = 0;
  let removes = 0;
  for (const each of commit.proposals) {
    if (each.proposalOrRefType !== "proposal") return "forbidden-proposal";
    const { proposal } = each;
    if (proposal.proposalType === "external_init") inits++;
    else if (isRemove(proposal)) {
      removes++;
      if (!isLeafOf(tree, proposal.remove.removed)) return "no-such-leaf";
    } else return "forbidden-proposal";
  }
  if (inits !== 1 || removes > 1) return "forbidden-proposal";
  return readLeaf(commit.path.leafNode) === undefined ? "bad-leaf" : "good";
}

// The library's union holds a member whose type is any number, so the literal alone doesn't narrow.
function isRemove(proposal: Proposal): proposal is Extract<Proposal, { proposalType: "remove" }> {
  return proposal.proposalType === "remove";
}
function isAdd(proposal: Proposal): proposal is Extract<Proposal, { proposalType: "add" }> {
  return proposal.proposalType === "add";
}
function isExtensions(proposal: Proposal): proposal is Extract<Proposal, { proposalType: "group_context_extensions" }> {
  return proposal.proposalType === "group_context_extensions";
}

function isLeafOf(tree: RatchetTree, leafIndex: number): boolean {
  return 2 * leafIndex < tree.length && tree[2 * leafIndex] !== undefined;
}

type Applied = {
  kind: "applied";
  committer: Leaf;
  added: Leaf[];
  removed: Leaf[];
  extension: ConversationExtension;
  tree: RatchetTree;
  leaves: readonly Leaf[];
};
type Skipped = { kind: "skip"; because: SkipReason };

/** The public half of processing: tree, leaves and extensions that result, without any of this member's own keys. */
async function applyPublicly(provider: Provider, mls: ClientState, framed: Framed): Promise<Applied | Skipped> {
  const { commit, sender } = framed;
  const before = leavesOf(mls.ratchetTree)!;
  const leafAt = (index: number) => before.find((leaf) => leaf.leafIndex === index)!;
  let extensions = mls.groupContext.extensions;
  let tree: RatchetTree;
  let committerIndex: number;
  const removedIndices = commit.proposals.flatMap((each) =>
    each.proposalOrRefType === "proposal" && isRemove(each.proposal) ? [each.proposal.remove.removed] : [],
  );
  const newcomers: number[] = [];

  if (sender === undefined) {
    if (removedIndices.length === before.length) return skip("only-leaf");
    const path = commit.path!;
    tree = mls.ratchetTree;
    for (const index of removedIndices) tree = removeLeafNode(tree, toLeafIndex(index));
    const [withLeaf, node] = addLeafNode(tree, path.leafNode);
    tree = withLeaf;
    committerIndex = nodeToLeafIndex(node);
  } else {
    const form = memberForm(commit, mls.ratchetTree, sender);
    if (form !== "good") return skip(form);
    try {
      const leafIndex = toLeafIndex(sender);
      const result = await applyProposals(mls, commit.proposals, leafIndex, emptyPskIndex, false, provider.suite);
      if (result.additionalResult.kind !== "memberCommit") return skip("forbidden-proposal");
      tree = result.tree;
      newcomers.push(...result.additionalResult.addedLeafNodes.map(([index]) => index));
      if (result.additionalResult.extensions.length > 0) ({ extensions } = result.additionalResult);
    } catch {
      return skip("forbidden-proposal"); // a key package that doesn't verify, a device or key that is there already
    }
    committerIndex = sender;
  }

  const extension = readExtensions(extensions);
  if (extension === undefined) return skip("bad-extensions");
  if (commit.path !== undefined) {
    if (sender !== undefined && !keepsItsPlace(leafAt(sender), commit.path.leafNode)) return skip("leaf-changed");
    const walked = await applyPath(provider, mls, tree, committerIndex, commit.path, framed.external, newcomers);
    if (walked === undefined) return skip("bad-path");
    tree = walked;
  }
  for (const [index, node] of tree.entries()) {
    if (node === undefined || node === mls.ratchetTree[index]) continue;
    if (!isUsablePublicKey(node.nodeType === "leaf" ? node.leaf.hpkePublicKey : node.parent.hpkePublicKey))
      return skip("unusable-key");
  }
  const leaves = leavesOf(tree);
  if (leaves === undefined) return skip("bad-leaf");
  if (!hasUniqueKeys(tree)) return skip("duplicate-key");
  const now = (index: number) => leaves.find((leaf) => leaf.leafIndex === index)!;
  return {
    kind: "applied",
    committer: sender === undefined ? now(committerIndex) : leafAt(sender),
    added: newcomers.map(now),
    removed: removedIndices.map(leafAt),
    extension,
    tree,
    leaves,
  };
}

/** What a member may put into a commit: Adds, Removes, one new set of extensions; all by value, within bounds. */
function memberForm(commit: Commit, tree: RatchetTree, sender: number): SkipReason | "good" {
  if (commit.proposals.length > PROPOSALS_MAX) return "forbidden-proposal";
  const removed = new Set<number>();
  let changes = 0;
  for (const each of commit.proposals) {
    if (each.proposalOrRefType !== "proposal") return "forbidden-proposal";
    const { proposal } = each;
    if (isAdd(proposal)) {
      if (!hasGoodForm(proposal.add.keyPackage)) return "bad-leaf";
    } else if (isRemove(proposal)) {
      const index = proposal.remove.removed;
      if (!isLeafOf(tree, index) || index === sender || removed.has(index)) return "no-such-leaf";
      removed.add(index);
    } else if (isExtensions(proposal)) {
      changes++;
      if (readExtensions(proposal.groupContextExtensions.extensions) === undefined) return "bad-extensions";
    } else return "forbidden-proposal"; // Update, PSK, ReInit, ExternalInit and whatever may come
  }
  if (changes > 1) return "forbidden-proposal";
  const needsPath = commit.proposals.length === 0 || removed.size > 0 || changes > 0;
  return needsPath && commit.path === undefined ? "no-path" : "good";
}

type Path = NonNullable<Commit["path"]>;

/** Checks an UpdatePath as far as everyone can, and gives the tree with it merged in (RFC 9420 §7.5, §7.9.2). */
async function applyPath(
  provider: Provider,
  mls: ClientState,
  tree: RatchetTree,
  committer: number,
  path: Path,
  external: boolean,
  newcomers: readonly number[],
): Promise<RatchetTree | undefined> {
  const leafIndex = toLeafIndex(committer);
  const { authService } = mls.clientConfig;
  const { suite } = provider;
  const excluded = new Set<number>(newcomers.map((index) => leafToNodeIndex(toLeafIndex(index))));
  try {
    const steps = filteredDirectPathAndCopathResolution(leafIndex, tree);
    if (steps.length !== path.nodes.length) return undefined;
    for (const [i, { resolution }] of steps.entries()) {
      const recipients = resolution.filter((node) => !excluded.has(node)).length;
      if (path.nodes[i]!.encryptedPathSecret.length !== recipients) return undefined;
    }
    const flaw = await validateLeafNodeUpdateOrCommit(
      path.leafNode,
      committer,
      mls.groupContext,
      authService,
      suite.signature,
    );
    if (flaw !== undefined) return undefined;
    return await applyUpdatePath(tree, leafIndex, path, suite.hash, external);
  } catch {
    return undefined;
  }
}

/**
 * The state with what came from the commit copied out of it. Decoded structures are views into the message, and a leaf that
 * changed would keep a whole commit (a megabyte in a large group) in memory for as long as it stays.
 */
function detached(next: ClientState, before: ClientState): ClientState {
  const { groupContext } = next;
  const extensions =
    groupContext.extensions === before.groupContext.extensions
      ? groupContext.extensions
      : groupContext.extensions.map((each) => ({ ...each, extensionData: each.extensionData.slice() }));
  return {
    ...next,
    ratchetTree: next.ratchetTree.map((node, i) =>
      node === undefined || node === before.ratchetTree[i] ? node : readNode(nodeBytes(node))!,
    ),
    groupContext: { ...groupContext, extensions },
    confirmationTag: next.confirmationTag.slice(),
  };
}

function sameTree(a: RatchetTree, b: RatchetTree): boolean {
  return (
    a.length === b.length &&
    a.every((node, i) => {
      const other = b[i];
      if (node === other) return true;
      return node !== undefined && other !== undefined && equalBytes(nodeBytes(node), nodeBytes(other));
    })
  );
}
