import { KIND, SottoError, type ConversationId } from "@sotto/protocol";
import { claimKeyPackages } from "../conversation/claims.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { selfConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { createConversation } from "../conversation/create.ts";
import { readSelfBack } from "./read-self-back.ts";
import { sendPosts } from "../conversation/send-posts.ts";
import { writeSync } from "./sync-posts.ts";

/** The conversation of one's own devices, as far as this device knows it. */
export function selfRecord({ store }: Pick<Context, "store">): ConversationRecord | undefined {
  return selfConversation(store);
}

/** Tells the other own devices what they don't know. What can't be told now waits in the map. */
export async function shareSync(
  context: Context,
  actorFor: (id: ConversationId) => ConversationActor,
  sync: () => Promise<void>,
): Promise<void> {
  if (!context.sync.isWaiting) return;
  const actor = await enterSelf(context, actorFor, sync);
  if (actor === undefined) return;
  await actor.exclusive(async () => {
    const { record } = actor.live();
    if (record.state.kind !== "open") return;
    writeSync(context, actor.id, record.cursor);
    await sendPosts(actor);
  });
}

/** Reads what the own devices said before this one came, if that is still to be done. @returns whether it is done */
export async function catchUpSelf(context: Context, isLastTry: boolean): Promise<boolean> {
  const record = selfRecord(context);
  if (record?.state.kind !== "open") return true;
  const { changed, whole } = await readSelfBack(context, record.id, isLastTry);
  context.sync.announce(changed);
  return whole;
}

/**
 * The conversation of one's own devices, made if there is none. Of two devices that make it at once, the server takes the
 * first; the other enters that one as it enters every conversation that its account is in, by external commit.
 * @returns undefined while this device isn't in it yet.
 */
async function enterSelf(
  context: Context,
  actorFor: (id: ConversationId) => ConversationActor,
  sync: () => Promise<void>,
): Promise<ConversationActor | undefined> {
  const known = selfRecord(context);
  if (known !== undefined) return known.state.kind === "open" ? actorFor(known.id) : undefined;
  const { conversations } = await context.online().request("conversation.list", {});
  if (!conversations.some(({ kind }) => kind === KIND.self)) {
    const [own] = await claimKeyPackages(context, [context.account]);
    if (own === undefined) throw new SottoError("internal/unexpected", "The server doesn't know this account.");
    const made = await createConversation(context, { kind: KIND.self, own }, actorFor);
    if (made.kind === "created") return actorFor(made.conversation);
  }
  await sync();
  const entered = selfRecord(context);
  return entered?.state.kind === "open" ? actorFor(entered.id) : undefined;
}
