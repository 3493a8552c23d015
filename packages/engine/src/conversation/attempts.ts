import { entryHash } from "@sotto/crypto";
import { equalBytes, type ConversationId, type Seq } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import type { Incoming } from "./read-entry.ts";
import { bytesOf, numberOf, numberOrNull, textOf } from "../rows.ts";

/**
 * [Note: What killed its process] A row says that the engine is running. If it is still there at the next start, that end was
 * unclean: then each batch is marked before it is read. Of a batch that was marked when a life ended the entries go one by one,
 * each marked before it is read, and one that was marked in two lives is quarantined by seq and hash. So nothing in a log can keep a client
 * from starting, a clean run pays nothing, and one after an unclean end (as every one in a browser is) a row a batch.
 *
 * That a batch was marked counts for none of its entries: it is no evidence against any one of them, and people do close a tab twice.
 */
export function beginRun(store: Store): { unclean: boolean } {
  const unclean = store.all("select 1 as one from running").length > 0;
  if (!unclean) store.run("insert into running (id) values (1)");
  return { unclean };
}

export function endRun(store: Store): void {
  store.run("delete from running");
}

const hashOf = (entry: Incoming): Uint8Array => (entry.kind === "erased" ? entry.hash : entryHash(entry.envelope));

/** How many lives ended while this very entry was being read. */
export function attemptOf(store: Store, conversation: ConversationId, entry: Incoming): number {
  const row = store.all("select hash, tries from attempts where conversation = ? and seq = ?", [
    conversation,
    entry.seq,
  ])[0];
  return row !== undefined && equalBytes(bytesOf(row, "hash"), hashOf(entry)) ? numberOf(row, "tries") : 0;
}

export function markAttempt(store: Store, conversation: ConversationId, entry: Incoming): void {
  const tries = attemptOf(store, conversation, entry) + 1;
  store.run("insert or replace into attempts (conversation, seq, hash, tries) values (?, ?, ?, ?)", [
    conversation,
    entry.seq,
    hashOf(entry),
    tries,
  ]);
}

/** Before a batch is read, by its last entry: no try of that entry itself. */
export function markBatch(store: Store, conversation: ConversationId, last: Incoming): void {
  store.run("insert or ignore into attempts (conversation, seq, hash, tries) values (?, ?, ?, 0)", [
    conversation,
    last.seq,
    hashOf(last),
  ]);
}

/** Up to this seq entries were being read when a life ended; 0 where none were. */
export function attemptedUpTo(store: Store, conversation: ConversationId): Seq {
  const row = store.all("select max(seq) as last from attempts where conversation = ?", [conversation])[0];
  return row === undefined ? 0 : (numberOrNull(row, "last") ?? 0);
}

export function clearAttempt(store: Store, conversation: ConversationId, entry: Incoming): void {
  store.run("delete from attempts where conversation = ? and seq = ?", [conversation, entry.seq]);
}

/** Conversations in which something was being read when the last life ended. */
export function conversationsUnderAttempt(store: Store): ConversationId[] {
  return store
    .all("select distinct conversation from attempts")
    .map((row) => textOf(row, "conversation") as ConversationId);
}

/** True when the place of this entry is known with another hash: the server serves two logs. */
export function contradictsLog(store: Store, conversation: ConversationId, entry: Incoming): boolean {
  const row = store.all("select hash from log where conversation = ? and seq = ?", [conversation, entry.seq])[0];
  return row !== undefined && !equalBytes(bytesOf(row, "hash"), hashOf(entry));
}
