import type { ConversationId, PostId } from "@sotto/protocol";
import type { Engine } from "../api.ts";
import { loadConversation } from "../conversation/conversation-record.ts";
import type { Desk } from "./desk.ts";
import { entryKeys } from "../history/entry-keys.ts";
import { assertMayWrite } from "../conversation/may-send.ts";
import { assertMay } from "../conversation/rights.ts";
import { retryInOutbox } from "../conversation/outbox.ts";
import { takeBack } from "../conversation/post-actions.ts";
import { markRead, saveDraft } from "../sync/positions.ts";
import { serverView } from "../timeline/server-view.ts";
import { setPostState } from "../timeline/timeline.ts";
import { writePost } from "../conversation/write-post.ts";

/** Posts: writing, trying again, reading marks, and one entry as the server holds it. */
export function postCalls({
  current,
  emit,
}: Desk): Pick<Engine, "send" | "retry" | "discard" | "saveDraft" | "markRead" | "entryKeys" | "serverView"> {
  return {
    send: async ({ conversation, ...words }) => {
      const client = current();
      const record = loadConversation(client.context.store, conversation);
      if (record !== undefined) {
        assertMayWrite(client.context, record);
        if (record.state.kind === "open") assertMay(record, client.context.account, "post");
      }
      const post = writePost(client.context, conversation, words);
      void client.flush(conversation);
      return post;
    },
    retry: async ({ conversation, post }) => {
      const client = current();
      client.context.store.transaction(() => {
        retryInOutbox(client.context.store, conversation, post);
        setPostState(client.context.store, conversation, post, { kind: "sending" });
      });
      emit({ kind: "timeline", conversation });
      void client.flush(conversation);
    },
    discard: async ({ conversation, post }: { conversation: ConversationId; post: PostId }) => {
      const { context } = current();
      context.store.transaction(() => takeBack(context, conversation, post));
      emit({ kind: "timeline", conversation });
    },
    saveDraft: async ({ conversation, text }) => {
      saveDraft(current().actor(conversation).context, conversation, text);
      emit({ kind: "conversations" });
    },
    markRead: async (request) => {
      if (markRead(current().actor(request.conversation).context, request)) emit({ kind: "conversations" });
    },
    entryKeys: ({ conversation, seq }) => entryKeys(current().context, current().actor(conversation), seq),
    serverView: ({ conversation, seq }) => serverView(current().context, conversation, seq),
  };
}
