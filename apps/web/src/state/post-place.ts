import type { ConversationId, PostId } from "@sotto/protocol";
import { open } from "./route.ts";

type PostPlace = { conversation: ConversationId; post: PostId };

let wanted: PostPlace | null = null;
const listeners = new Set<() => void>();

/** Opens a conversation where a post stands: from the saved ones, from a search, from a list of pins. */
export function openPost(conversation: ConversationId, post: PostId): void {
  wanted = { conversation, post };
  open(conversation);
  for (const listener of listeners) listener();
}

/** The post that this conversation was opened for; asked once, by the log that goes there. */
export function takePostPlace(conversation: ConversationId): PostId | null {
  if (wanted?.conversation !== conversation) return null;
  const { post } = wanted;
  wanted = null;
  return post;
}

/** @returns ends it */
export function onPostPlace(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
