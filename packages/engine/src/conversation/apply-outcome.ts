import { postIdOfBytes, shownOf } from "./content.ts";
import { KIND, ROLE, equalBytes, type AccountId, type ConversationId, type Policy, type PostId } from "@sotto/protocol";
import type { LeafIdentity } from "@sotto/mls";
import type { Context } from "../context.ts";
import type { Store } from "../ports.ts";
import { checkedAt, dropGroup, headAt, type ConversationRecord, type StoredState } from "./conversation-record.ts";
import type { KeysPost } from "../history/keys-post.ts";
import { removeFromOutbox } from "./outbox.ts";
import { applyProfileChange, heardProfile, isAgreedProfile } from "./profile.ts";
import type { Change, Outcome } from "./read-entry.ts";
import { receiveSync, saveSelfState } from "../sync/sync-posts.ts";
import { isFromRevoked } from "../people/revoked.ts";
import type { StoredLine } from "../timeline/stored-line.ts";
import { dropWaitingMarks } from "../timeline/marks.ts";
import { hearInvite } from "../invites/told-invites.ts";
import { hearName, takeSaid } from "../requests/heard.ts";
import { isRequest } from "../requests/requests.ts";
import { settle, takePost } from "../timeline/take-post.ts";
import { insertLines, isShownAt, orderOf, rememberPost } from "../timeline/timeline.ts";

/** What the rest of the engine does after the transaction: notices to shells and work that a commit makes necessary. */
export type Effects = {
  arrived: PostId[];
  membersChanged: boolean;
  /** Accounts whose devices came in by a commit that this device didn't make: somebody is to tell them what the group is called. */
  newcomers: AccountId[];
  /** Somebody else has said what the group is called. */
  profileSaid: boolean;
  /** A commit of our epoch was skipped: what the server hands to newcomers leads nowhere until another commit follows. */
  skippedCommit: boolean;
  /** Asking for keys of past epochs, and giving them. */
  keys: KeysPost[];
  /** Keys that another own device changed. */
  synced: string[];
};

export const noEffects = (): Effects => ({
  arrived: [],
  membersChanged: false,
  newcomers: [],
  profileSaid: false,
  skippedCommit: false,
  keys: [],
  synced: [],
});

/**
 * Writes what a batch of outcomes means. Runs inside the one transaction that also holds the new group state and the cursor.
 * @returns the conversation's row as it is after the batch.
 */
export function applyOutcomes(
  context: Context,
  record: ConversationRecord,
  outcomes: readonly Outcome[],
  effects: Effects,
): ConversationRecord {
  let current = record;
  for (const outcome of outcomes) {
    context.store.run("insert or replace into log (conversation, seq, head, hash) values (?, ?, ?, ?)", [
      current.id,
      outcome.seq,
      outcome.head,
      outcome.hash,
    ]);
    current = applyOutcome(context, current, outcome, effects);
    current = { ...current, acceptedFloor: Math.max(current.acceptedFloor, outcome.at) };
  }
  return current;
}

