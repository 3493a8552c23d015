import type { RulesApi } from "../api-rules.ts";
import { acceptInvite, createInvite, invitesOf, lookAtInvite, revokeInvite } from "../invites/invites.ts";
import type { Desk } from "./desk.ts";

/** Links into groups, and who asks to be let in by them. */
export function inviteCalls({
  current,
}: Desk): Pick<
  RulesApi,
  "createInvite" | "invites" | "revokeInvite" | "lookAtInvite" | "acceptInvite" | "joinRequests" | "answerJoinRequest"
> {
  return {
    createInvite: async ({ conversation, ...wish }) => {
      const client = current();
      const invite = await createInvite(client.actor(conversation), wish);
      // Whoever lets people in has to know it.
      await client.flush(conversation);
      return invite;
    },
    invites: async ({ conversation }) => invitesOf(current().context, conversation),
    revokeInvite: async ({ conversation, invite }) => {
      const client = current();
      try {
        await revokeInvite(client.actor(conversation), invite);
      } finally {
        // The group is told whatever the server answers.
        await client.flush(conversation);
      }
    },
    lookAtInvite: async ({ link }) => lookAtInvite(current().context, link),
    acceptInvite: async ({ link }) => acceptInvite(current().context, link),
    joinRequests: async ({ conversation }) => current().letIn.requests(conversation),
    answerJoinRequest: async ({ conversation, request, accept }) => {
      const client = current();
      await client.letIn.answer(client.actor(conversation), request, accept);
    },
  };
}
