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
  const { kind, state, members } = record;
  if (kind === KIND.self || state.kind !== "open") return false;
  return members.length >= 2 && members.length <= PRESENCE_PEOPLE_MAX && !isHeldBack(context, record);
}
