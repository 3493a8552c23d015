import {
  SottoError,
  isPoll,
  pollClosePost,
  pollPost,
  votePost,
  type ConversationId,
  type PollContent,
  type PostId,
} from "@sotto/protocol";
import type { Context } from "../context.ts";
import { loadConversation } from "../conversation/conversation-record.ts";
import { assertMayWrite } from "../conversation/may-send.ts";
import { putPost } from "../conversation/write-post.ts";
import { numberOf, textOrNull } from "../rows.ts";
import { extraOf } from "./extras.ts";
import { votesOn } from "./poll-votes.ts";

/** @throws SottoError poll/malformed and what {@link assertMayWrite} throws */
export function sendPoll(
  context: Context,
  request: PollContent & { conversation: ConversationId; thread?: PostId | undefined },
): PostId {
  const { conversation, thread, multiple } = request;
  const poll = {
    question: request.question.trim(),
    options: request.options.map((option) => option.trim()).filter((option) => option !== ""),
    multiple,
  };
  if (!isPoll(poll))
    throw new SottoError(
      "poll/malformed",
      "A poll has a question and two to twelve different answers, none too long.",
      {
        kind: "person",
        do: "Change the question or the answers.",
      },
    );
  assertOpen(context, conversation);
  const post = context.store.transaction(() =>
    putPost(context, conversation, (salt) => pollPost(poll, salt, { thread })),
  );
  context.emit({ kind: "timeline", conversation });
  return post;
}

/** @throws SottoError post/not-found, poll/closed, request/malformed */
export function vote(
  context: Context,
  { conversation, post, options }: { conversation: ConversationId; post: PostId; options: readonly number[] },
): void {
  const { poll, closed } = pollHere(context, conversation, post);
  if (closed) throw new SottoError("poll/closed", "This poll is closed: nobody can vote in it any more.");
  const chosen = [...new Set(options)];
  if (
    chosen.length > (poll.multiple ? poll.options.length : 1) ||
    chosen.some((option) => !Number.isInteger(option) || option < 0 || option >= poll.options.length)
  )
    throw new SottoError("request/malformed", "The poll doesn't have these answers.");
  assertOpen(context, conversation);
  context.store.transaction(() => putPost(context, conversation, (salt) => votePost(post, chosen, salt)));
  context.emit({ kind: "timeline", conversation });
}

/** @throws SottoError post/not-found, post/not-yours */
export function closePoll(
  context: Context,
  { conversation, post }: { conversation: ConversationId; post: PostId },
): void {
  const { closed, own } = pollHere(context, conversation, post);
  if (!own)
    throw new SottoError("post/not-yours", "Only who began this poll can close it.", {
      kind: "person",
      do: "Ask its author.",
    });
  if (closed) return;
  assertOpen(context, conversation);
  context.store.transaction(() => putPost(context, conversation, (salt) => pollClosePost(post, salt)));
  context.emit({ kind: "timeline", conversation });
}

function pollHere({ store }: Context, conversation: ConversationId, post: PostId) {
  const row = store.all(
    "select own, extra from items where conversation = ? and post = ? and kind = 'post' and deleted_by is null",
    [conversation, post],
  )[0];
  const { poll } = extraOf(row === undefined ? null : textOrNull(row, "extra"));
  if (row === undefined || poll === undefined)
    throw new SottoError("post/not-found", "This poll isn't there any more.");
  const closed = votesOn(store, conversation, [post]).get(post)?.closed ?? false;
  return { poll, closed, own: numberOf(row, "own") === 1 };
}

function assertOpen(context: Context, conversation: ConversationId): void {
  const record = loadConversation(context.store, conversation);
  if (record === undefined) throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
  assertMayWrite(context, record);
}
