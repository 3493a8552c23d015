import { KIND, type ConversationId, type RoomName } from "@sotto/protocol";
import { forgetConversation, loadConversation, saveConversation } from "./conversation-record.ts";
import { joinExternally, newRecord } from "./join.ts";
import type { SignedIn } from "../signed-in.ts";

/** Joins an open room by its exact name. Whoever is in it already gets its conversation. */
export async function joinRoom(client: SignedIn, room: RoomName): Promise<ConversationId> {
  const { context } = client;
  const { conversation } = await context.online().request("room.lookup", { room });
  const known = loadConversation(context.store, conversation);
  if (known?.state.kind === "open") return conversation;
  const fresh = { ...newRecord(conversation, KIND.room, room, context.ports.clock.now()), askedFor: true };
  context.store.transaction(() =>
    saveConversation(
      context.store,
      known === undefined
        ? fresh
        : { ...known, room, state: { kind: "joining" }, joinedSeq: fresh.joinedSeq, askedFor: true },
    ),
  );
  const actor = client.actorFor(conversation);
  actor.forget();
  try {
    await actor.exclusive(() => joinExternally(context, actor));
  } catch (error) {
    if (known === undefined) {
      // Within the actor's turn and with the same actor: two of them would write one conversation.
      await actor.exclusive(async () => {
        // The server may have taken the commit: then this device is in, and learns it once it is online again.
        if (actor.live().pending !== undefined) return;
        context.store.transaction(() => forgetConversation(context.store, conversation));
        actor.forget();
      });
    }
    throw error;
  }
  void client.flush(conversation);
  context.emit({ kind: "conversations" });
  return conversation;
}
