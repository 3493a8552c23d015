import { postIdOfContent } from "@sotto/crypto";
import type { LeafIdentity } from "@sotto/mls";
import { encodeContent, sendIdOf, type Content, type ConversationId, type PostId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { enqueue } from "../conversation/outbox.ts";

/** A post about keys, as it arrived: its signature is verified, what it says is its sender's claim. */
export type KeysPost = {
  what: "keys-request" | "keys-answer";
  post: PostId;
  sender: LeafIdentity;
  bytes: Uint8Array;
  at: number;
};

/** Into the outbox, inside a transaction. @returns the id that it will have */
export function putPost(
  { store, ports, account }: Context,
  conversation: ConversationId,
  make: (salt: Uint8Array) => Content,
): PostId {
  const salt = ports.random(16);
  const content = encodeContent(make(salt));
  enqueue(store, {
    conversation,
    send: sendIdOf(ports.random(16)),
    post: null,
    content,
    at: ports.clock.now(),
  });
  return postIdOfContent({ account, conversation, content, salt });
}
