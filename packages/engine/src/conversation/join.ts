import { logHeadExtension, readLogHead, roomNameHash } from "@sotto/crypto";
import {
  conversationOf,
  createExternalCommit,
  extensionOf,
  joinByWelcome,
  members,
  peekGroupInfo,
  welcomeReferences,
  type GroupState,
} from "@sotto/mls";
import {
  KIND,
  MEMBERS_MAY,
  ROLE,
  SottoError,
  equalBytes,
  toHex,
  type AccountId,
  type ConversationId,
  type ConversationKind,
  type Result,
  type RoomName,
} from "@sotto/protocol";
import { assertNotCloned } from "../clone-guard.ts";
import { bundleOf, rememberPending, settlePendingCommit } from "./commit-flow.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { headAt, loadConversation, saveConversation, type ConversationRecord } from "./conversation-record.ts";
import { saveGroup } from "./group-store.ts";
import { learnFromGroup } from "../people/learn-leaves.ts";
import { dropPendingCommit } from "./pending-commit.ts";
import { settleIfKnown } from "../requests/deciding.ts";
import { SYNC } from "../sync/sync-state.ts";
import { rollOf } from "./roll.ts";
import { bytesOf, numberOf, textOf } from "../rows.ts";
import { insertLines } from "../timeline/timeline.ts";

/** Entries up to here are only hashed: what happens while a join waits for its place in the log. */
const NOT_YET = Number.MAX_SAFE_INTEGER;

type Item = Result<"inbox.page">["items"][number];

const EMPTY_HEAD = new Uint8Array(32);

export function newRecord(
  id: ConversationId,
  kind: ConversationKind,
  room: RoomName | null,
  now: number,
): ConversationRecord {
  return {
    id,
    kind,
    room,
    name: null,
    state: { kind: "joining" },
    cursor: 0,
    head: EMPTY_HEAD,
    joinedSeq: NOT_YET,
    latestCommit: 0,
    applied: 0,
    counter: 0,
    rekeyedAt: now,
    needsRekey: false,
    rejoinedAt: 0,
    activeAt: now,
    acceptedFloor: 0,
    profile: null,
    members: [],
    banned: [],
    hasOwner: false,
    policy: { add: "admins", ...MEMBERS_MAY, join: "closed", history: "archive", timerSeconds: 0 },
    profileHash: null,
    createdHere: false,
    askedFor: false,
  };
}

/**
 * Enters a conversation by a Welcome from the inbox. What a person reads begins after the commit that added this device; the
 * log from the head that its author had signed up to there is hashed, so that the server can't cut anything out.
 * @returns false when the Welcome isn't for a key package of ours any more, or doesn't hold: it is dropped.
 */
export async function joinWelcome(context: Context, actor: ConversationActor, item: Item): Promise<boolean> {
  // Removed and added again while this device was away: the log tells of the removal before the Welcome makes sense.
  const before = loadConversation(context.store, item.conversation);
  if (before?.state.kind === "open" && before.joinedSeq !== NOT_YET && before.cursor < item.seq) await actor.catchUp();
  // An external commit under way may be in the log by now: it took the leaf away that this Welcome is for.
  if (before?.state.kind === "joining") await settlePendingCommit(actor);
  const known = loadConversation(context.store, item.conversation);
  if (known !== undefined && known.state.kind !== "left" && known.joinedSeq !== NOT_YET) return false;
  const row = (welcomeReferences(item.welcome) ?? [])
    .map((candidate) => context.store.all("select * from key_packages where reference = ?", [toHex(candidate)])[0])
    .find((candidate) => candidate !== undefined);
  if (row === undefined) return false;
  const { treeChunks } = await context
    .online()
    .request("conversation.tree", { conversation: item.conversation, seq: item.seq });
  const joined = await joinByWelcome({
    provider: context.ports.provider,
    welcome: item.welcome,
    publicBytes: bytesOf(row, "public_bytes"),
    privateBytes: bytesOf(row, "private_bytes"),
    leafKey: context.leafKey,
    treeChunks,
    judge: context.judge,
  });
  if (joined.kind === "refused") {
    context.ports.log("warn", "welcome/refused", { conversation: item.conversation, because: joined.because });
    return false;
  }
  const head = readLogHead(joined.logHead);
  const extension = extensionOf(joined.next);
  if (
    head === undefined ||
    head.seq >= item.seq ||
    extension.kind !== item.kind ||
    conversationOf(joined.next) !== item.conversation
  )
    return false;
  const now = context.ports.clock.now();
  const roll = rollOf(joined.next);
  const starter = joined.signer.identity.account;
  noteStarter(context, item.conversation, starter);
  // It stays on the server's list, and is looked at should the person change their mind.
  if (context.people.trust(starter) === "blocked" && context.sync.get(SYNC.accepted(item.conversation)) !== true) {
    context.ports.log("info", "welcome/blocked", { conversation: item.conversation });
    return false;
  }
  const record: ConversationRecord = {
    ...(known ?? newRecord(item.conversation, item.kind, roomNameOf(item, extension.profileHash), now)),
    ...roll.summary,
    state: { kind: "open" },
    cursor: head.seq,
    head: head.head,
    joinedSeq: item.seq,
    latestCommit: item.seq,
    applied: item.seq,
    needsRekey: true,
    rekeyedAt: now,
    activeAt: now,
  };
  context.store.transaction(() => {
    saveConversation(context.store, record);
    dropPendingCommit(context.store, item.conversation);
    saveGroup(context.store, item.conversation, undefined, joined.next);
    learnFromGroup(context, joined.next);
    if (numberOf(row, "last_resort") === 0)
      context.store.run("delete from key_packages where reference = ?", [textOf(row, "reference")]);
    settleIfKnown(context, record);
    // Between two people nothing came before.
    if (item.kind !== KIND.direct)
      insertLines(context.store, item.conversation, item.seq, now, [{ kind: "joined-here", because: "added" }]);
  });
  actor.replace({ record, group: joined.next, pending: undefined });
  await actor.catchUp();
  return true;
}

