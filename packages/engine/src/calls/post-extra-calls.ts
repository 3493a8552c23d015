import type { PostsApi } from "../api-posts.ts";
import type { Desk } from "./desk.ts";
import { pinnedPosts, setPostPinned } from "../posts/pins.ts";
import { closePoll, sendPoll, vote } from "../posts/polls.ts";

/** Polls, pins, and posts that wait for their time. */
export function postExtraCalls({
  current,
  emit,
}: Desk): Pick<
  PostsApi,
  "setPostPinned" | "pinnedPosts" | "sendPoll" | "vote" | "closePoll" | "schedule" | "scheduledPosts" | "unschedule"
> {
  return {
    setPostPinned: async (request) => {
      const client = current();
      setPostPinned(client.context, request);
      void client.flush(request.conversation);
    },
    pinnedPosts: async ({ conversation }) => pinnedPosts(current().context, conversation),
    sendPoll: async (request) => {
      const client = current();
      const post = sendPoll(client.context, request);
      void client.flush(request.conversation);
      return post;
    },
    vote: async (request) => {
      const client = current();
      vote(client.context, request);
      void client.flush(request.conversation);
    },
    closePoll: async (request) => {
      const client = current();
      closePoll(client.context, request);
      void client.flush(request.conversation);
    },
    schedule: async (request) => {
      const scheduled = current().scheduled.add(request);
      emit({ kind: "timeline", conversation: request.conversation });
      return scheduled;
    },
    scheduledPosts: async ({ conversation }) => current().scheduled.list(conversation),
    unschedule: async ({ scheduled }) => {
      const conversation = current().scheduled.remove(scheduled);
      if (conversation !== undefined) emit({ kind: "timeline", conversation });
    },
  };
}
