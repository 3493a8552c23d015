import type { PostsApi } from "../api-posts.ts";
import type { Desk } from "./desk.ts";
import { notBuilt } from "./not-built.ts";

export function postExtraCalls(
  _desk: Desk,
): Pick<
  PostsApi,
  "setPostPinned" | "pinnedPosts" | "sendPoll" | "vote" | "closePoll" | "schedule" | "scheduledPosts" | "unschedule"
> {
  return {
    setPostPinned: notBuilt,
    pinnedPosts: notBuilt,
    sendPoll: notBuilt,
    vote: notBuilt,
    closePoll: notBuilt,
    schedule: notBuilt,
    scheduledPosts: notBuilt,
    unschedule: notBuilt,
  };
}