/** Remembered from the first time: who brought the account here, not who brought it back. */
function noteStarter({ store }: Context, conversation: ConversationId, account: AccountId): void {
  store.run("insert or ignore into starters (conversation, account) values (?, ?)", [conversation, account]);
}

/**
 * What is to be seen of a conversation without entering it: who is in it, as the state says that the server holds. Nobody notices.
 * Only inside the actor's exclusive section.
 */
export async function lookIn(context: Context, actor: ConversationActor): Promise<void> {
  const { record } = actor.live();
  if (record.members.length > 0) return;
  const info = await context.online().request("conversation.group-info", { conversation: actor.id });
  const made = await createExternalCommit({
    provider: context.ports.provider,
    groupInfo: info.groupInfo,
    treeChunks: info.treeChunks,
    identity: { account: context.account, device: context.device },
    leafKey: context.leafKey,
    chain: context.ownChain(),
    conversation: actor.id,
    judge: context.judge,
    logHead: logHeadExtension(0, EMPTY_HEAD),
  });
  if (made.kind === "refused" || !mayEnter(context, made.next, record)) return;
  const next = { ...record, ...rollOf(made.next).summary, activeAt: context.ports.clock.now() };
  context.store.transaction(() => saveConversation(context.store, next));
  actor.replace({ ...actor.live(), record: next });
}

/** A room's name is public and agreed: the group's profile hash is the hash of that name. What doesn't match isn't shown. */
export function roomNameOf(
  item: { kind: ConversationKind; room: RoomName | null },
  profileHash: Uint8Array | null,
): RoomName | null {
  if (item.kind !== KIND.room || item.room === null || profileHash === null) return null;
  return toHex(roomNameHash(item.room)) === toHex(profileHash) ? item.room : null;
}

/**
 * Enters by external commit: one's own new device, an open room, or a state that can't be followed any more. Only inside the
 * actor's exclusive section. @throws SottoError when the server refuses or what it serves doesn't hold
 */
export async function joinExternally(context: Context, actor: ConversationActor): Promise<void> {
  assertNotCloned(context);
  for (let attempt = 0; attempt < 8; attempt++) {
    if ((await settlePendingCommit(actor)) === "accepted") return;
    const { record } = actor.live();
    const info = await context.online().request("conversation.group-info", { conversation: actor.id });
    const peeked = peekGroupInfo(info.groupInfo);
    const claimed = peeked === undefined ? undefined : readLogHead(peeked.logHead);
    if (claimed === undefined || claimed.seq >= info.applied) throw untrue("malformed");
    const start = record.cursor > 0 ? record : { ...record, cursor: claimed.seq, head: claimed.head };
    const made = await createExternalCommit({
      provider: context.ports.provider,
      groupInfo: info.groupInfo,
      treeChunks: info.treeChunks,
      identity: { account: context.account, device: context.device },
      leafKey: context.leafKey,
      chain: context.ownChain(),
      conversation: actor.id,
      judge: context.judge,
      logHead: logHeadExtension(start.cursor, start.head),
    });
    if (made.kind === "refused") throw untrue(made.because);
    // The head that the signer of this state had seen must be the one that we saw there (T03).
    const ours = headAt(context.store, actor.id, claimed.seq);
    if (ours !== undefined && !equalBytes(ours, claimed.head)) throw untrue("another log");
    if (!mayEnter(context, made.next, record)) throw untrue("not a member");
    const room = roomNameOf({ kind: record.kind, room: record.room }, extensionOf(made.next).profileHash);
    const next: ConversationRecord = { ...start, room, state: { kind: "joining" }, joinedSeq: NOT_YET };
    context.store.transaction(() => saveConversation(context.store, next));
    actor.replace({ record: next, group: undefined, pending: undefined });
    const bundle = bundleOf(
      context.ports.random,
      { ...made, welcome: undefined, added: [], seen: info.latestCommit, applied: info.applied },
      undefined,
    );
    rememberPending(
      actor,
      { operation: "conversation.commit", parameters: { conversation: actor.id, bundle } },
      made.next,
    );
  }
  throw new SottoError("request/too-many", "Others changed this conversation at the same time, again and again.", {
    kind: "retry",
    afterMs: 5_000,
  });
}

const untrue = (because: string): SottoError =>
  new SottoError(
    "conversation/bundle-invalid",
    `What the server holds of this conversation doesn't verify (${because}).`,
  );

/** Nobody is pulled into a conversation by a server's list: the account is listed, has another device there, or the person asked. */
function mayEnter(context: Context, next: GroupState, record: ConversationRecord): boolean {
  const extension = extensionOf(next);
  if (extension.kind !== record.kind) return false;
  if (extension.accounts.some(([account, role]) => account === context.account && role !== ROLE.banned)) return true;
  const ownLeaves = members(next).filter(({ identity }) => identity.account === context.account).length;
  return extension.kind === KIND.room && (record.askedFor || ownLeaves > 1);
}
