import { KIND, SottoError, type ConversationId } from "@sotto/protocol";
import { claimKeyPackages } from "./claims.ts";
import type { Context } from "./context.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { selfConversation } from "./conversation-record.ts";
import { createConversation } from "./create.ts";

/**
 * The conversation of one's own devices, made if there is none. Of two devices that make it at once, the server takes the
 * first; the other enters that one as it enters every conversation that its account is in, by external commit.
 * @returns undefined while this device isn't in it yet.
 */
export async function enterSelf(
  context: Context,
  actorFor: (id: ConversationId) => ConversationActor,
  sync: () => Promise<void>,
): Promise<ConversationActor | undefined> {
  const known = selfConversation(context.store);
  if (known !== undefined) return known.state.kind === "open" ? actorFor(known.id) : undefined;
  const { conversations } = await context.online().request("conversation.list", {});
  if (!conversations.some(({ kind }) => kind === KIND.self)) {
    const [own] = await claimKeyPackages(context, [context.account]);
    if (own === undefined) throw new SottoError("internal/unexpected", "The server doesn't know this account.");
    const made = await createConversation(context, { kind: KIND.self, own }, actorFor);
    if (made.kind === "created") return actorFor(made.conversation);
  }
  await sync();
  const entered = selfConversation(context.store);
  return entered?.state.kind === "open" ? actorFor(entered.id) : undefined;
}
