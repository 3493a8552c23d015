import type { ConversationId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { numberOrNull } from "../rows.ts";
import { PENDING_ORDER } from "../schema.ts";
import { SYNC, type Sync } from "./sync-state.ts";

/**
 * Everything up to this order has been seen. Never further than what the log has shown here: own posts that wait come after
 * everything else, and a mark on one of them would swallow all that others write. @returns whether anything is another by it
 */
export function markRead(context: Context, conversation: ConversationId, upToOrder: number): boolean {
  const row = context.store.all(
    "select max(item_order) as newest from items where conversation = ? and item_order < ?",
    [conversation, PENDING_ORDER],
  )[0];
  const newest = (row === undefined ? null : numberOrNull(row, "newest")) ?? 0;
  const before = readOrderOf(context.sync, conversation);
  const wasByHand = unreadFrom(context.sync, conversation) !== undefined;
  context.sync.set(SYNC.read(conversation), Math.min(upToOrder, newest));
  // What was made unread by hand has been looked at.
  context.sync.delete(SYNC.unread(conversation));
  return wasByHand || readOrderOf(context.sync, conversation) !== before;
}

export function saveDraft(context: Context, conversation: ConversationId, text: string): void {
  if (text === "") context.sync.delete(SYNC.draft(conversation));
  else context.sync.set(SYNC.draft(conversation), text);
}

/** Order of the newest line that the person saw, on whatever device, and didn't mark as unread since. */
export function readOrderOf(sync: Pick<Sync, "get">, conversation: ConversationId): number {
  const order = sync.get(SYNC.read(conversation));
  return Math.min(typeof order === "number" ? order : 0, (unreadFrom(sync, conversation) ?? Infinity) - 1);
}

/** From where on the person wants to have everything unread, by hand. */
export function unreadFrom(sync: Pick<Sync, "get">, conversation: ConversationId): number | undefined {
  const order = sync.get(SYNC.unread(conversation));
  return typeof order === "number" ? order : undefined;
}
