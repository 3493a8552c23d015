import type { ConversationId, PostId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { newestMissing } from "../history/gaps.ts";
import { numberOrNull } from "../rows.ts";
import { ORDERS_PER_SEQ, PENDING_ORDER } from "../schema.ts";
import { countsInThread, threadsCounted } from "../timeline/counting.ts";
import { SYNC, type Sync } from "./sync-state.ts";
import {
  NO_THREAD_PLACES,
  THREADS_NOTED_MAX,
  bounded,
  readThreadPlaces,
  threadPlacesValue,
  type ThreadPlaces,
} from "./thread-places.ts";

/** How far the person has read a conversation: by order, what lies after it is unread. */
export type ReadPlaces = {
  /** What stands in the conversation itself. */
  itself: number;
  /** What stands in threads that aren't named here. Never before `itself`. */
  others: number;
  threads: ReadonlyMap<PostId, number>;
};

export type ReadRequest = {
  conversation: ConversationId;
  upToOrder: number;
  /** What stands in this thread was seen. Else what stands in the conversation itself was, and no thread. */
  thread?: PostId;
  /** With all that stands in threads before the conversation's own next line. */
  withThreads?: boolean;
};

/**
 * Everything up to this order has been seen. Never further than what the log has shown here: own posts that wait come after
 * everything else, and a mark on one of them would swallow all that others write. @returns whether anything is another by it
 */
export function markRead(context: Context, request: ReadRequest): boolean {
  const { store, sync } = context;
  const { conversation, thread } = request;
  const keys = [SYNC.read(conversation), SYNC.threads(conversation), SYNC.unread(conversation)];
  const before = keys.map((key) => sync.get(key));
  store.transaction(() => {
    if (thread !== undefined) readThread(context, { ...request, thread });
    else readItself(context, request);
    // What was made unread by hand has been looked at.
    sync.delete(SYNC.unread(conversation));
  });
  return keys.some((key, index) => sync.get(key) !== before[index]);
}

/** The end of the conversation itself was seen. What counts in threads before it, and wasn't, is noted first. */
function readItself(context: Context, { conversation, upToOrder, withThreads = false }: ReadRequest): void {
  const { store, people, sync } = context;
  const next = Math.min(upToOrder, newestOrder(context, conversation));
  const { itself, others } = withoutMark(sync, conversation);
  const upTo = Math.max(itself, next);
  const threads = new Map(storedThreads(sync, conversation).threads);
  if (withThreads) {
    const range = { after: Math.max(others, upTo), upTo: beforeNextLine(context, conversation, upTo), most: 1 };
    const isNews = threadsCounted(store, people, conversation, range).length > 0;
    const reach = isNews ? range.upTo : range.after;
    for (const [thread, place] of threads) if (place <= reach) threads.delete(thread);
    noteThreads(context, conversation, { others: reach, threads }, { isNews });
  } else {
    const range = { after: others, upTo, most: THREADS_NOTED_MAX };
    for (const thread of upTo > others ? threadsCounted(store, people, conversation, range) : [])
      if (!threads.has(thread)) threads.set(thread, others);
    noteThreads(context, conversation, { others: Math.max(others, upTo), threads }, { isNews: false });
  }
  sync.set(SYNC.read(conversation), next);
}

function readThread(
  context: Context,
  { conversation, thread, upToOrder }: ReadRequest & Required<Pick<ReadRequest, "thread">>,
): void {
  const { others } = withoutMark(context.sync, conversation);
  const threads = new Map(storedThreads(context.sync, conversation).threads);
  const place = Math.min(upToOrder, newestOrder(context, conversation, thread));
  if (place <= (threads.get(thread) ?? others)) return;
  threads.set(thread, place);
  noteThreads(context, conversation, { others, threads }, { isNews: false });
}

/** Keeps the places of threads that say something: where what was read of a thread is no more and no less than of the others. */
function noteThreads(
  context: Context,
  conversation: ConversationId,
  { others, threads }: ThreadPlaces,
  { isNews }: { isNews: boolean },
): void {
  const { store, people, sync } = context;
  const stored = storedThreads(sync, conversation).threads;
  // What isn't here may be unread all the same.
  const known = (newestMissing(store, conversation) + 1) * ORDERS_PER_SEQ;
  const telling = new Map(
    [...threads].filter(
      ([thread, place]) =>
        place > others ||
        (place < others &&
          (place < known || countsInThread(store, people, conversation, { thread, after: place, upTo: others }))),
    ),
  );
  const isSame = telling.size === stored.size && [...telling].every(([thread, place]) => stored.get(thread) === place);
  if (!isSame || isNews) sync.set(SYNC.threads(conversation), threadPlacesValue(bounded({ others, threads: telling })));
}

function newestOrder({ store }: Context, conversation: ConversationId, thread?: PostId): number {
  const row = store.all(
    `select max(item_order) as newest from items where conversation = ?${thread === undefined ? "" : " and thread = ?"} and item_order < ?`,
    [conversation, ...(thread === undefined ? [] : [thread]), PENDING_ORDER],
  )[0];
  return (row === undefined ? null : numberOrNull(row, "newest")) ?? 0;
}

/** The place right before the next line of the conversation itself, or the newest one where there is none. */
function beforeNextLine(context: Context, conversation: ConversationId, order: number): number {
  const row = context.store.all(
    `select item_order as next from items where conversation = ? and item_order > ? and item_order < ? and thread is null
      order by item_order limit 1`,
    [conversation, order, PENDING_ORDER],
  )[0];
  const next = row === undefined ? null : numberOrNull(row, "next");
  return next === null ? newestOrder(context, conversation) : next - 1;
}

export function saveDraft(context: Context, conversation: ConversationId, text: string): void {
  if (text === "") context.sync.delete(SYNC.draft(conversation));
  else context.sync.set(SYNC.draft(conversation), text);
}

/** How far the person has read, on whatever device, and didn't mark as unread since. */
export function readPlacesOf(sync: Pick<Sync, "get">, conversation: ConversationId): ReadPlaces {
  const { itself, others } = withoutMark(sync, conversation);
  const { threads } = storedThreads(sync, conversation);
  const most = (unreadFrom(sync, conversation) ?? Infinity) - 1;
  return {
    itself: Math.min(itself, most),
    others: Math.min(others, most),
    threads: new Map([...threads].map(([thread, place]) => [thread, Math.min(place, most)])),
  };
}

/** Order of the newest line of the conversation itself that the person saw, on whatever device, and didn't mark as unread since. */
export const readOrderOf = (sync: Pick<Sync, "get">, conversation: ConversationId): number =>
  readPlacesOf(sync, conversation).itself;

/** Up to here nothing is unread, in whatever thread. */
export const allReadUpTo = ({ itself, threads }: ReadPlaces): number => Math.min(itself, ...threads.values());

function withoutMark(sync: Pick<Sync, "get">, conversation: ConversationId): { itself: number; others: number } {
  const order = sync.get(SYNC.read(conversation));
  const itself = typeof order === "number" ? order : 0;
  return { itself, others: Math.max(itself, storedThreads(sync, conversation).others) };
}

const storedThreads = (sync: Pick<Sync, "get">, conversation: ConversationId): ThreadPlaces =>
  readThreadPlaces(sync.get(SYNC.threads(conversation))) ?? NO_THREAD_PLACES;

/** From where on the person wants to have everything unread, by hand. */
export function unreadFrom(sync: Pick<Sync, "get">, conversation: ConversationId): number | undefined {
  const order = sync.get(SYNC.unread(conversation));
  return typeof order === "number" ? order : undefined;
}
