import { PINS_MAX, SottoError, pinsPost, type ConversationId, type PostId } from "@sotto/protocol";
import type { TimelineItem } from "../api.ts";
import type { Context } from "../context.ts";
import { loadConversation } from "../conversation/conversation-record.ts";
import { assertMayWrite } from "../conversation/may-send.ts";
import { assertMay } from "../conversation/rights.ts";
import { putPost } from "../conversation/write-post.ts";
import { lookOf } from "../timeline/look.ts";
import { itemsOf } from "../timeline/timeline.ts";
import { pinsOf } from "./pin-marks.ts";

/** @throws SottoError post/not-allowed, post/not-found, post/too-many-pins and what {@link assertMayWrite} throws */
export function setPostPinned(
  context: Context,
  { conversation, post, pinned }: { conversation: ConversationId; post: PostId; pinned: boolean },
): void {
  const record = loadConversation(context.store, conversation);
  if (record === undefined) throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
  assertMayWrite(context, record);
  assertMay(record, context.account, "pin");
  const now = pinsOf(context, conversation);
  if (now.includes(post) === pinned) return;
  const [item] = itemsOf(lookOf(context, record), conversation, [post]);
  if (pinned && (item?.kind !== "post" || item.seq === null))
    throw new SottoError("post/not-found", "This message isn't there any more.");
  const others = now.filter((one) => one !== post);
  if (pinned && others.length >= PINS_MAX)
    throw new SottoError("post/too-many-pins", `No more than ${PINS_MAX} messages can be pinned here.`, {
      kind: "person",
      do: "Take one down first.",
    });
  const next = pinned ? [post, ...others] : others;
  context.store.transaction(() => putPost(context, conversation, (salt) => pinsPost(next, salt)));
  context.emit({ kind: "timeline", conversation });
}

/** Those that are here, newest pin first; nothing of people whom the person has blocked, whoever pinned it. */
export function pinnedPosts(context: Context, conversation: ConversationId): TimelineItem[] {
  const pins = pinsOf(context, conversation);
  if (pins.length === 0) return [];
  const items = itemsOf(lookOf(context, loadConversation(context.store, conversation)), conversation, pins);
  const byPost = new Map(
    items.flatMap((item) =>
      item.kind === "post" && item.sender.trust !== "blocked" ? [[item.post, item] as const] : [],
    ),
  );
  return pins.flatMap((post) => byPost.get(post) ?? []);
}
