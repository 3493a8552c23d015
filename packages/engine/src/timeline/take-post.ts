import { mayByRule, type AccountId, type ConversationId, type PostId, type Seq, type Told } from "@sotto/protocol";
import type { PostState } from "../api.ts";
import type { Shown } from "../conversation/content.ts";
import type { Context } from "../context.ts";
import { loadConversation } from "../conversation/conversation-record.ts";
import { RIGHT, rightsOf, type Standing } from "../conversation/standing.ts";
import { extraJson } from "../posts/extras.ts";
import { isPinnedMore, sharePins } from "../posts/pin-marks.ts";
import { isRequest } from "../requests/requests.ts";
import { SYNC } from "../sync/sync-state.ts";
import {
  addMark,
  voidForeignMarks,
  eraseGone,
  foldOf,
  forgetPost,
  hasMarks,
  isSettled,
  mentions,
  refold,
  settleMark,
} from "./marks.ts";
import { NOTHING_FOLDED } from "./fold-marks.ts";
import { insertLines, insertPost, orderOf, settlePost } from "./timeline.ts";

/** A post whose author, place and novelty are proven, from wherever it was read. */
export type Arrived = {
  conversation: ConversationId;
  /** Its place: of the entry, or behind everything while it waits to be sent. */
  order: number;
  seq: Seq | null;
  /** ms: its author's signed time. */
  at: number;
  post: PostId;
  sender: AccountId;
  content: Uint8Array;
  standing: Standing;
  state: PostState;
};

/** What becomes of a post: a line that is news to the person, a line that isn't, nothing of its own, or it is refused by the rules. */
export type Taken = "news" | "line" | "mark" | "refused";

/**
 * Takes a post to its place: as a line of the timeline or as a mark on another one. The same for what arrives, what is read in the history and
 * what is written here. Inside a transaction.
 */
export function takePost(
  context: Context,
  arrived: Arrived,
  shown: Extract<Shown, { kind: "text" | "unsupported" | "mark" }>,
): Taken {
  const { store, account: me } = context;
  const { conversation, order, at, post, sender, standing } = arrived;
  const rights = rightsOf(standing);
  if (shown.kind === "mark") {
    if (shown.mark.kind === "edit" && !mayWrite(standing)) return "refused";
    addMark(store, me, { conversation, order }, { account: sender, post, at, rights }, shown.mark);
    if (shown.mark.kind === "pins" && arrived.seq !== null) notePins(context, { ...arrived, seq: arrived.seq }, rights);
    return "mark";
  }
  if (!mayWrite(standing)) return "refused";
  const { told } = shown;
  const own = sender === me;
  const text = shown.kind === "text" ? shown.text : null;
  const now = context.ports.clock.now();
  const expiresAt = expiryOf(told, Math.min(at, now), standing.policy.timerSeconds);
  // Hardly any post is older here than what was done to it.
  const isMarked = hasMarks(store, conversation, post);
  const { deletion, edit } = isMarked ? foldOf(store, conversation, post, sender) : NOTHING_FOLDED;
  const isErased = arrived.seq !== null && isSettled(deletion);
  const isGone =
    arrived.seq !== null &&
    ((expiresAt !== null && expiresAt <= now) || context.sync.get(SYNC.gone(conversation, post)) !== undefined);
  const isEmpty = isErased || isGone;
  if (isMarked) voidForeignMarks(store, conversation, arrived);
  const isMentioned = !own && mentions(me, conversation, text, rights);
  insertPost(store, {
    conversation,
    order,
    seq: arrived.seq,
    at,
    post,
    sender,
    own,
    text: isEmpty ? null : text,
    content: isEmpty ? null : arrived.content,
    state: arrived.state,
    replyTo: isEmpty ? null : told.inReplyTo,
    thread: told.thread,
    forwarded: told.forwarded,
    mentions: isMentioned && !isEmpty,
    expiresAt,
    extra: isEmpty || shown.kind !== "text" ? null : extraJson(shown.poll, shown.preview),
  });
  if (isGone) forgetPost(store, conversation, post);
  else if (deletion !== null || edit !== null) refold(store, me, conversation, post);
  const isNews =
    !isEmpty && !own && (told.thread === null || isMentioned || takesPart(context, conversation, told.thread));
  return isNews ? "news" : "line";
}

/** Says in the timeline that something was pinned or taken down, and tells the own devices. */
function notePins(
  context: Pick<Context, "store" | "sync" | "people" | "account">,
  { conversation, seq, at, sender }: Pick<Arrived, "conversation" | "at" | "sender"> & { seq: Seq },
  rights: number,
): void {
  if ((rights & RIGHT.pin) === 0) return;
  const pinned = isPinnedMore(context.store, conversation, orderOf(seq));
  insertLines(context.store, conversation, seq, at, [{ kind: "pin", by: sender, pinned }]);
  const record = loadConversation(context.store, conversation);
  // What strangers say moves nothing, not even among one's own devices (T87).
  if (record === undefined || isRequest(context, record)) return;
  sharePins(context, conversation);
}

/** Where only some may write, what others write counts for nobody. Reactions are open to all. */
const mayWrite = ({ policy, role }: Standing): boolean => mayByRule(policy.post, role);

/**
 * When a post is over, ms; null for never. The conversation's timer holds for every post in it, whatever its author's client says; a post may
 * only be over earlier.
 * @param begun ms: when it was written, and never later than it was read: who calls it a later time doesn't make it stay (T47)
 */
export function expiryOf({ expires }: Pick<Told, "expires">, begun: number, timerSeconds: number): number | null {
  const own = expires === null ? Infinity : expires.seconds * 1000 + (expires.relative ? begun : 0);
  const timed = timerSeconds === 0 ? Infinity : begun + timerSeconds * 1000;
  const first = Math.min(own, timed);
  return Number.isFinite(first) ? first : null;
}

/** Does the person take part in a thread: wrote in it, or what it is about? */
export function takesPart({ store }: Pick<Context, "store">, conversation: ConversationId, thread: PostId): boolean {
  return (
    store.all(
      `select 1 as one from items where conversation = ? and post = ? and own = 1
        union all select 1 from items indexed by items_own_in_threads where conversation = ? and thread = ? and own = 1 limit 1`,
      [conversation, thread, conversation, thread],
    ).length > 0
  );
}

/** An own post or mark has been taken into the log: it has its place there. Inside a transaction. */
export function settle(
  context: Pick<Context, "store" | "account" | "sync" | "people">,
  conversation: ConversationId,
  post: PostId,
  seq: Seq,
): void {
  const { store, account } = context;
  if (!settlePost(store, conversation, post, seq)) {
    const mark = settleMark(store, account, conversation, post, seq);
    if (mark?.kind === "pins") notePins(context, { conversation, seq, at: mark.at, sender: account }, mark.rights);
    return;
  }
  // The timer may have come while it waited: it holds here as it does for all who read it.
  const timer = loadConversation(store, conversation)?.policy.timerSeconds ?? 0;
  if (timer > 0)
    store.run(
      "update items set expires_at = min(coalesce(expires_at, at + ?), at + ?) where conversation = ? and post = ? and kind = 'post'",
      [timer * 1000, timer * 1000, conversation, post],
    );
  refold(store, account, conversation, post);
  eraseGone(store, conversation, post);
}
