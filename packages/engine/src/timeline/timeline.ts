import type { AccountId, ConversationId, PostId, Seq } from "@sotto/protocol";
import type { PostState, TimelineItem, TimelinePage } from "../api.ts";
import type { People } from "../people/people.ts";
import type { SqlRow, Store } from "../ports.ts";
import { numberOf, numberOrNull, textOrNull } from "../rows.ts";
import { ORDERS_PER_SEQ, PENDING_ORDER } from "../schema.ts";
import type { ReadPlaces } from "../sync/positions.ts";
import { countsInItself, countsInThread } from "./counting.ts";
import { without, type Look } from "./look.ts";
import { COLUMNS, showItems, showPlain } from "./show-items.ts";
import type { StoredLine } from "./stored-line.ts";

/** Place of the first line that comes from the entry at `seq`. */
export const orderOf = (seq: Seq): number => seq * ORDERS_PER_SEQ;

type NewPost = {
  conversation: ConversationId;
  order: number;
  seq: Seq | null;
  at: number;
  post: PostId;
  sender: AccountId;
  own: boolean;
  /** Null when the content needs a newer version: it is kept and said so. */
  text: string | null;
  /** Null where nothing of it is to stay. */
  content: Uint8Array | null;
  state: PostState;
  replyTo?: PostId | null;
  thread?: PostId | null;
  forwarded?: boolean;
  mentions?: boolean;
  expiresAt?: number | null;
  /** JSON: what it holds beside its text (posts/extras.ts). */
  extra?: string | null;
};

