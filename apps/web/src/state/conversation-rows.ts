import type { ConversationSummary } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { conversationRows } from "@sotto/views";
import type { ConversationRow, Place } from "@sotto/views";

type Made = { row: ConversationRow; now: number; locale: string; isOpen: boolean };

const made = new WeakMap<ConversationSummary, Made>();

/** The rows of the list, in the list's order. A row is made once for as long as its conversation and the time stay the same. */
export function rowsOf(
  conversations: readonly ConversationSummary[],
  { now, place, open }: { now: number; place: Place; open: ConversationId | null },
): ConversationRow[] {
  return conversations.flatMap((conversation) => {
    const isOpen = conversation.conversation === open;
    const known = made.get(conversation);
    if (known?.now === now && known.locale === place.locale && known.isOpen === isOpen) return known.row;
    const [row] = conversationRows([conversation], { now, place, open });
    if (row === undefined) return [];
    // The time of a day doesn't change with every tick of the clock, and then nothing that is shown does.
    const same = known?.locale === place.locale && known.isOpen === isOpen && known.row.time === row.time;
    const kept = same ? known.row : row;
    made.set(conversation, { row: kept, now, locale: place.locale, isOpen });
    return kept;
  });
}
