import { equalBytes, type AccountId, type ConversationId, type PostId, type Seq } from "@sotto/protocol";
import { postIdOfBytes, shownOf } from "../conversation/content.ts";
import type { Context } from "../context.ts";
import { headAt, type ConversationRecord } from "../conversation/conversation-record.ts";
import type { Since } from "./gaps.ts";
import type { BackEntry } from "./history-page.ts";
import { addMissing, type MissingEntry } from "./missing-lines.ts";
import { discardFromOutbox } from "../conversation/outbox.ts";
import { isAgreedProfile } from "../conversation/profile.ts";
import { numberOrNull } from "../rows.ts";
import { isFromRevoked } from "../people/revoked.ts";
import type { StoredLine } from "../timeline/stored-line.ts";
import { ORDERS_PER_SEQ, PENDING_ORDER } from "../schema.ts";
import { standingBelieved, standingIn, standingNow, type Standing } from "../conversation/standing.ts";
import { dropMark, placeOfMark } from "../timeline/marks.ts";
import { hearName, takeSaid } from "../requests/heard.ts";
import { settle, takePost } from "../timeline/take-post.ts";
import { insertLines, orderOf, rememberPost } from "../timeline/timeline.ts";

export type Inserted = {
  /** Entries for which no keys were there. */
  missing: MissingEntry[];
  /** Found on the way, when the conversation's own wasn't known. */
  profile: Uint8Array | undefined;
};

/**
 * Writes entries that were read from the archive to their places. Inside one transaction, with whatever marks them as read. They get the
 * same checks as those that arrive; two of a kind are settled by the log's order: the first one counts, whichever was read first.
 * @param entries oldest first, proven
 * @param since what is known of when they can have come
 */
export function insertHistory(
  context: Context,
  record: ConversationRecord,
  entries: readonly BackEntry[],
  since: Since = { floor: 0, checkedAt: 0 },
): Inserted {
  const { store } = context;
  const inserted: Inserted = { missing: [], profile: undefined };
  const heads = new Map(entries.map(({ seq, head }) => [seq, head]));
  const counters = new Map<string, number>();
  let { floor } = since;
  let run: MissingEntry[] = [];
  const endRun = (at: number): void => {
    if (run.length > 0) addMissing(store, record.id, run, at, "asking");
    run = [];
  };
  for (const entry of entries) {
    store.run("insert or ignore into log (conversation, seq, head, hash) values (?, ?, ?, ?)", [
      record.id,
      entry.seq,
      entry.head,
      entry.hash,
    ]);
    floor = Math.max(floor, entry.at);
    if (entry.kind === "missing") {
      run.push({ seq: entry.seq, epoch: entry.epoch });
      inserted.missing.push({ seq: entry.seq, epoch: entry.epoch });
      continue;
    }
    const lines = (...list: StoredLine[]) => insertLines(store, record.id, entry.seq, entry.at, list);
    if (entry.kind === "refused" || entry.kind === "erased") {
      endRun(entry.at);
      context.ports.log("warn", "entry/refused", {
        conversation: record.id,
        seq: entry.seq,
        because: entry.kind === "erased" ? "erased" : entry.because,
        detail: "history",
      });
      lines({ kind: "unreadable", because: "refused" });
      continue;
    }
    if (entry.kind !== "post") continue;
    const { account, device } = entry.sender;
    const { context: told, content } = entry.data;
    const before = counters.get(device);
    // One's own, and its acceptance was never heard of: it moves to its place.
    if (account === context.account && settleWaiting(context, record.id, content, entry.seq)) {
      endRun(entry.at);
      continue;
    }
    const post = postIdOfBytes(content, account, record.id);
    if (
      post === undefined ||
      (before !== undefined && told.counter <= before) ||
      !isFirst(context, record.id, post, entry.seq)
    ) {
      endRun(entry.at);
      context.ports.log("warn", "post/refused", { conversation: record.id, seq: entry.seq });
      lines({ kind: "unreadable", because: "refused" });
      continue;
    }
    counters.set(device, told.counter);
    if (isOfAnotherLog(context, record.id, entry.seq, told, heads)) {
      endRun(entry.at);
      context.ports.log("error", "conversation/fork", { conversation: record.id, seq: entry.seq, claimed: told.seq });
      lines({ kind: "alarm", alarm: "fork", claimedBy: account });
    }
    const arrival = () => ({
      acceptedAt: entry.at,
      acceptedFloor: floor,
      checkedAt: since.checkedAt,
      noticedAt: context.people.noticedEnd(account, device),
    });
    if (isFromRevoked(context.people.chain(account), device, arrival)) {
      endRun(entry.at);
      lines({ kind: "unreadable", because: "revoked-device" });
      continue;
    }
    const shown = shownOf(content);
    if (shown.kind === "between-devices") {
      takeSaid(context, record, { what: shown.what, account, bytes: shown.bytes, at: told.time, seq: entry.seq });
      continue;
    }
    if (shown.kind === "profile") {
      if (isAgreedProfile(record, shown.bytes)) inserted.profile = shown.bytes;
      continue;
    }
    const isLine = shown.kind !== "mark";
    if (isLine) endRun(entry.at);
    // Older than what is known: it only says something where nothing was.
    if (
      isLine &&
      account !== context.account &&
      told.name !== null &&
      context.people.person(account).displayName === null
    )
      hearName(context, record, account, told.name);
    const taken = takePost(
      context,
      {
        conversation: record.id,
        order: orderOf(entry.seq),
        seq: entry.seq,
        at: told.time,
        post,
        sender: account,
        content,
        standing: standingAt(record, account, entry.keys),
        state: { kind: "received" },
      },
      shown,
    );
    if (taken !== "refused") continue;
    endRun(entry.at);
    context.ports.log("warn", "post/against-the-rules", { conversation: record.id, seq: entry.seq });
    lines({ kind: "unreadable", because: "refused" });
  }
  endRun(floor);
  return inserted;
}