export function insertPost(store: Store, item: NewPost): void {
  store.run(
    `insert or replace into items (conversation, item_order, seq, at, kind, post, sender, own, text, content, state, reply_to, thread, forwarded,
      mentions, expires_at, extra) values (?, ?, ?, ?, 'post', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      item.conversation,
      item.order,
      item.seq,
      item.at,
      item.post,
      item.sender,
      item.own ? 1 : 0,
      item.text,
      item.content,
      JSON.stringify(item.state),
      item.replyTo ?? null,
      item.thread ?? null,
      item.forwarded === true ? 1 : 0,
      item.mentions === true ? 1 : 0,
      item.expiresAt ?? null,
      item.extra ?? null,
    ],
  );
}

/** Adds lines that one entry gives, in order, below those that it gave already: an alarm isn't overwritten by what follows. Each once. */
export function insertLines(
  store: Store,
  conversation: ConversationId,
  seq: Seq,
  at: number,
  lines: readonly StoredLine[],
): void {
  const first = orderOf(seq) + 1;
  const end = orderOf(seq) + ORDERS_PER_SEQ;
  const there = store.all(
    "select item_order, line from items where conversation = ? and item_order >= ? and item_order < ?",
    [conversation, first, end],
  );
  const known = new Set(there.map((row) => textOrNull(row, "line")));
  let order = Math.max(first, ...there.map((row) => numberOf(row, "item_order") + 1));
  for (const text of lines.map((line) => JSON.stringify(line))) {
    if (known.has(text) || order >= end) continue;
    known.add(text);
    store.run("insert into items (conversation, item_order, seq, at, kind, line) values (?, ?, ?, ?, 'system', ?)", [
      conversation,
      order++,
      seq,
      at,
      text,
    ]);
  }
}

/** A place after everything that has a seq and after every own post that waits. */
export function nextPendingOrder(store: Store, conversation: ConversationId): number {
  const row = store.all("select max(item_order) as last from items where conversation = ? and item_order >= ?", [
    conversation,
    PENDING_ORDER,
  ])[0];
  const last = row === undefined ? null : numberOrNull(row, "last");
  return last === null ? PENDING_ORDER : last + 1;
}

/** An own post has been taken into the log: it moves to its place there. @returns whether it has a line of its own */
export function settlePost(store: Store, conversation: ConversationId, post: PostId, seq: Seq): boolean {
  const row = store.all("select item_order from items where conversation = ? and post = ?", [conversation, post])[0];
  if (row === undefined) return false;
  if (numberOf(row, "item_order") === orderOf(seq)) return true;
  store.run("update items set item_order = ?, seq = ?, state = ? where conversation = ? and item_order = ?", [
    orderOf(seq),
    seq,
    JSON.stringify({ kind: "sent" } satisfies PostState),
    conversation,
    numberOf(row, "item_order"),
  ]);
  return true;
}

export function setPostState(store: Store, conversation: ConversationId, post: PostId, state: PostState): void {
  store.run("update items set state = ? where conversation = ? and post = ? and seq is null", [
    JSON.stringify(state),
    conversation,
    post,
  ]);
}

export function deletePendingPost(store: Store, conversation: ConversationId, post: PostId): void {
  store.run("delete from items where conversation = ? and post = ? and seq is null", [conversation, post]);
}

/** Is this post a line of the timeline, and not a mark on another? */
export function hasLine(store: Store, conversation: ConversationId, post: PostId): boolean {
  return store.all("select 1 as one from items where conversation = ? and post = ?", [conversation, post]).length > 0;
}

/** Did the entry at this place give a post that is shown? */
export function isShownAt(store: Store, conversation: ConversationId, seq: Seq): boolean {
  const at = "select 1 as one from items where conversation = ? and item_order = ? and kind = 'post'";
  return store.all(at, [conversation, orderOf(seq)]).length > 0;
}

/** Remembers a post id for ever. False when it was known: a replay inside MLS shows once. */
export function rememberPost(store: Store, conversation: ConversationId, post: PostId): boolean {
  return (
    store.all(
      "insert into known_posts (conversation, post) values (?, ?) on conflict do nothing returning 1 as fresh",
      [conversation, post],
    ).length > 0
  );
}

/** What one asks for: the newest posts, those before or after a place, or those around one. `thread`: of a thread only. */
export type PageRequest = {
  conversation: ConversationId;
  beforeOrder?: number;
  afterOrder?: number;
  around?: PostId;
  thread?: PostId;
  limit: number;
};

export const PAGE_ITEMS_MAX = 200;

/** One page, oldest first. The cost doesn't depend on how much lies before or behind it. */
export function timelinePage(look: Look, request: PageRequest & { read: ReadPlaces }): TimelinePage {
  const { store } = look;
  const { conversation, thread } = request;
  const limit = Math.max(1, Math.min(PAGE_ITEMS_MAX, request.limit));
  const scope = scopeOf(look, thread);
  const select = (compared: string, order: number, direction: "asc" | "desc", count: number): SqlRow[] =>
    store.all(
      `select ${COLUMNS} from items where conversation = ? and item_order ${compared} ?${scope.sql} order by item_order ${direction} limit ?`,
      [conversation, order, ...scope.parameters, count],
    );
  const older = (before: number, count: number): { rows: SqlRow[]; more: boolean } => {
    const rows = select("<", before, "desc", count + 1);
    return { rows: rows.slice(0, count).reverse(), more: rows.length > count };
  };
  const newer = (compared: ">" | ">=", from: number, count: number): { rows: SqlRow[]; more: boolean } => {
    const rows = select(compared, from, "asc", count + 1);
    return { rows: rows.slice(0, count), more: rows.length > count };
  };
  const middle = request.around === undefined ? undefined : orderOfPost(store, conversation, request.around);
  let rows: SqlRow[];
  let more: boolean;
  let moreAfter = false;
  if (middle !== undefined) {
    const before = older(middle, Math.floor(limit / 2));
    const after = newer(">=", middle, limit - before.rows.length);
    rows = [...before.rows, ...after.rows];
    [more, moreAfter] = [before.more, after.more];
  } else if (request.afterOrder !== undefined) {
    const after = newer(">", request.afterOrder, limit);
    rows = after.rows;
    [more, moreAfter] = [older(request.afterOrder + 1, 1).rows.length > 0, after.more];
  } else ({ rows, more } = older(request.beforeOrder ?? Number.MAX_SAFE_INTEGER, limit));
  if (thread !== undefined && !more) rows = [...rootOf(look, conversation, thread), ...rows];
  return {
    items: showItems(look, conversation, rows),
    more,
    moreAfter,
    unreachable: false,
    unreadAfter: unreadAfter(look, request),
  };
}

/** The place after which something counts as unread here: in the conversation itself, or in the thread that is looked at. */
function unreadAfter(
  { store, people }: Look,
  { conversation, thread, read }: Pick<PageRequest, "conversation" | "thread"> & { read: ReadPlaces },
): number | null {
  if (thread === undefined) return countsInItself(store, people, conversation, read.itself) ? read.itself : null;
  const after = read.threads.get(thread) ?? read.others;
  return countsInThread(store, people, conversation, { thread, after }) ? after : null;
}

/** Items by their posts' ids, as they are shown, in the order of the log. */
export function itemsOf(look: Look, conversation: ConversationId, posts: readonly PostId[]): TimelineItem[] {
  const rows = look.store.all(
    `select ${COLUMNS} from items where conversation = ? and post in (select value from json_each(?)) and kind = 'post'
      and (expires_at is null or expires_at > ?) order by item_order`,
    [conversation, JSON.stringify(posts), look.now],
  );
  return showItems(look, conversation, rows);
}

/** What is no more isn't shown, whether it was erased already or not; and nothing of people whom the person has blocked. */
function scopeOf({ people, now }: Look, thread?: PostId): { sql: string; parameters: readonly (string | number)[] } {
  const hidden = without("sender", people.withTrust("blocked"));
  const where = thread === undefined ? "thread is null" : "thread = ?";
  return {
    sql: ` and ${where} and kind <> 'gone' and (expires_at is null or expires_at > ?)${hidden.sql}`,
    parameters: [...(thread === undefined ? [] : [thread]), now, ...hidden.parameters],
  };
}

function orderOfPost(store: Store, conversation: ConversationId, post: PostId): number | undefined {
  const row = store.all("select item_order from items where conversation = ? and post = ? and kind = 'post'", [
    conversation,
    post,
  ])[0];
  return row === undefined ? undefined : numberOf(row, "item_order");
}

function rootOf({ store, people, now }: Look, conversation: ConversationId, thread: PostId): SqlRow[] {
  const hidden = without("sender", people.withTrust("blocked"));
  return store.all(
    `select ${COLUMNS} from items where conversation = ? and post = ? and kind = 'post' and (expires_at is null or expires_at > ?)${hidden.sql}`,
    [conversation, thread, now, ...hidden.parameters],
  );
}

/** The newest line of the conversation itself, without what belongs to a whole page. @param now ms: what is over isn't shown */
export function newestItem(
  store: Store,
  people: People,
  conversation: ConversationId,
  now = 0,
): TimelineItem | undefined {
  const hidden = without("sender", people.withTrust("blocked"));
  const row = store.all(
    `select ${COLUMNS} from items where conversation = ? and thread is null and kind <> 'gone'
      and (expires_at is null or expires_at > ?)${hidden.sql} order by item_order desc limit 1`,
    [conversation, now, ...hidden.parameters],
  )[0];
  return row === undefined ? undefined : showPlain({ people }, row);
}
