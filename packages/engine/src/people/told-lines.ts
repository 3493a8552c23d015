import { KIND, type AccountId, type ConversationId } from "@sotto/protocol";
import { listConversations } from "../conversation/conversation-record.ts";
import type { Store } from "../ports.ts";
import { numberOrNull } from "../rows.ts";
import { ORDERS_PER_SEQ } from "../schema.ts";
import type { StoredLine } from "../timeline/stored-line.ts";
import { orderOf } from "../timeline/timeline.ts";

/** Says something about a person at the end of every conversation that they are in. Inside the transaction in which it was learnt. */
export function tellAbout(store: Store, account: AccountId, line: StoredLine, at: number): ConversationId[] {
  const told: ConversationId[] = [];
  for (const record of listConversations(store)) {
    if (record.kind === KIND.self || !record.members.some((member) => member.account === account)) continue;
    appendLine(store, record.id, record.cursor, line, at);
    told.push(record.id);
  }
  return told;
}

/** Adds a line that comes from no entry, after what the newest read entry gave. */
function appendLine(store: Store, conversation: ConversationId, cursor: number, line: StoredLine, at: number): void {
  const end = orderOf(cursor) + ORDERS_PER_SEQ;
  const row = store.all(
    "select max(item_order) as last from items where conversation = ? and item_order >= ? and item_order < ?",
    [conversation, orderOf(cursor), end],
  )[0];
  const order = ((row === undefined ? null : numberOrNull(row, "last")) ?? orderOf(cursor)) + 1;
  // So many lines at one place say enough.
  if (order >= end) return;
  store.run("insert into items (conversation, item_order, seq, at, kind, line) values (?, ?, ?, ?, 'system', ?)", [
    conversation,
    order,
    cursor,
    at,
    JSON.stringify(line),
  ]);
}
