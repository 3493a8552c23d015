import { KIND, PRESENCE_PEOPLE_MAX } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { isHeldBack } from "../conversation/may-send.ts";
import type { ConversationRecord } from "../conversation/conversation-record.ts";

/**
 * May anything be told here of what the person does without words: that they are writing, how far they have read? Where they have let
 * everybody in, where they may write, and where those who would hear it are few enough to be people. Whether the person wants it is
 * another question.
 */
export function mayTellPresence(context: Context, record: ConversationRecord): boolean {
  return record.state.kind === "open" && isAmongFew(record) && !isHeldBack(context, record);
}

/** Are there others, and so few that presence is told among them? */
export const isAmongFew = ({ kind, members }: Pick<ConversationRecord, "kind" | "members">): boolean =>
  kind !== KIND.self && members.length >= 2 && members.length <= PRESENCE_PEOPLE_MAX;
