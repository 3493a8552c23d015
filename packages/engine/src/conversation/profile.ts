import type { Context } from "../context.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { waits } from "./outbox.ts";
import { writeProfile } from "./write-post.ts";

/** Says the group's profile again for those whom another let in, unless something of ours is on its way already. */
export async function announceProfile(context: Context, actor: ConversationActor): Promise<boolean> {
  const { record } = actor.live();
  if (record.profile === null || record.state.kind !== "open" || waits(context.store, actor.id)) return false;
  writeProfile(context, actor.id, record.profile);
  return true;
}
