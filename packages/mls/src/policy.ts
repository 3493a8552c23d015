import { sha256 } from "@noble/hashes/sha2.js";
import {
  type AccountId,
  type CommitData,
  type ConversationExtension,
  type ConversationId,
  DEVICES_MAX,
  encodeConversationExtension,
  encodeRoster,
  equalBytes,
  hasOwner,
  isManager,
  KIND,
  LEAVES_MAX,
  mayByRule,
  mayChangeRole,
  mayStepDown,
  ROLE,
} from "@sotto/protocol";
import { isWellFormed } from "./context-extensions.ts";
import { sameIdentity } from "./identity.ts";
import type { ChainJudge } from "./judge.ts";
import type { Leaf } from "./leaf.ts";
import { isOpen, listedRole, mayBeInTree, rosterOfGroup } from "./roster.ts";

/** A group before a commit. */
export type GroupView = {
  conversation: ConversationId;
  epoch: bigint;
  extension: ConversationExtension;
  leaves: readonly Leaf[];
};

/** What a commit makes of a group, read from the staged result and not from what the committer says it does. */
export type Change = {
  /** Who made it: a leaf of the group before, or the leaf with which an external joiner enters. */
  committer: Leaf;
  /** An external commit (RFC 9420 §12.4.3.2): the committer enters by it. */
  external: boolean;
  /** Leaves of the Adds. */
  added: readonly Leaf[];
  /** Leaves of the Removes, as they stood before. */
  removed: readonly Leaf[];
  extension: ConversationExtension;
  leaves: readonly Leaf[];
  /** The commit's authenticated data. */
  data: CommitData;
  /** The roster that the delivery service was given. */
  roster: Uint8Array;
};

export type PolicyRefusal =
  | "roster-mismatch"
  | "unfit-list"
  | "kind-changed"
  | "too-many-leaves"
  | "too-many-devices"
  | "duplicate-device"
  | "not-listed"
  | "device-not-active"
  | "external-with-changes"
  | "external-remove"
  | "may-not-add"
  | "may-not-remove"
  | "may-not-change-list"
  | "may-not-change-policy";

export type Judgement = { kind: "allowed" } | { kind: "refused"; because: PolicyRefusal };

/**
 * For how many epochs a signed leave may justify a Remove. It names the epoch in which it was signed; without a bound it could
 * be replayed for ever against an account that was added again later.
 */
export const LEAVE_EPOCHS_MAX = 64n;

/** What holds in every epoch, however it came about. Undefined when all of it does. */
export function unsound(extension: ConversationExtension, leaves: readonly Leaf[]): PolicyRefusal | undefined {
  if (!isWellFormed(extension)) return "unfit-list";
  if (leaves.length > LEAVES_MAX) return "too-many-leaves";
  const devices = new Map<AccountId, Set<string>>();
  for (const { identity } of leaves) {
    if (!mayBeInTree(extension, identity.account)) return "not-listed";
    const own = devices.get(identity.account) ?? new Set();
    if (own.has(identity.device)) return "duplicate-device";
    devices.set(identity.account, own.add(identity.device));
    if (own.size > DEVICES_MAX) return "too-many-devices";
  }
  return undefined;
}

/**
 * May this commit take effect? The one function that decides the rights in a conversation (T04, T09, T14, T33, T34). Pure: a
 * function of the group before, the commit and the evidence that it carries, so every member answers alike.
 */
export function judgeCommit(before: GroupView, change: Change, judge: ChainJudge): Judgement {
  const because = refusal(before, change, judge);
  return because === undefined ? { kind: "allowed" } : { kind: "refused", because };
}

function refusal(before: GroupView, change: Change, judge: ChainJudge): PolicyRefusal | undefined {
  const roster = encodeRoster(rosterOfGroup(change.extension, change.leaves));
  if (!equalBytes(roster, change.roster) || !equalBytes(sha256(roster), change.data.rosterHash))
    return "roster-mismatch";
  if (change.extension.kind !== before.extension.kind) return "kind-changed";
  const flaw = unsound(change.extension, change.leaves);
  if (flaw !== undefined) return flaw;
  const entering = change.external ? [change.committer, ...change.added] : change.added;
  if (!entering.every((leaf) => judge.active(leaf.chain, leaf.identity, leaf.signatureKey))) return "device-not-active";
  return change.external ? externalRefusal(before, change) : memberRefusal(before, change, judge);
}

