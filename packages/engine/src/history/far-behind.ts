import { epoch, type GroupState } from "@sotto/mls";
import type { ConversationId, Seq } from "@sotto/protocol";
import { markCloned } from "../account/account-notices.ts";
import { archiveEpoch, archiveRecordsFor, storeArchiveRecords, type ArchiveRecord } from "./archive-records.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import {
  checkedAt,
  dropGroup,
  loadConversation,
  saveConversation,
  type ConversationRecord,
} from "../conversation/conversation-record.ts";
import { gapsOf, openGap, releaseGaps } from "./gaps.ts";
import { packGroup, unpackGroup } from "../conversation/group-store.ts";
import { fetchKnown } from "./history-page.ts";
import { readEntry, type Live } from "../conversation/read-entry.ts";
import { bytesOf, numberOf } from "../rows.ts";
import type { Store } from "../ports.ts";

/**
 * [Note: Far behind] Following hundreds of commits one by one takes long, and nothing can be written meanwhile. A device that is so far behind
 * enters anew, as after a lost place, and is there at once. Its old state is kept aside and walked through what lies between, page by page
 * in the background: not to show anything, but to bring the keys of those epochs into the archive. Then it is dropped, and the gap is
 * read like any other part of the past.
 */

/**
 * How many commits a state lacks, by the server's count of them: every one that counted began an epoch. Too many by those that everybody
 * skipped, so never more than there are entries.
 */
export function commitsBehind(
  { record, group }: { record: ConversationRecord; group: GroupState },
  listed: { commits: number; lastSeq: Seq },
): number {
  return Math.min(listed.commits - Number(epoch(group)), listed.lastSeq - record.cursor);
}

/**
 * Puts the state aside; the device enters anew next. Only inside the actor's exclusive section, and only where an archive is kept: elsewhere
 * what lies between could never be read.
 */
export function setAside(context: Context, actor: ConversationActor): void {
  const { store, ports } = context;
  const { record, group } = actor.live();
  if (group === undefined) throw new Error("nothing to set aside");
  const next: ConversationRecord = { ...record, state: { kind: "joining" }, rejoinedAt: ports.clock.now() };
  store.transaction(() => {
    store.run(
      "insert or replace into behind (conversation, state, cursor, head, latest_commit, applied) values (?, ?, ?, ?, ?, ?)",
      [actor.id, packGroup(group), record.cursor, record.head, record.latestCommit, record.applied],
    );
    openGap(store, actor.id, record.cursor + 1, {
      floor: record.acceptedFloor,
      checkedAt: checkedAt(store, actor.id),
    });
    dropGroup(store, actor.id);
    saveConversation(store, next);
  });
  ports.log("info", "conversation/far-behind", { conversation: actor.id, cursor: record.cursor });
  actor.replace({ record: next, group: undefined, pending: undefined });
}

export const isSetAside = (store: Store, conversation: ConversationId): boolean =>
  store.all("select 1 as one from behind where conversation = ?", [conversation]).length > 0;

const PAGE_ENTRIES = 128;
/** So often in one life nothing of a page comes before the rest is given up. */
const TRIES_MAX = 5;
const tries = new WeakMap<ConversationActor, number>();

/** Walks the old state one page further. Only inside the actor's history queue. @returns whether there is more to do */
export async function harvest(context: Context, actor: ConversationActor): Promise<boolean> {
  const { store } = context;
  const row = store.all("select * from behind where conversation = ?", [actor.id])[0];
  const record = loadConversation(store, actor.id);
  if (row === undefined || record === undefined || record.state.kind === "joining") return false;
  const cursor = numberOf(row, "cursor");
  const gap = gapsOf(store, actor.id, { waiting: true }).find(({ last }) => last > cursor);
  const through = Math.min(cursor + PAGE_ENTRIES, gap?.last ?? cursor);
  let live: Live = {
    record: {
      ...record,
      cursor,
      head: bytesOf(row, "head"),
      latestCommit: numberOf(row, "latest_commit"),
      applied: numberOf(row, "applied"),
      joinedSeq: 0,
    },
    group: unpackGroup(context.ports.provider, bytesOf(row, "state")),
    pending: undefined,
  };
  const fetched = through > cursor ? await fetchKnown(context, actor.id, { from: cursor + 1, through }) : [];
  const known = fetched.filter((one, index) => one.row.seq === cursor + 1 + index);
  const isShort = known.length < through - cursor;
  // What isn't served now may be on the next connection: the state that reads it is nowhere else.
  const failed = isShort && known.length === 0 ? (tries.get(actor) ?? 0) + 1 : 0;
  tries.set(actor, failed);
  if (failed > 0 && failed < TRIES_MAX) return false;
  const records: ArchiveRecord[] = [];
  let isOver = failed > 0 || gap === undefined || (through === gap.last && !isShort);
  let isClone = false;
  for (const { row: entry } of known) {
    const before: Live = live;
    const read = await readEntry(context, before, entry, false);
    if (read.outcome.kind === "post" && before.group !== undefined)
      records.push(...archiveRecordsFor(context, before, before.group, read.outcome.leafIndex));
    live = read.live;
    if (read.outcome.kind === "commit" && live.group !== undefined)
      records.push(...archiveEpoch(context, live.record, live.group));
    isClone ||= read.outcome.kind === "stop" && read.outcome.because === "clone";
    if (live.group !== undefined) continue;
    isOver = true;
    break;
  }
  const { group, record: reached } = live;
  store.transaction(() => {
    storeArchiveRecords(context, actor.id, records);
    if (isClone) markCloned(context);
    if (isOver || group === undefined) {
      store.run("delete from behind where conversation = ?", [actor.id]);
      releaseGaps(store, actor.id);
      return;
    }
    store.run(
      "update behind set state = ?, cursor = ?, head = ?, latest_commit = ?, applied = ? where conversation = ?",
      [packGroup(group), reached.cursor, reached.head, reached.latestCommit, reached.applied, actor.id],
    );
  });
  return !isOver && group !== undefined;
}
