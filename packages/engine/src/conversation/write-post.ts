import { postIdOfContent } from "@sotto/crypto";
import {
  POST_BYTES_MAX,
  SottoError,
  encodeContent,
  profilePost,
  sendIdOf,
  textPost,
  utf8,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";
import type { Context } from "../context.ts";
import { enqueue } from "./outbox.ts";
import { insertPost, nextPendingOrder } from "../timeline/timeline.ts";

/**
 * Writes a post into the outbox and the timeline, in one transaction. What makes its id (content, salt) and its time are fixed
 * here and survive every re-seal. @throws SottoError post/empty, post/too-large
 */
export function writePost(context: Context, conversation: ConversationId, text: string): PostId {
  if (text.trim() === "") throw new SottoError("post/empty", "There is nothing to send yet.");
  if (utf8(text).length > POST_BYTES_MAX - 512) {
    throw new SottoError("post/too-large", "This is longer than a post may be (64 KiB).", {
      kind: "person",
      do: "Send it in parts.",
    });
  }
  const salt = context.ports.random(16);
  const content = encodeContent(textPost(text, salt));
  const post = postIdOfContent({ account: context.account, conversation, content, salt });
  const at = context.ports.clock.now();
  context.store.transaction(() => {
    enqueue(context.store, { conversation, send: sendIdOf(context.ports.random(16)), post, content, at });
    insertPost(context.store, {
      conversation,
      order: nextPendingOrder(context.store, conversation),
      seq: null,
      at,
      post,
      sender: context.account,
      own: true,
      text,
      content,
      state: { kind: "sending" },
    });
    context.store.run("update conversations set active_at = ? where id = ?", [at, conversation]);
  });
  context.emit({ kind: "timeline", conversation });
  return post;
}

/** Puts the conversation's profile into the outbox, for those who came since it was last said. */
export function writeProfile(context: Context, conversation: ConversationId, profile: Uint8Array): void {
  const content = encodeContent(profilePost(profile, context.ports.random(16)));
  context.store.transaction(() =>
    enqueue(context.store, {
      conversation,
      send: sendIdOf(context.ports.random(16)),
      post: null,
      content,
      at: context.ports.clock.now(),
    }),
  );
}
