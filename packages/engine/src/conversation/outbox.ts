import type { ConversationId, PostId, SendId } from "@sotto/protocol";
import type { Failure } from "../api.ts";
import type { Store } from "../ports.ts";
import { bytesOf, numberOf, numberOrNull, textOf, textOrNull } from "../rows.ts";

/**
 * A post that waits to be taken into the log. Content, time and send id were fixed when the person pressed Enter; it is
 * sealed for the epoch in which it is sent, as often as that takes.
 */
export type OutboxRow = {
  conversation: ConversationId;
  position: number;
  send: SendId;
  /** Null for a post that nothing here speaks of, such as an announced profile. */
  post: PostId | null;
  content: Uint8Array;
  at: number;
  failed: Failure | null;
};

/**
 * Puts a post at the end. One with a line of its own shares its content with it (`isLine`): insert that line in the same transaction.
 * @returns its position
 */
export function enqueue(store: Store, row: Omit<OutboxRow, "position" | "failed"> & { isLine?: boolean }): number {
  const last = store.all("select max(position) as last from outbox where conversation = ?", [row.conversation])[0];
  const position = ((last === undefined ? null : numberOrNull(last, "last")) ?? 0) + 1;
  store.run(
    "insert into outbox (conversation, position, send, post, content, at, failed) values (?, ?, ?, ?, ?, ?, null)",
    [row.conversation, position, row.send, row.post, row.isLine === true ? null : row.content, row.at],
  );
  return position;
}

/** Puts a post that nothing here speaks of before all that wait. */
export function putFirst(store: Store, row: Omit<OutboxRow, "position" | "failed">): void {
  const first = store.all("select min(position) as first from outbox where conversation = ?", [row.conversation])[0];
  const position = ((first === undefined ? null : numberOrNull(first, "first")) ?? 1) - 1;
  store.run(
    "insert into outbox (conversation, position, send, post, content, at, failed) values (?, ?, ?, ?, ?, ?, null)",
    [row.conversation, position, row.send, null, row.content, row.at],
  );
}

/** Does something wait that the person has written? */
export function hasWords(store: Store, conversation: ConversationId): boolean {
  const sql = "select 1 as one from outbox where conversation = ? and post is not null and failed is null limit 1";
  return store.all(sql, [conversation]).length > 0;
}

/** The first row that may be sent, in the order of typing. A failed one waits for the person and blocks nobody. */
export function nextToSend(store: Store, conversation: ConversationId): OutboxRow | undefined {
  const row = store.all(
    `select o.position, o.send, o.post, o.at, coalesce(o.content, i.content) as content
     from outbox o left join items i on i.conversation = o.conversation and i.post = o.post
     where o.conversation = ? and o.failed is null order by o.position limit 1`,
    [conversation],
  )[0];
  if (row === undefined) return undefined;
  return {
    conversation,
    position: numberOf(row, "position"),
    send: textOf(row, "send") as SendId,
    post: textOrNull(row, "post") as PostId | null,
    content: bytesOf(row, "content"),
    at: numberOf(row, "at"),
    failed: null,
  };
}

/** Is there anything to send in this conversation: a post, or a commit without a verdict? */
export function waits(store: Store, conversation: ConversationId): boolean {
  return (
    store.all("select 1 as one from outbox where conversation = ? and failed is null limit 1", [conversation]).length >
      0 || store.all("select 1 as one from pending_commits where conversation = ?", [conversation]).length > 0
  );
}

export function removeFromOutbox(store: Store, conversation: ConversationId, send: SendId): PostId | null {
  const row = store.all("select post from outbox where conversation = ? and send = ?", [conversation, send])[0];
  store.run("delete from outbox where conversation = ? and send = ?", [conversation, send]);
  return row === undefined ? null : (textOrNull(row, "post") as PostId | null);
}

export function failInOutbox(store: Store, conversation: ConversationId, send: SendId, failure: Failure): void {
  store.run("update outbox set failed = ? where conversation = ? and send = ?", [
    JSON.stringify(failure),
    conversation,
    send,
  ]);
}

export function retryInOutbox(store: Store, conversation: ConversationId, post: PostId): void {
  store.run("update outbox set failed = null where conversation = ? and post = ?", [conversation, post]);
}

export function discardFromOutbox(store: Store, conversation: ConversationId, post: PostId): void {
  store.run("delete from outbox where conversation = ? and post = ?", [conversation, post]);
}

/**
 * The sent-journal: the hash of every ciphertext made for a send id, and of what was signed inside it. An entry from one's own leaf that it doesn't know means that
 * a copy of this device is at work, or that its disk was rolled back.
 */
export function rememberSent(store: Store, conversation: ConversationId, hash: string, send: SendId): void {
  store.run("insert into journal (conversation, hash, send) values (?, ?, ?)", [conversation, hash, send]);
}

export function sentAs(store: Store, conversation: ConversationId, hash: string): SendId | undefined {
  const row = store.all("select send from journal where conversation = ? and hash = ?", [conversation, hash])[0];
  return row === undefined ? undefined : (textOf(row, "send") as SendId);
}