/** An external joiner brings itself and takes at most its own older leaf away. */
function externalRefusal(before: GroupView, change: Change): PolicyRefusal | undefined {
  if (change.added.length > 0 || !sameExtension(before.extension, change.extension)) return "external-with-changes";
  if (change.removed.length > 1) return "external-remove";
  if (!change.removed.every((leaf) => sameIdentity(leaf.identity, change.committer.identity))) return "external-remove";
  return undefined;
}

function memberRefusal(before: GroupView, change: Change, judge: ChainJudge): PolicyRefusal | undefined {
  const { account } = change.committer.identity;
  const isPair = before.extension.kind === KIND.direct;
  const { accounts } = before.extension;
  const by = { role: listedRole(before.extension, account), owned: hasOwner(accounts) };
  const mayAdd = mayByRule(before.extension.policy.add, by.role);

  const brings = (leaf: Leaf): boolean => {
    const newcomer = leaf.identity.account;
    if (newcomer === account || mayAdd) return true;
    // Who belongs already may enter with any device by itself, so anybody may open the door for it.
    return isOpen(before.extension)
      ? before.leaves.some(({ identity }) => identity.account === newcomer)
      : mayBeInTree(before.extension, newcomer);
  };
  if (!change.added.every(brings)) return "may-not-add";

  const left = (gone: AccountId): boolean => !isPair && hasLeft(before, change.data, gone, judge);
  const takes = (leaf: Leaf): boolean =>
    leaf.identity.account === account ||
    (!isPair && mayChangeRole(by, listedRole(before.extension, leaf.identity.account), undefined)) ||
    left(leaf.identity.account) ||
    change.data.evidence.some((each) => each.kind === "chain" && judge.revokes(each.statements, leaf.identity));
  if (!change.removed.every(takes)) return "may-not-remove";

  const old = new Map(accounts);
  const now = new Map(change.extension.accounts);
  for (const [listed, role] of now) {
    const was = old.get(listed);
    if (was === role) continue;
    const isAdded = was === undefined && role === ROLE.member && mayAdd;
    const isOwn = listed === account && mayStepDown(was, role);
    if (isPair || !(isAdded || isOwn || mayChangeRole(by, was, role))) return "may-not-change-list";
  }
  for (const [listed, was] of old) {
    if (now.has(listed)) continue;
    // In an open room who isn't listed is a member: another way to step down.
    const isOwn = listed === account && isOpen(before.extension) && mayStepDown(was, ROLE.member);
    if (isPair || !(isOwn || mayChangeRole(by, was, undefined) || left(listed))) return "may-not-change-list";
  }
  // What was said without a record of it is not to be recorded from some day on, nor the other way round: that is settled at the birth.
  if (change.extension.policy.history !== before.extension.policy.history) return "may-not-change-policy";
  const settings = { ...change.extension, accounts: before.extension.accounts };
  if (!sameExtension(before.extension, settings) && !isManager(by.role) && !isPair) return "may-not-change-policy";
  return undefined;
}

/** Has a device of the account signed that it leaves, lately, by a chain that the group already holds? */
function hasLeft(
  { conversation, epoch, leaves }: GroupView,
  data: CommitData,
  account: AccountId,
  judge: ChainJudge,
): boolean {
  const chains = leaves.filter(({ identity }) => identity.account === account).map(({ chain }) => chain);
  return data.evidence.some(
    (each) =>
      each.kind === "leave" &&
      chains.some((chain) => {
        const leave = judge.leaves(each.statement, conversation, chain);
        return leave?.account === account && leave.epoch <= epoch && epoch - leave.epoch <= LEAVE_EPOCHS_MAX;
      }),
  );
}

function sameExtension(a: ConversationExtension, b: ConversationExtension): boolean {
  return equalBytes(encodeConversationExtension(a), encodeConversationExtension(b));
}
