import { concat, idBytes, utf8, type ConversationId, type PostId } from "@sotto/protocol";
import { LABEL } from "./labels.ts";

/** What an answer to a request for keys is sealed for (the info of HPKE): it opens for this request in this conversation only. */
export function keysAnswerInfo(conversation: ConversationId, request: PostId): Uint8Array {
  return concat(utf8(LABEL.keysAnswer), idBytes(conversation), idBytes(request));
}
