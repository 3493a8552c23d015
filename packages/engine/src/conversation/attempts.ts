import { entryHash } from "@sotto/crypto";
import { equalBytes, type ConversationId } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import type { Incoming } from "./read-entry.ts";
import { bytesOf, numberOf, textOf } from "../rows.ts";

/**
 * [Note: What killed its process] A row says that the engine is running. If it is still there at the next start, that end was
 * unclean: then entries go one by one, each marked before it is read, and one that was marked in two lives is quarantined by
 * seq and hash. So nothing in a log can keep a client from starting, and a clean run pays nothing per entry.
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

export function clearAttempt(store: Store, conversation: ConversationId, entry: Incoming): void {
  store.run("delete from attempts where conversation = ? and seq = ?", [conversation, entry.seq]);
}

/** Conversations in which an entry was being read when the last life ended. */
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
