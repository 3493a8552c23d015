import { entryHash, sha256 } from "@sotto/crypto";
import { epoch, ownLeafIndex, seal, type GroupState } from "@sotto/mls";
import {
  ENTRY_KIND,
  KIND,
  SottoError,
  encodeEnvelope,
  encodePostData,
  equalBytes,
  pad,
  toBase64Url,
} from "@sotto/protocol";
import { showOwnProfile } from "../people/own-profile.ts";
import { acceptIfWritten } from "../requests/deciding.ts";
import { isCloned } from "../account/account-notices.ts";
import { isSenderArchived, archiveRecordsFor, storeArchiveRecords } from "../history/archive-records.ts";
import { commit, settlePendingCommit } from "./commit-flow.ts";
import { RefusedError } from "../connection.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { failureOf } from "../failure.ts";
import { saveConversation } from "./conversation-record.ts";
import { saveGroup } from "./group-store.ts";
import { failInOutbox, hasWords, nextToSend, rememberSent, removeFromOutbox, type OutboxRow } from "./outbox.ts";
import { closedConversation, isHeldBack } from "./may-send.ts";
import { epochDigest } from "./read-entry.ts";
import { isUnserved } from "./unserved.ts";
import { mayBeSent, mayNotPost } from "./rights.ts";
import { hasRevokedLeaf, tidy } from "./tidy.ts";
import { tellsGeneration } from "../sync/sync-posts.ts";
import { dropMark } from "../timeline/marks.ts";
import { settle } from "../timeline/take-post.ts";
import { hasLine, setPostState } from "../timeline/timeline.ts";

const RESEALS_MAX = 32;

/**
 * Sends what waits, in the order of typing, until nothing does or the connection is lost. Only inside the actor's exclusive
 * section. A post that the server refuses for good is marked failed with the reason and blocks none that follow.
 */
export async function sendPosts(actor: ConversationActor): Promise<void> {
  const { context, id } = actor;
  if (isUnserved(context.store, id)) return;
  acceptIfWritten(context, id);
  await settlePendingCommit(actor);
  if (nextToSend(context.store, id) !== undefined) await actor.readToEnd();
  showBeforeWords(actor);
  for (let resealed = 0; context.isOnline();) {
    const row = nextToSend(context.store, id);
    if (row === undefined) return;
    // A copy of this device is at work: what waits goes on waiting.
    if (isCloned(context.store)) return;
    const { record, group } = actor.live();
    if (record.state.kind === "joining") return;
    if (record.state.kind !== "open" || group === undefined) {
      fail(actor, row, new SottoError("conversation/left", "You aren't in this conversation any more."));
      continue;
    }
    const closed = closedConversation(context, record);
    if (closed !== undefined) {
      fail(actor, row, closed);
      continue;
    }
    // The rule may have come while it waited.
    if (!mayBeSent(record, context.account, row.content)) {
      fail(actor, row, mayNotPost());
      continue;
    }
    // What waits goes on waiting, and nothing is encrypted to anybody, until the person has decided.
    if (isHeldBack(context, record)) return;
    // What own devices tell each other, keys of the archive among it, is for none that was ended.
    if (record.kind === KIND.self && hasRevokedLeaf(context, group)) {
      await tidy(actor, { leavers: false });
      continue;
    }
    // A newcomer re-keys before its first post: the Welcome's key material was made by somebody else.
    if (record.needsRekey) {
      await commit(actor, () => (actor.live().record.needsRekey ? {} : undefined));
      clearRekey(actor);
      continue;
    }
    // Others may hold this device's key of the epoch under an older generation by now: a new one is told where it has said nothing yet.
    if (record.kind === KIND.self && tellsGeneration(row.content) && hasSpoken(actor)) {
      await commit(actor, () => (hasSpoken(actor) ? {} : undefined));
      continue;
    }
    try {
      await sendOne(actor, group, row);
      resealed = 0;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.code === "conversation/stale-epoch" && resealed < RESEALS_MAX) {
        resealed++;
        await actor.catchUp();
      } else if (error.remedy.kind === "retry") {
        throw error;
      } else {
        fail(actor, row, error);
      }
    }
  }
}

