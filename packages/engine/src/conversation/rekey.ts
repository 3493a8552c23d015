import { sha256 } from "@sotto/crypto";
import { utf8, type DeviceId } from "@sotto/protocol";
import { commit } from "./commit-flow.ts";
import type { Context } from "../context.ts";
import { isRequest } from "../requests/requests.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { listConversations, type ConversationRecord } from "./conversation-record.ts";

const HOUR_MS = 60 * 60 * 1000;
const WEEK_MS = 7 * 24 * HOUR_MS;
/** Over how long those who came at one moment are spread: a newcomer's day ends within 24 h. */
const SPREAD_MS = 22 * HOUR_MS;
/** How often a device looks at least, and at most. */
const LOOK_MS = HOUR_MS;
const PAUSE_MS = 60 * 1000;

/** A place between 0 and 1 that is a device's own in each conversation: the same each time, and nobody's choice. */
function placeOf(device: DeviceId, record: ConversationRecord): number {
  const digest = sha256(utf8(`${device} ${record.id}`));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) / 2 ** 32;
}

/**
 * When a leaf is to give fresh keys, ms (RFC 9420 §16.6). Once a week, so that an attacker who lost access is locked out again; and a
 * newcomer, whose first keys lay sealed in a Welcome, within a day of coming, or before its first post (send-posts.ts). Spread, so
 * that a hundred who came together are no herd.
 */
export function rekeyDueAt(device: DeviceId, record: ConversationRecord): number {
  const wait = record.needsRekey ? HOUR_MS : WEEK_MS;
  return record.rekeyedAt + wait + placeOf(device, record) * SPREAD_MS;
}

/** Strangers who brought the person somewhere see nothing of their devices, keys included. */
const mayRekey = (context: Context, record: ConversationRecord): boolean =>
  record.state.kind === "open" && !isRequest(context, record);

/** Does what is due by now, one conversation after the other. @returns how long there is nothing to do, ms */
export async function rekeyWhereDue(
  context: Context,
  actorOf: (record: ConversationRecord) => ConversationActor,
  onFailure: (error: unknown) => void,
): Promise<number> {
  const { store, device, ports } = context;
  for (const listed of listConversations(store)) {
    if (!context.isOnline()) break;
    const isDue = (record: ConversationRecord): boolean =>
      mayRekey(context, record) && rekeyDueAt(device, record) <= ports.clock.now();
    if (!isDue(listed)) continue;
    const actor = actorOf(listed);
    await actor
      // Looked at again: a post or a commit of one's own may have done it meanwhile.
      .exclusive(() => commit(actor, ({ record }) => (isDue(record) ? {} : undefined)))
      .catch(onFailure);
  }
  const open = listConversations(store).filter((record) => mayRekey(context, record));
  const next = Math.min(...open.map((record) => rekeyDueAt(device, record)));
  return Math.min(LOOK_MS, Math.max(PAUSE_MS, next - ports.clock.now()));
}
