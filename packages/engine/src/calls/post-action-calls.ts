import type { PostsApi } from "../api-posts.ts";
import * as actions from "../conversation/post-actions.ts";
import type { Desk } from "./desk.ts";

/** What people do with posts that are there. What goes out to others is tried at once. */
export function postActionCalls({
  current,
}: Desk): Pick<
  PostsApi,
  "edit" | "versions" | "deletePosts" | "react" | "forward" | "setStarred" | "starredPosts" | "markUnread"
> {
  return {
    edit: async (request) => {
      const client = current();
      actions.edit(client.context, request);
      void client.flush(request.conversation);
    },
    versions: async (request) => actions.versions(current().context, request),
    deletePosts: async (request) => {
      const client = current();
      actions.deletePosts(client.context, request);
      void client.flush(request.conversation);
    },
    react: async (request) => {
      const client = current();
      actions.react(client.context, request);
      void client.flush(request.conversation);
    },
    forward: async (request) => {
      const client = current();
      actions.forward(client.context, request);
      for (const conversation of request.to) void client.flush(conversation);
    },
    setStarred: async (request) => actions.setStarred(current().actor(request.conversation).context, request),
    starredPosts: async () => actions.starredPosts(current().context),
    markUnread: async (request) => actions.markUnread(current().actor(request.conversation).context, request),
  };
}