function applyOutcome(
  context: Context,
  record: ConversationRecord,
  outcome: Outcome,
  effects: Effects,
): ConversationRecord {
  const { store } = context;
  // What one's own devices say to each other has no lines.
  const line = (...lines: StoredLine[]) =>
    record.kind === KIND.self ? undefined : insertLines(store, record.id, outcome.seq, outcome.at, lines);
  switch (outcome.kind) {
    case "unread":
      return record;
    case "own-post": {
      const post = removeFromOutbox(store, record.id, outcome.send);
      // Without a row the acceptance arrived before the echo and has settled it.
      if (post !== null) settle(context, record.id, post, outcome.seq);
      // Something happened here if something is shown: a reaction moves no conversation to the top.
      return isShownAt(store, record.id, outcome.seq)
        ? { ...record, activeAt: Math.max(record.activeAt, outcome.at) }
        : record;
    }
    case "post":
      return applyPost(context, record, outcome, effects);
    case "commit":
      return applyCommit(context, record, outcome, effects, line);
    case "removed":
      dropGroup(store, record.id);
      dropWaitingMarks(store, context.account, record.id);
      line({ kind: "removed", by: outcome.by.account, people: [context.account] });
      effects.membersChanged = true;
      return {
        ...record,
        state: { kind: "left", because: "removed" },
        activeAt: Math.max(record.activeAt, outcome.at),
      };
    case "refused":
      context.ports.log("warn", "entry/refused", {
        conversation: record.id,
        seq: outcome.seq,
        because: outcome.because,
        detail: outcome.detail,
      });
      line({ kind: "unreadable", because: outcome.because === "quarantined" ? "quarantined" : "refused" });
      if (outcome.because === "policy") effects.skippedCommit = true;
      return record;
    case "stop": {
      context.ports.log("error", "conversation/stopped", {
        conversation: record.id,
        seq: outcome.seq,
        because: outcome.because,
        detail: outcome.detail,
      });
      const code = outcome.because === "clone" ? "conversation/clone" : "conversation/frozen";
      return { ...record, state: { kind: "stopped", because: outcome.because, code } };
    }
  }
}

/** @returns false where the counter was as far, or further */
function growCounter(
  store: Store,
  conversation: ConversationId,
  { account, device }: LeafIdentity,
  counter: number,
): boolean {
  return (
    store.all(
      `insert into counters (conversation, account, device, counter) values (?, ?, ?, ?)
        on conflict (conversation, account, device) do update set counter = excluded.counter where excluded.counter > counter
        returning 1 as grown`,
      [conversation, account, device, counter],
    ).length > 0
  );
}

function applyPost(
  context: Context,
  record: ConversationRecord,
  outcome: Extract<Outcome, { kind: "post" }>,
  effects: Effects,
): ConversationRecord {
  const { store, people } = context;
  const { sender, data } = outcome;
  const { account, device } = sender;
  const own = account === context.account;
  const post = postIdOfBytes(data.content, account, record.id);
  // A sender's counter only grows, and an id is taken once for ever: what MLS decrypts twice is shown once.
  const isOld = post !== undefined && !growCounter(store, record.id, sender, data.context.counter);
  // Of one's own devices' posts none is kept: the older of two values never counts, however often it comes.
  const replayed = post === undefined || isOld || (record.kind !== KIND.self && !rememberPost(store, record.id, post));
  if (replayed) {
    insertLines(store, record.id, outcome.seq, outcome.at, [{ kind: "unreadable", because: "refused" }]);
    context.ports.log("warn", "post/refused", { conversation: record.id, seq: outcome.seq });
    return record;
  }
  const judged = judgeContext(context, record, outcome);
  // After the context was judged: a lie about the log counts, whoever tells it.
  const arrival = () => ({
    acceptedAt: outcome.at,
    acceptedFloor: record.acceptedFloor,
    checkedAt: checkedAt(store, record.id),
    noticedAt: people.noticedEnd(account, device),
  });
  if (isFromRevoked(people.chain(account), device, arrival)) {
    insertLines(store, record.id, outcome.seq, outcome.at, [{ kind: "unreadable", because: "revoked-device" }]);
    context.ports.log("warn", "post/revoked-device", { conversation: record.id, seq: outcome.seq });
    return judged;
  }
  // A device that has just come doesn't know yet how its person is called, and says nothing: what others know stays.
  if (data.context.name !== null) hearName(context, record, account, data.context.name);
  if (record.kind === KIND.self) {
    if (own) effects.synced.push(...receiveSync(context, record.id, data.content));
    return judged;
  }
  const content = shownOf(data.content);
  let next = judged;
  if (content.kind === "between-devices") {
    if (content.what === "keys-request" || content.what === "keys-answer")
      effects.keys.push({ what: content.what, post, sender, bytes: content.bytes, at: outcome.at });
    else if (content.what === "invite") {
      const told = { sender: account, standing: outcome.standing, bytes: content.bytes };
      insertLines(store, record.id, outcome.seq, outcome.at, hearInvite(context, record, told));
    } else {
      const { seq } = outcome;
      takeSaid(context, record, { what: content.what, account, bytes: content.bytes, at: data.context.time, seq });
    }
    return judged;
  }
  if (content.kind === "profile") {
    const heard = heardProfile(store, judged, content.bytes);
    insertLines(store, record.id, outcome.seq, outcome.at, heard.lines);
    next = heard.record;
    if (isAgreedProfile(judged, content.bytes)) effects.profileSaid = true;
    return { ...next, activeAt: Math.max(next.activeAt, outcome.at) };
  }
  const taken = takePost(
    context,
    {
      conversation: record.id,
      order: orderOf(outcome.seq),
      seq: outcome.seq,
      at: data.context.time,
      post,
      sender: account,
      content: data.content,
      standing: outcome.standing,
      state: { kind: "received" },
    },
    content,
  );
  if (taken === "refused") {
    insertLines(store, record.id, outcome.seq, outcome.at, [{ kind: "unreadable", because: "refused" }]);
    context.ports.log("warn", "post/against-the-rules", { conversation: record.id, seq: outcome.seq });
  }
  if (taken === "news" && people.trust(account) !== "blocked" && !isRequest(context, record))
    effects.arrived.push(post);
  const isActivity = taken === "news" || (taken === "line" && own);
  return isActivity ? { ...judged, activeAt: Math.max(judged.activeAt, outcome.at) } : judged;
}

