import { KIND, SottoError, fromBase64Url, toHex, type ConversationId, type Seq } from "@sotto/protocol";
import type { TimelinePage } from "../api.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { deleteGap, gapsOf, newestGap, saveGap, shrinkGap, waitsForOlder } from "./gaps.ts";
import { insertHistory } from "./history-insert.ts";
import { readBack } from "./history-page.ts";
import { isWithin, readMembership, spansOf, type MembershipMark, type Span } from "./membership-record.ts";
import { dropMissing, missingEntries, type MissingEntry } from "./missing-lines.ts";
import { lacksProfile, learnProfile } from "../conversation/profile.ts";
import { noteMarks } from "../conversation/places.ts";
import { textOf } from "../rows.ts";
import { ORDERS_PER_SEQ } from "../schema.ts";
import { readPlacesOf } from "../sync/positions.ts";
import type { StoredLine } from "../timeline/stored-line.ts";
import { lookOf } from "../timeline/look.ts";
import { PAGE_ITEMS_MAX, insertLines, timelinePage, type PageRequest } from "../timeline/timeline.ts";

const NO_END = Number.MAX_SAFE_INTEGER;
/** Pages of the log that one look at the timeline reads at most: where hardly anything is shown, the person asks again. */
const FETCHES_MAX = 8;
const PAGE_ENTRIES_MAX = 256;
const PAGE_ENTRIES_MIN = 64;

/** `isOld`: it was known that they are missing. */
export type Filled = { missing: MissingEntry[]; isOld?: true };

/**
 * A page of the timeline. What this device hasn't read of it yet comes from log and archive and is kept, so that it is read once. What
 * can't be had now is said: the page then ends above it.
 */
export async function timeline(
  context: Context,
  actor: ConversationActor,
  request: PageRequest,
  filled: (result: Filled) => void,
): Promise<TimelinePage> {
  const { store, sync } = context;
  const limit = Math.max(1, Math.min(PAGE_ITEMS_MAX, request.limit));
  const before = Math.ceil((request.beforeOrder ?? NO_END) / ORDERS_PER_SEQ);
  for (let fetches = 0; ; fetches++) {
    const read = readPlacesOf(sync, actor.id);
    const page = timelinePage(lookOf(context, loadConversation(store, actor.id)), { ...request, limit, read });
    if (isPlaced(request)) return { ...page, ...upToGap(context, actor.id, request, page) };
    const gap = newestGap(store, actor.id, before);
    const more = page.more || gap !== undefined || waitsForOlder(store, actor.id);
    if (page.items.some((item) => item.kind === "system" && item.line.kind === "keys-missing"))
      filled({ missing: missingEntries(store, actor.id), isOld: true });
    const lowest = page.items.length < limit ? -1 : (page.items[0]?.order ?? -1);
    if (gap === undefined || (gap.last + 1) * ORDERS_PER_SEQ <= lowest) return { ...page, more };
    const above = page.items.filter(({ order }) => order >= (gap.last + 1) * ORDERS_PER_SEQ);
    // Nothing above: what is here from before is shown rather than nothing at all.
    const cut = { ...page, items: above.length > 0 ? above : page.items, more: true };
    if (fetches === FETCHES_MAX) return cut;
    try {
      filled(await actor.history(() => readOlder(context, actor, before, 2 * (limit - above.length))));
    } catch (error) {
      if (!(error instanceof SottoError)) throw error;
      context.ports.log("info", "history/unreachable", { conversation: actor.id, code: error.code });
      return { ...cut, unreachable: true };
    }
  }
}

/** Asks for what lies around or after a place on this device, or for a thread: of what this device has. */
const isPlaced = ({ afterOrder, around, thread }: PageRequest): boolean =>
  afterOrder !== undefined || around !== undefined || thread !== undefined;

/** What follows without anything between that hasn't been read: the rest of such a page is beyond a gap, and comes from another side. */
function upToGap(
  { store }: Context,
  conversation: ConversationId,
  { afterOrder, around, thread }: PageRequest,
  { items, more, moreAfter }: TimelinePage,
): Pick<TimelinePage, "items" | "more" | "moreAfter"> {
  const gaps = gapsOf(store, conversation, { waiting: false });
  const place = afterOrder ?? items.find((item) => "post" in item && item.post === around)?.order;
  const below = gaps.filter(({ first }) => first * ORDERS_PER_SEQ <= (place ?? 0));
  const above = gaps.filter(({ first }) => first * ORDERS_PER_SEQ > (place ?? Infinity));
  const bottom = Math.max(0, ...below.map(({ last }) => (last + 1) * ORDERS_PER_SEQ));
  const top = Math.min(Infinity, ...above.map(({ first }) => first * ORDERS_PER_SEQ));
  const shown = place === undefined ? items : items.filter(({ order }) => order >= bottom && order < top);
  const isCutAbove = shown.at(-1) !== items.at(-1);
  return { items: shown, more: more || (thread === undefined && gaps.length > 0), moreAfter: moreAfter || isCutAbove };
}

/**
 * Reads the newest entries of what hasn't been read before a place, at most a page. Only inside the actor's history queue.
 * @throws SottoError connection/unreachable and what else the server answers; conversation/fork if it isn't this log
 */