/** Who is about to read what a person has written sees first how they show themselves. */
function showBeforeWords(actor: ConversationActor): void {
  const { context, id } = actor;
  const { record } = actor.live();
  if (record.state.kind !== "open" || isHeldBack(context, record) || !hasWords(context.store, id)) return;
  showOwnProfile(context, record);
}

async function sendOne(actor: ConversationActor, group: GroupState, row: OutboxRow): Promise<void> {
  const { context, id } = actor;
  const live = actor.live();
  const counter = live.record.counter + 1;
  const data = encodePostData({
    context: {
      counter,
      seq: live.record.cursor,
      head: live.record.head,
      epochDigest: epochDigest(group),
      time: row.at,
      name: context.displayName(),
    },
    content: row.content,
  });
  const records = archiveRecordsFor(context, live, group, ownLeafIndex(group));
  const padded = pad(data);
  const sealed = await seal(group, padded);
  const envelope = encodeEnvelope({
    kind: ENTRY_KIND.application,
    seen: live.record.latestCommit,
    applied: live.record.applied,
    body: sealed.sealed,
  });
  const hash = entryHash(envelope);
  const record = { ...live.record, counter };
  // The key is spent on disk before its ciphertext leaves.
  context.store.transaction(() => {
    saveGroup(context.store, id, group, sealed.next);
    rememberSent(context.store, id, toBase64Url(hash), row.send);
    rememberSent(context.store, id, toBase64Url(sha256(padded)), row.send);
    storeArchiveRecords(context, id, records);
    saveConversation(context.store, record);
  });
  actor.replace({ ...live, record, group: sealed.next });
  const accepted = await context.online().submit(id, row.send, envelope);
  if (!equalBytes(accepted.hash, hash)) {
    // An earlier sealing of the same post was stored; its echo settles it. Anything else shows when the log is read.
    context.ports.log("info", "post/earlier-sealing-stored", { conversation: id, seq: accepted.seq });
  }
  context.store.transaction(() => {
    const post = removeFromOutbox(context.store, id, row.send);
    if (post !== null) settle(context, id, post, accepted.seq);
  });
  context.emit({ kind: "timeline", conversation: id });
}

/** Has this device sealed anything in this epoch? Its key is kept for the archive before the first time. */
function hasSpoken(actor: ConversationActor): boolean {
  const { group } = actor.live();
  if (group === undefined) return false;
  return isSenderArchived(actor.context, actor.id, { epoch: epoch(group), leaf: ownLeafIndex(group) });
}

function clearRekey(actor: ConversationActor): void {
  const live = actor.live();
  const record = { ...live.record, needsRekey: false, rekeyedAt: actor.context.ports.clock.now() };
  actor.context.store.transaction(() => saveConversation(actor.context.store, record));
  actor.replace({ ...live, record });
}

function fail(actor: ConversationActor, row: OutboxRow, error: SottoError): void {
  const { context, id } = actor;
  const failure = failureOf(error);
  if (actor.live().record.kind === KIND.self) return tellAgain(actor, row, failure.code);
  context.store.transaction(() => {
    // What was to be done to another post simply isn't: nobody could try that again, since nothing of it is shown.
    if (row.post !== null && !hasLine(context.store, id, row.post)) {
      removeFromOutbox(context.store, id, row.send);
      dropMark(context.store, context.account, id, row.post);
      return;
    }
    failInOutbox(context.store, id, row.send, failure);
    if (row.post !== null) setPostState(context.store, id, row.post, { kind: "failed", failure });
  });
  context.emit({ kind: "timeline", conversation: id });
}

/** Nobody sees a post to one's own devices, so nobody could try it again: what it said waits in the map instead. */
function tellAgain({ context, id }: ConversationActor, row: OutboxRow, code: string): void {
  context.ports.log("warn", "sync/not-sent", { conversation: id, code });
  context.store.transaction(() => {
    removeFromOutbox(context.store, id, row.send);
    context.sync.tellAll();
  });
}
