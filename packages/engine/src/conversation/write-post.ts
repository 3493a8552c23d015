import { postIdOfContent } from "@sotto/crypto";
import {
  POST_BYTES_MAX,
  SottoError,
  encodeContent,
  isPreviewOf,
  markdownPost,
  previewPart,
  profilePost,
  sendIdOf,
  utf8,
  type Content,
  type ConversationId,
  type PostId,
  type PreviewContent,
} from "@sotto/protocol";
import type { Context } from "../context.ts";
import { PENDING_ORDER } from "../schema.ts";
import { takePost } from "../timeline/take-post.ts";
import { nextPendingOrder } from "../timeline/timeline.ts";
import { shownOf } from "./content.ts";
import { loadConversation, type ConversationRecord } from "./conversation-record.ts";
import { enqueue } from "./outbox.ts";
import { standingNow } from "./standing.ts";

/** What a person writes. */
export type Words = {
  text: string;
  inReplyTo?: PostId | undefined;
  thread?: PostId | undefined;
  /** From now on; never longer than the conversation's timer. */
  expiresInSeconds?: number | undefined;
  forwarded?: boolean | undefined;
  preview?: PreviewContent | undefined;
};

/** Beside the text: what a post says of itself, and a preview. */
const TEXT_BYTES_MAX = POST_BYTES_MAX - 512;

/** @throws SottoError post/empty, post/too-large */
export function assertText(text: string): void {
  if (text.trim() === "") throw new SottoError("post/empty", "There is nothing to send yet.");
  if (utf8(text).length > TEXT_BYTES_MAX) {
    throw new SottoError("post/too-large", "This is longer than a post may be (64 KiB).", {
      kind: "person",
      do: "Send it in parts.",
    });
  }
}

/** Writes a post into the outbox and the timeline, in one transaction. @throws SottoError post/empty, post/too-large */
export function writePost(context: Context, conversation: ConversationId, words: Words): PostId {
  assertText(words.text);
  if (words.preview !== undefined && !isPreviewOf(words.preview, words.text))
    throw new SottoError("request/malformed", "A preview is about a link in the message, and has a title.", {
      kind: "person",
      do: "Change the title, or send without it.",
    });
  const post = context.store.transaction(() => putText(context, conversation, words));
  context.emit({ kind: "timeline", conversation });
  return post;
}

/** The same inside a transaction that is open. The text was asserted. */
export function putText(context: Context, conversation: ConversationId, words: Words): PostId {
  const { text, inReplyTo, thread, expiresInSeconds, forwarded, preview } = words;
  const timer = recordOf(context, conversation).policy.timerSeconds;
  const seconds = Math.min(expiresInSeconds ?? Infinity, timer === 0 ? Infinity : timer);
  const expiresAt = Number.isFinite(seconds)
    ? Math.floor(context.ports.clock.now() / 1000) + Math.max(1, Math.ceil(seconds))
    : undefined;
  return putPost(context, conversation, (salt) =>
    markdownPost(
      text,
      salt,
      { inReplyTo, thread, expiresAt, forwarded },
      preview === undefined ? [] : [previewPart(preview)],
    ),
  );
}

/**
 * Puts a post that is a line or a mark into the outbox and lets it show at once. Inside a transaction. What makes its id (content, salt) and
 * its time are fixed here and survive every re-seal. It is read back as everybody will read it: what is shown here is what is sent.
 */
export function putPost(context: Context, conversation: ConversationId, make: (salt: Uint8Array) => Content): PostId {
  const { store, ports, account } = context;
  const salt = ports.random(16);
  const content = encodeContent(make(salt));
  const post = postIdOfContent({ account, conversation, content, salt });
  const at = ports.clock.now();
  const shown = shownOf(content);
  if (shown.kind === "profile" || shown.kind === "between-devices") throw new TypeError("a post that shows nothing");
  const isLine = shown.kind !== "mark";
  const record = recordOf(context, conversation);
  const send = sendIdOf(ports.random(16));
  const position = enqueue(store, { conversation, send, post, content, at, isLine });
  takePost(
    context,
    {
      conversation,
      order: isLine ? nextPendingOrder(store, conversation) : PENDING_ORDER + position,
      seq: null,
      at,
      post,
      sender: account,
      content,
      standing: standingNow(record, account),
      state: { kind: "sending" },
    },
    shown,
  );
  if (isLine) store.run("update conversations set active_at = ? where id = ?", [at, conversation]);
  return post;
}

/** As it is here, or as far as it can be known before this device has entered. @throws SottoError conversation/unknown */
function recordOf({ store, previews }: Context, conversation: ConversationId): ConversationRecord {
  const record = loadConversation(store, conversation) ?? previews.get(conversation)?.record;
  if (record !== undefined) return record;
  throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
}

/** Puts the conversation's profile into the outbox, for those who came since it was last said. */
export function writeProfile(context: Context, conversation: ConversationId, profile: Uint8Array): void {
  context.store.transaction(() => enqueueProfile(context, conversation, profile));
}

/** The same, inside a transaction. */
export function enqueueProfile(context: Context, conversation: ConversationId, profile: Uint8Array): void {
  enqueue(context.store, {
    conversation,
    send: sendIdOf(context.ports.random(16)),
    post: null,
    content: encodeContent(profilePost(profile, context.ports.random(16))),
    at: context.ports.clock.now(),
  });
}