/**
 * Holds the log that a sender claims to have seen against our own (T21, T24). Sending stops if our own other
 * device, the only other account or two different accounts contradict our log; else the contradiction is shown, with who claims it.
 */
function judgeContext(
  context: Context,
  record: ConversationRecord,
  outcome: Extract<Outcome, { kind: "post" }>,
): ConversationRecord {
  const { store } = context;
  const claimed = outcome.data.context;
  const ours = claimed.seq === 0 ? undefined : headAt(store, record.id, claimed.seq);
  const impossible = claimed.seq >= outcome.seq;
  const contradicts = impossible || !outcome.epochMatches || (ours !== undefined && !equalBytes(ours, claimed.head));
  if (!contradicts) return record;
  const claimant = outcome.sender.account;
  insertLines(store, record.id, outcome.seq, outcome.at, [
    { kind: "alarm", alarm: impossible ? "gap" : "fork", claimedBy: claimant },
  ]);
  context.ports.log("error", "conversation/fork", { conversation: record.id, seq: outcome.seq, claimed: claimed.seq });
  store.run("insert or ignore into claims (conversation, account) values (?, ?)", [record.id, claimant]);
  const claimants = store.all("select account from claims where conversation = ?", [record.id]).length;
  const others = record.members.filter((member) => member.account !== context.account);
  const stops =
    claimant === context.account || (others.length === 1 && others[0]?.account === claimant) || claimants >= 2;
  return stops ? { ...record, state: { kind: "stopped", because: "fork", code: "conversation/fork" } } : record;
}

function applyCommit(
  context: Context,
  record: ConversationRecord,
  outcome: Extract<Outcome, { kind: "commit" }>,
  effects: Effects,
  line: (...lines: StoredLine[]) => void,
): ConversationRecord {
  const { change } = outcome;
  const state: StoredState =
    record.state.kind === "joining" || record.state.kind === "left" ? { kind: "open" } : record.state;
  const { profileHash } = change.after.summary;
  const isRenamed = change.before.summary.profileHash !== profileHash && !(outcome.own && change.external);
  const named = { ...record, profileHash };
  const renamed = isRenamed
    ? applyProfileChange(context, named, { by: change.committer.account, own: outcome.own })
    : { record: named, lines: [] };
  const lines = [...linesOf(context, record, change, outcome.own && change.external), ...renamed.lines];
  line(...lines);
  // Whoever made it knows all of it; who entered, or entered anew, reads what was said meanwhile.
  if (record.kind === KIND.self && outcome.own && change.external)
    saveSelfState(context, record.id, { since: 0, whole: outcome.seq === 1 });
  effects.membersChanged = true;
  if (!outcome.own) effects.newcomers.push(...change.added.map((leaf) => leaf.account));
  // Who enters by itself finds in its account's archive what the conversation is called, if there is one.
  if (!outcome.own && change.external && change.after.summary.policy.history === "device-only")
    effects.newcomers.push(change.committer.account);
  // A commit of our own with a path is a re-key. One that only adds has none, but then this device was here before.
  const shown = lines.length > 0 ? Math.max(record.activeAt, outcome.at) : record.activeAt;
  return {
    ...renamed.record,
    state,
    activeAt: shown,
    needsRekey: outcome.own ? false : record.needsRekey,
    rekeyedAt: outcome.own ? context.ports.clock.now() : record.rekeyedAt,
  };
}

