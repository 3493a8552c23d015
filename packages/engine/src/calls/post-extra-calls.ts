import type { PostsApi } from "../api-posts.ts";
import type { Desk } from "./desk.ts";
import { notBuilt } from "./not-built.ts";

/** Polls, pins, and posts that wait for their time. */
export function postExtraCalls({
  current,
  emit,
}: Desk): Pick<
  PostsApi,
  "setPostPinned" | "pinnedPosts" | "sendPoll" | "vote" | "closePoll" | "schedule" | "scheduledPosts" | "unschedule"
> {
  return {
    setPostPinned: notBuilt,
    pinnedPosts: notBuilt,
    sendPoll: notBuilt,
    vote: notBuilt,
    closePoll: notBuilt,
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
