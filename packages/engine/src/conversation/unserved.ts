import type { ConversationId } from "@sotto/protocol";
import type { Store } from "../ports.ts";

/**
 * Conversations that the server doesn't let this account read any more. Whoever was removed while away can't be shown the commit that did it: nothing
 * after it is theirs to read. So it is the server's word, and nothing is given up for it: state and history stay, and
 * should the server serve it again, everything goes on where it was.
 */
export function isUnserved(store: Store, conversation: ConversationId): boolean {
  return store.all("select 1 as one from unserved where conversation = ?", [conversation]).length > 0;
}

/** @returns whether that is new */
export function noteServed(store: Store, conversation: ConversationId, served: boolean): boolean {
  if (isUnserved(store, conversation) === !served) return false;
  store.transaction(() =>
    served
      ? store.run("delete from unserved where conversation = ?", [conversation])
      : store.run("insert into unserved (conversation) values (?)", [conversation]),
  );
  return true;
}