function linesOf(context: Context, record: ConversationRecord, change: Change, entered: boolean): StoredLine[] {
  const by = change.committer.account;
  if (entered) {
    if (record.createdHere) return [{ kind: "created", by }];
    return record.kind === KIND.room &&
      !change.after.leaves.some((leaf) => leaf.account === by && leaf.device !== context.device)
      ? [{ kind: "joined", by }]
      : // Everything before is in the archive, unless nobody keeps one.
        change.after.summary.policy.history === "device-only"
        ? [{ kind: "joined-here", because: "signed-in-here" }]
        : [];
  }
  const before = new Map(change.before.summary.members.map((member) => [member.account, member.role]));
  const after = new Map(change.after.summary.members.map((member) => [member.account, member.role]));
  const came = [...after.keys()].filter((account) => !before.has(account));
  const went = [...before.keys()].filter((account) => !after.has(account));
  const lines: StoredLine[] = [];
  if (change.external && came.includes(by)) lines.push({ kind: "joined", by });
  else if (came.length > 0) lines.push({ kind: "added", by, people: came });
  const wasBanned = new Set(change.before.summary.banned);
  const isBanned = new Set(change.after.summary.banned);
  const left = went.filter((account) => change.leavers.includes(account) || account === by);
  const removed = went.filter((account) => !left.includes(account) && !isBanned.has(account));
  if (left.length > 0) lines.push({ kind: "left", people: left });
  if (removed.length > 0) lines.push({ kind: "removed", by, people: removed });
  for (const person of isBanned)
    if (!wasBanned.has(person)) lines.push({ kind: "role", by, person, role: ROLE.banned });
  for (const person of wasBanned)
    if (!isBanned.has(person) && !after.has(person)) lines.push({ kind: "unbanned", by, person });
  for (const [person, role] of after) {
    const old = before.get(person);
    if (old !== undefined && old !== role) lines.push({ kind: "role", by, person, role });
  }
  const newDevices = new Set(change.added.map((leaf) => leaf.account).filter((account) => before.has(account)));
  // A device that enters by itself, beside one that is here. One that enters anew was here before.
  const others = change.before.leaves.filter((leaf) => leaf.account === by);
  if (change.external && others.length > 0 && !others.some((leaf) => leaf.device === change.committer.device))
    newDevices.add(by);
  for (const account of newDevices) if (account !== context.account) lines.push({ kind: "device-added", by: account });
  lines.push(...ruleLines(by, change.before.summary.policy, change.after.summary.policy));
  return lines;
}

/** A line for each rule that is another. */
function ruleLines(by: AccountId, before: Policy, after: Policy): StoredLine[] {
  const lines: StoredLine[] = [];
  for (const rule of ["add", "post", "pin", "mentionAll"] as const)
    if (before[rule] !== after[rule]) lines.push({ kind: "rule", by, rule: { rule, who: after[rule] } });
  if (before.timerSeconds !== after.timerSeconds)
    lines.push({ kind: "rule", by, rule: { rule: "timerSeconds", seconds: after.timerSeconds } });
  return lines;
}
