import { encodeCbor } from "@sotto/protocol";
import type { Context } from "./context.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { nextToSend } from "./outbox.ts";
import { writeProfile } from "./write-post.ts";
export { profileHashOf } from "./content.ts";

/** A group's profile: random salt, so that its hash tells nobody the name, and the name. */
export function encodeProfile(name: string, random: (length: number) => Uint8Array): Uint8Array {
  return encodeCbor([random(16), name.trim()]);
}

/** Says the group's profile again for a device that joined by itself, unless something of ours is on its way already. */
export async function announceProfile(context: Context, actor: ConversationActor): Promise<boolean> {
  const { record } = actor.live();
  if (record.profile === null || record.state.kind !== "open" || nextToSend(context.store, actor.id) !== undefined) return false;
  writeProfile(context, actor.id, record.profile);
  return true;
}