export async function readOlder(
  context: Context,
  actor: ConversationActor,
  before: Seq,
  entries: number,
): Promise<Filled> {
  const { store, ports } = context;
  const nothing: Filled = { missing: [] };
  const record = loadConversation(store, actor.id);
  if (record === undefined) return nothing;
  const learnt = await learnSpans(context, actor, record);
  const { spans } = learnt;
  const gap = newestGap(store, actor.id, before);
  if (gap === undefined) return nothing;
  const limit = Math.min(PAGE_ENTRIES_MAX, Math.max(PAGE_ENTRIES_MIN, entries), gap.last - gap.first + 1);
  try {
    const page = await readBack(context, actor.archive, actor.id, { through: gap.last, head: gap.head, limit });
    const shown = page.entries.filter(({ seq }) => isWithin(spans, seq));
    const inserted = store.transaction(() => {
      const result = insertHistory(context, record, shown, gap);
      actor.archive.noteFound();
      shrinkGap(store, actor.id, gap, page.from, page.headBefore);
      return result;
    });
    const newestAt = Math.max(0, ...shown.filter(({ kind }) => kind === "post").map(({ at }) => at));
    const profile = learnt.profile ?? inserted.profile;
    if (profile !== undefined || newestAt > record.activeAt) await settle(actor, { profile, newestAt });
    return { missing: inserted.missing };
  } catch (error) {
    if (error instanceof SottoError && error.code === "conversation/fork")
      store.transaction(() =>
        insertLines(store, actor.id, gap.last, ports.clock.now(), [{ kind: "alarm", alarm: "order", claimedBy: null }]),
      );
    throw error;
  }
}

/**
 * What older entries say about the conversation as a whole: what it is called, if the group agrees on that, and when something happened
 * last, whenever this device came.
 */
async function settle(
  actor: ConversationActor,
  { profile, newestAt }: { profile: Uint8Array | undefined; newestAt: number },
): Promise<void> {
  await actor.update((record) => {
    const named = profile === undefined ? record : learnProfile(actor.context.store, record, profile);
    return { ...named, activeAt: Math.max(named.activeAt, newestAt) };
  });
  actor.context.emit({ kind: "conversations" });
}

/**
 * Asks the archive again when the account was a member here: the device that brought it in may not have said so before. What was missing and
 * was never for the account isn't missed any more. Only inside the actor's history queue.
 * @returns whether its first membership is known
 */
export async function learnBeginning(context: Context, actor: ConversationActor): Promise<boolean> {
  const { store } = context;
  const record = loadConversation(store, actor.id);
  if (record === undefined) return false;
  store.transaction(() => store.run("delete from spans where conversation = ?", [actor.id]));
  const { spans } = await learnSpans(context, actor, record);
  const foreign = missingEntries(store, actor.id).filter(({ seq }) => !isWithin(spans, seq));
  if (foreign.length > 0) {
    const seqs = foreign.map(({ seq }) => seq);
    store.transaction(() => dropMissing(store, actor.id, seqs));
    context.emit({ kind: "timeline", conversation: actor.id });
  }
  return (spans[0]?.after ?? 0) > 0;
}

/** Asks the archive once when the account was a member here, and what the conversation is called. */
async function learnSpans(
  context: Context,
  actor: ConversationActor,
  record: ConversationRecord,
): Promise<{ spans: Span[]; profile?: Uint8Array | undefined }> {
  const { store } = context;
  const known = store.all("select spans from spans where conversation = ?", [actor.id])[0];
  if (known !== undefined) return { spans: JSON.parse(textOf(known, "spans")) as Span[] };
  const hash = lacksProfile(record) ? fromBase64Url(record.profileHash ?? "") : undefined;
  const [records, wholes] = await Promise.all([
    actor.archive.memberships(),
    hash === undefined ? new Map<string, Uint8Array>() : actor.archive.wholes([hash]),
  ]);
  const profile = hash === undefined ? undefined : wholes.get(toHex(hash));
  const marks = records.map(readMembership).filter((mark) => mark !== undefined);
  const spans = spansOf(marks);
  const begins = spans[0]?.after ?? 0;
  const nth = Math.max(0, ...marks.map((mark) => mark.nth));
  store.transaction(() => {
    store.run("insert or replace into spans (conversation, spans) values (?, ?)", [actor.id, JSON.stringify(spans)]);
    if (nth > 0) noteMarks(store, actor.id, nth);
    for (const gap of gapsOf(store, actor.id, { waiting: false })) {
      if (gap.first > begins) continue;
      deleteGap(store, actor.id, gap.first);
      if (gap.last > begins) saveGap(store, actor.id, { ...gap, first: begins + 1 });
    }
    const started = new Set(spans.map(({ after }) => after));
    for (const mark of marks) {
      const line = started.has(mark.seq) ? lineOf(context, record, mark) : undefined;
      if (line !== undefined) insertLines(store, actor.id, mark.seq, mark.at, [line]);
    }
  });
  return { spans, profile };
}

/** What the person's first line here is. Between two people nothing came before. */
function lineOf(context: Context, { kind }: ConversationRecord, { how }: MembershipMark): StoredLine | undefined {
  switch (how) {
    case "created":
      return { kind: "created", by: context.account };
    case "added":
      return kind === KIND.direct ? undefined : { kind: "joined-here", because: "added" };
    case "joined":
      return { kind: "joined", by: context.account };
    case "ended":
      return undefined;
  }
}
