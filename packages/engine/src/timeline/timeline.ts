import type { AccountId, ConversationId, PostId, Seq } from "@sotto/protocol";
import type { PostState, TimelineItem, TimelinePage } from "../api.ts";
import type { People } from "../people/people.ts";
import type { SqlRow, Store } from "../ports.ts";
import { numberOf, numberOrNull, textOf, textOrNull } from "../rows.ts";
import { ORDERS_PER_SEQ, PENDING_ORDER } from "../schema.ts";
import { NO_MARKS } from "./post-marks.ts";
import { showLine, type StoredLine } from "./stored-line.ts";

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
  content: Uint8Array;
  state: PostState;
};

export function insertPost(store: Store, item: NewPost): void {
  store.run(
    "insert or replace into items (conversation, item_order, seq, at, kind, post, sender, own, text, content, state) values (?, ?, ?, ?, 'post', ?, ?, ?, ?, ?, ?)",
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

/** An own post has been taken into the log: it moves to its place there. */
export function settlePost(store: Store, conversation: ConversationId, post: PostId, seq: Seq): void {
  const row = store.all("select item_order from items where conversation = ? and post = ?", [conversation, post])[0];
  if (row === undefined || numberOf(row, "item_order") === orderOf(seq)) return;
  store.run("update items set item_order = ?, seq = ?, state = ? where conversation = ? and item_order = ?", [
    orderOf(seq),
    seq,
    JSON.stringify({ kind: "sent" } satisfies PostState),
    conversation,
    numberOf(row, "item_order"),
  ]);
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

/** Remembers a post id for ever. False when it was known: a replay inside MLS shows once. */
export function rememberPost(store: Store, conversation: ConversationId, post: PostId): boolean {
  if (
    store.all("select 1 as known from known_posts where conversation = ? and post = ?", [conversation, post]).length > 0
  )
    return false;
  store.run("insert into known_posts (conversation, post) values (?, ?)", [conversation, post]);
  return true;
}

function itemOf(row: SqlRow, people: People): TimelineItem {
  const order = numberOf(row, "item_order");
  const base = {
    key: textOrNull(row, "post") ?? String(order),
    order,
    seq: numberOrNull(row, "seq"),
    at: numberOf(row, "at"),
  };
  if (textOf(row, "kind") === "system") {
    return { ...base, kind: "system", line: showLine(JSON.parse(textOf(row, "line")) as StoredLine, people) };
  }
  const text = textOrNull(row, "text");
  const own = numberOf(row, "own") === 1;
  const sender = people.person(textOf(row, "sender") as AccountId);
  const post = textOf(row, "post") as PostId;
  if (text === null) return { ...base, kind: "unsupported", post, sender, own };
  return {
    ...base,
    kind: "post",
    post,
    sender,
    own,
    text,
    state: JSON.parse(textOf(row, "state")) as PostState,
    marks: NO_MARKS,
  };
}

const COLUMNS = "item_order, seq, at, kind, post, sender, own, text, state, line";

/** One page, newest first in the query and oldest first in the answer. The cost doesn't depend on how much lies before. */
export function timelinePage(
  store: Store,
  people: People,
  request: { conversation: ConversationId; beforeOrder?: number; limit: number; readOrder: number },
): TimelinePage {
  const limit = Math.max(1, Math.min(200, request.limit));
  const hidden = hiding(people.withTrust("blocked"));
  const rows = store.all(
    `select ${COLUMNS} from items where conversation = ? and item_order < ?${hidden.sql} order by item_order desc limit ?`,
    [request.conversation, request.beforeOrder ?? Number.MAX_SAFE_INTEGER, ...hidden.parameters, limit + 1],
  );
  const items = rows
    .slice(0, limit)
    .map((row) => itemOf(row, people))
    .reverse();
  return {
    items,
    more: rows.length > limit,
    moreAfter: false,
    unreachable: false,
    unreadAfter: unreadCount(store, people, request.conversation, request.readOrder) > 0 ? request.readOrder : null,
  };
}

/** Nothing of people whom the person has blocked: not shown, not counted. It stays, for the day that they no longer are. */
function hiding(blocked: ReadonlySet<AccountId>): { sql: string; parameters: readonly string[] } {
  if (blocked.size === 0) return { sql: "", parameters: [] };
  const places = [...blocked].map(() => "?").join(", ");
  return { sql: ` and (sender is null or sender not in (${places}))`, parameters: [...blocked] };
}

/** Posts by others after the read mark; counts to 1,000 and no further. */
export function unreadCount(store: Store, people: People, conversation: ConversationId, readOrder: number): number {
  const hidden = hiding(people.withTrust("blocked"));
  const row = store.all(
    `select count(*) as unread from (select 1 from items where conversation = ? and item_order > ? and own = 0 and kind = 'post'${hidden.sql} limit 1000)`,
    [conversation, readOrder, ...hidden.parameters],
  )[0];
  return row === undefined ? 0 : numberOf(row, "unread");
}

export function newestItem(store: Store, people: People, conversation: ConversationId): TimelineItem | undefined {
  const hidden = hiding(people.withTrust("blocked"));
  const row = store.all(
    `select ${COLUMNS} from items where conversation = ?${hidden.sql} order by item_order desc limit 1`,
    [conversation, ...hidden.parameters],
  )[0];
  return row === undefined ? undefined : itemOf(row, people);
}
