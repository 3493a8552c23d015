import { extensionOf, members, type GroupState } from "@sotto/mls";
import { KIND, type ConversationId, type Seq } from "@sotto/protocol";
import { archiveEpoch, partRecords, storeArchiveRecords } from "../history/archive-records.ts";
import type { Context } from "../context.ts";
import { checkedAt, type ConversationRecord } from "./conversation-record.ts";
import { isSetAside } from "../history/far-behind.ts";
import { closeGap, openGap } from "../history/gaps.ts";
import { membershipRecord, type MembershipMark } from "../history/membership-record.ts";
import { agreedProfile } from "./profile.ts";
import type { Live, Outcome } from "./read-entry.ts";
import type { Store } from "../ports.ts";
import { numberOf } from "../rows.ts";
import { SYNC } from "../sync/sync-state.ts";
import { insertLines, orderOf } from "../timeline/timeline.ts";

/** Where a device's place in a log begins, is lost or ends. */
export type Place =
  /** `head`: the log's before this entry. `applied`: which entry made the epoch that was entered; others may follow in the same batch. */
  | {
      kind: "entered";
      seq: Seq;
      at: number;
      head: Uint8Array;
      applied: Seq;
      welcomed: boolean;
      group: GroupState;
    }
  | { kind: "lost"; seq: Seq }
  | { kind: "ended"; seq: Seq; at: number };

/** What reading one entry meant for this device's place. */
export function placeOf(before: Live, after: Live, outcome: Outcome): Place | undefined {
  const { seq, at } = outcome;
  if (outcome.kind === "stop") return { kind: "lost", seq };
  if (outcome.kind === "removed") return { kind: "ended", seq, at };
  if (after.group === undefined) return undefined;
  const { head } = before.record;
  const { applied } = after.record;
  if (before.group === undefined)
    return { kind: "entered", seq, at, head, applied, welcomed: false, group: after.group };
  const isWelcome = outcome.kind === "unread" && seq === before.record.joinedSeq && before.pending === undefined;
  return isWelcome ? { kind: "entered", seq, at, head, applied, welcomed: true, group: after.group } : undefined;
}

/** Keeps what history needs to know of it. Inside the transaction that writes the new state. */
export function keepPlace(context: Context, record: ConversationRecord, place: Place): void {
  const { store } = context;
  const { id } = record;
  const isArchived = record.policy.history === "archive";
  const mark = (how: MembershipMark["how"], { seq, at }: { seq: Seq; at: number }): void => {
    if (!isArchived) return;
    const nth = countMark(store, id);
    storeArchiveRecords(context, id, [membershipRecord(context, id, { how, seq, at, nth })]);
  };
  switch (place.kind) {
    case "lost":
      return openGap(store, id, place.seq, { floor: record.acceptedFloor, checkedAt: checkedAt(store, id) });
    case "ended":
      return mark("ended", place);
    case "entered": {
      const { seq, at, head } = place;
      const begins = beginningOf(context, record, place);
      const first = begins === undefined && isArchived ? 1 : null;
      const wasLost = closeGap(store, id, { seq, head, first, waits: isSetAside(store, id) });
      if (wasLost) insertLines(store, id, seq, at, [{ kind: "mended", because: "rejoined" }]);
      else if (begins !== undefined) {
        mark(begins, place);
        beginReading(context, record, seq);
      }
      if (!isArchived) return;
      storeArchiveRecords(context, id, archiveEpoch(context, { ...record, applied: place.applied }, place.group));
      const profile = agreedProfile(store, record);
      if (profile !== undefined) storeArchiveRecords(context, id, partRecords(context, id, profile));
    }
  }
}

/** From here on all devices of the account count what is unread, as long as the person has read nothing. */
function beginReading({ sync }: Context, { id, kind }: ConversationRecord, seq: Seq): void {
  if (kind !== KIND.self && sync.get(SYNC.read(id)) === undefined) sync.set(SYNC.read(id), orderOf(seq + 1) - 1);
}

/** Counts on. */
function countMark(store: Store, conversation: ConversationId): number {
  const row = store.all("select nth from marks where conversation = ?", [conversation])[0];
  const nth = (row === undefined ? 0 : numberOf(row, "nth")) + 1;
  noteMarks(store, conversation, nth);
  return nth;
}

/** So many marks of memberships are known. */
export function noteMarks(store: Store, conversation: ConversationId, nth: number): void {
  store.run("insert or replace into marks (conversation, nth) values (?, ?)", [conversation, nth]);
}

/** How the account's membership begins with this entry; undefined where the account was a member before and only this device is new. */
function beginningOf(
  context: Context,
  record: ConversationRecord,
  place: Extract<Place, { kind: "entered" }>,
): MembershipMark["how"] | undefined {
  if (place.welcomed) return "added";
  if (record.createdHere) return "created";
  if (record.kind !== KIND.room || !record.askedFor) return undefined;
  const isListed = extensionOf(place.group).accounts.some(([account]) => account === context.account);
  const hasOthers = members(place.group).some(
    ({ identity }) => identity.account === context.account && identity.device !== context.device,
  );
  return isListed || hasOthers ? undefined : "joined";
}
