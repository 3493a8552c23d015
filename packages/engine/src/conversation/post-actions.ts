import {
  SottoError,
  deletePost,
  editPost,
  emojiOf,
  reactionPost,
  unreactionPost,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";
import type { PostVersion } from "../api-posts.ts";
import type { TimelineItem } from "../api.ts";
import type { Context } from "../context.ts";
import { bytesOrNull, textOf } from "../rows.ts";
import { PENDING_ORDER } from "../schema.ts";
import { SYNC } from "../sync/sync-state.ts";
import { forgetPost, marksOf, waitingMarks } from "../timeline/marks.ts";
import { lookOf } from "../timeline/look.ts";
import { reactionsOf } from "../timeline/reactions.ts";
import { deletePendingPost, itemsOf } from "../timeline/timeline.ts";
import { shownOf } from "./content.ts";
import { loadConversation } from "./conversation-record.ts";
import { assertMayWrite } from "./may-send.ts";
import { discardFromOutbox } from "./outbox.ts";
import { assertText, putPost, putText } from "./write-post.ts";

/** What a person does to posts. Each is one transaction: the mark, what it makes of the post here, and what goes out. */
type On = { conversation: ConversationId; post: PostId };
type ShownPost = Extract<TimelineItem, { kind: "post" }>;

const notFound = (): SottoError => new SottoError("post/not-found", "This post isn't there any more.");
const notYours = (): SottoError =>
  new SottoError("post/not-yours", "Only who wrote this post can do that.", { kind: "person", do: "Ask its author." });

/** Posts as they are shown, in the order of the log. */
function itemsHere(context: Context, conversation: ConversationId, posts: readonly PostId[]): TimelineItem[] {
  return itemsOf(lookOf(context, loadConversation(context.store, conversation)), conversation, posts);
}

function postHere(context: Context, { conversation, post }: On): ShownPost {
  const item = itemsHere(context, conversation, [post])[0];
  if (item?.kind !== "post") throw notFound();
  return item;
}

/** @throws SottoError what {@link assertMayWrite} throws */
function assertOpen(context: Context, conversation: ConversationId): void {
  const record = loadConversation(context.store, conversation);
  if (record === undefined) throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
  assertMayWrite(context, record);
}

/** @throws SottoError post/not-found, post/not-yours, post/empty, post/too-large */
export function edit(context: Context, { conversation, post, text }: On & { text: string }): void {
  assertOpen(context, conversation);
  assertText(text);
  const item = postHere(context, { conversation, post });
  if (!item.marks.may.edit) throw item.own ? notFound() : notYours();
  if (item.text === text) return;
  const inReplyTo = item.marks.replyTo?.post;
  context.store.transaction(() => putPost(context, conversation, (salt) => editPost(post, text, salt, inReplyTo)));
  context.emit({ kind: "timeline", conversation });
}

/** Every text that a post had, oldest first. Of a deleted one nothing. */
export function versions(context: Context, on: On): PostVersion[] {
  const { store } = context;
  const item = postHere(context, on);
  const row = store.all("select content, sender from items where conversation = ? and post = ? and kind = 'post'", [
    on.conversation,
    on.post,
  ])[0];
  const content = row === undefined ? null : bytesOrNull(row, "content");
  if (row === undefined || content === null) throw notFound();
  const original = shownOf(content);
  const first = original.kind === "text" ? [{ text: original.text, at: item.at }] : [];
  const later = marksOf(store, on.conversation, on.post, "edit").filter(
    ({ account }) => account === textOf(row, "sender"),
  );
  return [...first, ...later.flatMap(({ data, at }) => (data === null ? [] : [{ text: data, at }]))];
}

/**
 * Deletes for everyone, or for oneself on all own devices. One that was never sent is simply taken back. All or nothing.
 * @throws SottoError post/not-found, post/not-yours
 */
export function deletePosts(
  context: Context,
  { conversation, posts, everyone }: { conversation: ConversationId; posts: readonly PostId[]; everyone: boolean },
): void {
  const { store, sync } = context;
  const items = itemsHere(context, conversation, posts).filter((item) => "post" in item);
  const unsent = items.filter((item) => item.kind === "post" && item.state.kind === "failed");
  const others = items.filter((item) => !unsent.includes(item));
  if (everyone) {
    if (items.length < new Set(posts).size) throw notFound();
    assertOpen(context, conversation);
    // What a newer version wrote is deleted by its author like anything else.
    const mayNot = others.some(
      (item) => (item.kind === "post" && !item.marks.may.delete) || (item.kind === "unsupported" && !item.own),
    );
    if (mayNot) throw notYours();
  }
  store.transaction(() => {
    for (const { post } of unsent) takeBack(context, conversation, post);
    for (const item of others) {
      if (!everyone) {
        sync.set(SYNC.gone(conversation, item.post), true);
        forgetPost(store, conversation, item.post);
      } else if (item.kind !== "deleted") putPost(context, conversation, (salt) => deletePost(item.post, salt));
    }
  });
  context.emit({ kind: "timeline", conversation });
}

/** A post that never went out, and what was to be done to it. Inside a transaction. */
export function takeBack({ store }: Context, conversation: ConversationId, post: PostId): void {
  for (const mark of waitingMarks(store, conversation, post)) discardFromOutbox(store, conversation, mark);
  store.run("delete from post_marks where conversation = ? and target = ? and item_order >= ?", [
    conversation,
    post,
    PENDING_ORDER,
  ]);
  discardFromOutbox(store, conversation, post);
  deletePendingPost(store, conversation, post);
}

/** Sets or takes back one's own reaction; nothing happens where it is so already. @throws SottoError post/not-found */
export function react(context: Context, { conversation, post, emoji, on }: On & { emoji: string; on: boolean }): void {
  const { store, account } = context;
  assertOpen(context, conversation);
  const spelled = emojiOf(emoji);
  if (spelled === undefined) throw new SottoError("request/malformed", "A reaction is one emoji.");
  postHere(context, { conversation, post });
  const own = reactionsOf(store, conversation, post, account).filter((reaction) => reaction.emoji === spelled);
  if (own.length > 0 === on) return;
  store.transaction(() => {
    if (on) putPost(context, conversation, (salt) => reactionPost(post, spelled, salt));
    for (const mark of own) putPost(context, conversation, (salt) => unreactionPost(mark.post, post, salt));
  });
  context.emit({ kind: "timeline", conversation });
}

/** Into each of the conversations, in the order of the log. @throws SottoError post/not-found, and why one can't write there */
export function forward(
  context: Context,
  {
    conversation,
    posts,
    to,
  }: { conversation: ConversationId; posts: readonly PostId[]; to: readonly ConversationId[] },
): void {
  const items = itemsHere(context, conversation, posts).filter((item) => item.kind === "post");
  if (items.length === 0 || items.length < new Set(posts).size) throw notFound();
  for (const target of to) assertOpen(context, target);
  context.store.transaction(() => {
    for (const target of new Set(to)) for (const { text } of items) putText(context, target, { text, forwarded: true });
  });
  for (const target of new Set(to)) context.emit({ kind: "timeline", conversation: target });
}

const STARS = "star/";

/** For oneself, on all own devices. */
export function setStarred(context: Context, { conversation, post, starred }: On & { starred: boolean }): void {
  if (starred) context.sync.set(SYNC.star(conversation, post), context.ports.clock.now());
  else context.sync.delete(SYNC.star(conversation, post));
  context.emit({ kind: "timeline", conversation });
}

/** Newest star first, as far as this device has the posts. */
export function starredPosts(context: Context): { conversation: ConversationId; item: TimelineItem }[] {
  const stars = context.sync.list(STARS).flatMap(([key, at]) => {
    const [, conversation, post] = key.split("/") as [string, ConversationId?, PostId?];
    if (conversation === undefined || post === undefined) return [];
    return [{ conversation, post, at: typeof at === "number" ? at : 0 }];
  });
  const found = new Map<string, TimelineItem>();
  for (const conversation of new Set(stars.map((star) => star.conversation))) {
    const posts = stars.filter((star) => star.conversation === conversation).map(({ post }) => post);
    for (const item of itemsHere(context, conversation, posts))
      if (item.kind === "post") found.set(`${conversation}/${item.post}`, item);
  }
  return stars
    .sort((a, b) => b.at - a.at || (a.post < b.post ? -1 : 1))
    .flatMap(({ conversation, post }) => {
      const item = found.get(`${conversation}/${post}`);
      return item === undefined ? [] : [{ conversation, item }];
    });
}

/** Everything from this place on is unread again, on all own devices, until something here is read. */
export function markUnread(
  context: Context,
  { conversation, fromOrder }: { conversation: ConversationId; fromOrder: number },
): void {
  if (!Number.isSafeInteger(fromOrder) || fromOrder < 0 || fromOrder >= PENDING_ORDER)
    throw new SottoError("request/malformed", "There is no such place in this conversation.");
  context.sync.set(SYNC.unread(conversation), fromOrder);
  context.emit({ kind: "conversations" });
  context.emit({ kind: "timeline", conversation });
}
