import type { ConversationSummary, Engine } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";

/**
 * Asks the engine for the list of conversations, and from the second time on for what became of it: what didn't change stays the same
 * object, and the whole list stays the same one while nothing changed at all.
 */
export function conversationsOf(engine: Pick<Engine, "conversationsSince">): () => Promise<ConversationSummary[]> {
  const shown = new Map<ConversationId, ConversationSummary>();
  let inOrder: ConversationSummary[] = [];
  let since: string | null = null;
  return async () => {
    const { at, whole, changed, gone } = await engine.conversationsSince({ since });
    since = at;
    if (!whole && changed.length === 0 && gone.length === 0) return inOrder;
    if (whole) shown.clear();
    for (const conversation of gone) shown.delete(conversation);
    for (const summary of changed) shown.set(summary.conversation, summary);
    inOrder = [...shown.values()].sort(
      (a, b) =>
        Number(b.pinned) - Number(a.pinned) || b.activeAt - a.activeAt || (a.conversation < b.conversation ? -1 : 1),
    );
    return inOrder;
  };
}