/** What somebody was in the epoch of an entry. */
function standingAt(
  record: ConversationRecord,
  account: AccountId,
  { epochKey, own }: Extract<BackEntry, { kind: "post" }>["keys"],
): Standing {
  const now = standingNow(record, account);
  const then = standingIn(epochKey, account) ?? now;
  return own ? then : standingBelieved(then, now);
}

function settleWaiting(context: Context, conversation: ConversationId, content: Uint8Array, seq: Seq): boolean {
  const { store, account } = context;
  const post = postIdOfBytes(content, account, conversation);
  if (post === undefined) return false;
  const waiting = store.all("select 1 as one from items where conversation = ? and post = ? and seq is null", [
    conversation,
    post,
  ]);
  const mark = waiting.length > 0 ? undefined : placeOfMark(store, conversation, post);
  if (waiting.length === 0 && (mark === undefined || mark < PENDING_ORDER)) return false;
  discardFromOutbox(store, conversation, post);
  settle(context, conversation, post, seq);
  return true;
}

/** Takes a post's id for this place. What stands further down the log under the same id was the copy: it goes. */
function isFirst(context: Context, conversation: ConversationId, post: PostId, seq: Seq): boolean {
  const { store } = context;
  if (rememberPost(store, conversation, post)) return true;
  const row = store.all("select seq, at from items where conversation = ? and post = ?", [conversation, post])[0];
  const mark = row === undefined ? placeOfMark(store, conversation, post) : undefined;
  if (mark !== undefined && mark < PENDING_ORDER && mark > orderOf(seq)) {
    dropMark(store, context.account, conversation, post);
    insertLines(store, conversation, Math.floor(mark / ORDERS_PER_SEQ), 0, [
      { kind: "unreadable", because: "refused" },
    ]);
    return true;
  }
  const place = row === undefined ? null : numberOrNull(row, "seq");
  if (row === undefined || place === null || place <= seq) return false;
  store.run("delete from items where conversation = ? and post = ?", [conversation, post]);
  insertLines(store, conversation, place, numberOrNull(row, "at") ?? 0, [{ kind: "unreadable", because: "refused" }]);
  return true;
}

/** Had its author seen another log? Asked as far as the place that it speaks of is known here. */
function isOfAnotherLog(
  context: Context,
  conversation: ConversationId,
  seq: Seq,
  told: { seq: Seq; head: Uint8Array },
  heads: ReadonlyMap<Seq, Uint8Array>,
): boolean {
  if (told.seq >= seq) return true;
  const known = heads.get(told.seq) ?? headAt(context.store, conversation, told.seq);
  return known !== undefined && !equalBytes(known, told.head);
}
