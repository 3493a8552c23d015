import type { ConversationId, Seq } from "@sotto/protocol";
import type { SqlRow, Store } from "../ports.ts";
import { bytesOf, numberOf, numberOrNull } from "../rows.ts";

/** A part of the log that this device hasn't read, both ends included, and the log's head after it. */
export type Gap = { first: Seq; last: Seq; head: Uint8Array } & Since;
/**
 * What bounds when its entries can have come, in ms: the newest time that the server had said for an earlier one, and by one's own clock when
 * the log was last seen read to its end before them. Both 0 where nothing before is known.
 */
export type Since = { floor: number; checkedAt: number };

/** No log is that long. */
const BEYOND_ALL = 2 ** 40;
const READY = "last_seq is not null and waits = 0";

/** The newest part that is to be read before `before`. */
export function newestGap(store: Store, conversation: ConversationId, before: Seq): Gap | undefined {
  const row = store.all(
    `select first_seq, last_seq, head, floor, checked_at from gaps where conversation = ? and first_seq < ? and ${READY} order by first_seq desc limit 1`,
    [conversation, before],
  )[0];
  if (row === undefined) return undefined;
  return gapIn(row);
}

function gapIn(row: SqlRow): Gap {
  return {
    first: numberOf(row, "first_seq"),
    last: numberOf(row, "last_seq"),
    head: bytesOf(row, "head"),
    floor: numberOf(row, "floor"),
    checkedAt: numberOf(row, "checked_at"),
  };
}

/** @param only `waiting`: those that can't be read yet, because the device's own older state is still on its way through */
export function gapsOf(store: Store, conversation: ConversationId, only: { waiting: boolean }): Gap[] {
  const which = only.waiting ? "last_seq is not null and waits = 1" : READY;
  return store
    .all(
      `select first_seq, last_seq, head, floor, checked_at from gaps where conversation = ? and ${which} order by first_seq`,
      [conversation],
    )
    .map(gapIn);
}

/** The newest entry that this device hasn't read, as far as it knows where that is; -1 where it has read all. */
export function newestMissing(store: Store, conversation: ConversationId): Seq {
  const row = store.all(`select max(coalesce(last_seq, ${BEYOND_ALL})) as newest from gaps where conversation = ?`, [
    conversation,
  ])[0];
  return (row === undefined ? null : numberOrNull(row, "newest")) ?? -1;
}

/** Is there anything unread that can't be read just now either? */
export function waitsForOlder(store: Store, conversation: ConversationId): boolean {
  return store.all("select 1 as one from gaps where conversation = ? and waits = 1", [conversation]).length > 0;
}

/** From here on nothing can be read until the device has entered again. */
export function openGap(store: Store, conversation: ConversationId, first: Seq, { floor, checkedAt }: Since): void {
  store.run(
    "insert or ignore into gaps (conversation, first_seq, last_seq, head, floor, checked_at) values (?, ?, null, null, ?, ?)",
    [conversation, first, floor, checkedAt],
  );
}

/**
 * The device has entered at `seq`.
 * @param head the log's before that entry
 * @param first where the gap begins if none was opened; null: nothing before is for this device
 * @returns whether this device had lost its place before
 */
export function closeGap(
  store: Store,
  conversation: ConversationId,
  { seq, head, first, waits }: { seq: Seq; head: Uint8Array; first: Seq | null; waits: boolean },
): boolean {
  const opened = store.all(
    "select first_seq, floor, checked_at from gaps where conversation = ? and last_seq is null",
    [conversation],
  )[0];
  const since: Since =
    opened === undefined
      ? { floor: 0, checkedAt: 0 }
      : { floor: numberOf(opened, "floor"), checkedAt: numberOf(opened, "checked_at") };
  const from = opened === undefined ? first : numberOf(opened, "first_seq");
  store.run("delete from gaps where conversation = ? and last_seq is null", [conversation]);
  if (from !== null && from < seq) saveGap(store, conversation, { first: from, last: seq - 1, head, ...since }, waits);
  return opened !== undefined;
}

export function saveGap(store: Store, conversation: ConversationId, gap: Gap, waits = false): void {
  store.run(
    "insert or replace into gaps (conversation, first_seq, last_seq, head, waits, floor, checked_at) values (?, ?, ?, ?, ?, ?, ?)",
    [conversation, gap.first, gap.last, gap.head, waits ? 1 : 0, gap.floor, gap.checkedAt],
  );
}

/** What lay behind the device's older state can be read now. */
export function releaseGaps(store: Store, conversation: ConversationId): void {
  store.run("update gaps set waits = 0 where conversation = ?", [conversation]);
}

export function deleteGap(store: Store, conversation: ConversationId, first: Seq): void {
  store.run("delete from gaps where conversation = ? and first_seq = ?", [conversation, first]);
}

/** The part of a gap from `from` on has been read. */
export function shrinkGap(store: Store, conversation: ConversationId, gap: Gap, from: Seq, head: Uint8Array): void {
  deleteGap(store, conversation, gap.first);
  if (from > gap.first) saveGap(store, conversation, { ...gap, last: from - 1, head });
}
