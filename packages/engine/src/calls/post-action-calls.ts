import type { PostsApi } from "../api-posts.ts";
import type { Desk } from "./desk.ts";
import { notBuilt } from "./not-built.ts";

export function postActionCalls(
  _desk: Desk,
): Pick<
  PostsApi,
  "edit" | "versions" | "deletePosts" | "react" | "forward" | "setStarred" | "starredPosts" | "markUnread"
> {
  return {
    edit: notBuilt,
    versions: notBuilt,
    deletePosts: notBuilt,
    react: notBuilt,
    forward: notBuilt,
    setStarred: notBuilt,
    starredPosts: notBuilt,
    markUnread: notBuilt,
  };
}
