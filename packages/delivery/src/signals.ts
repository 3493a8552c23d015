import { PRESENCE_PEOPLE_MAX, idBytes } from "@sotto/protocol";
import { refuse, tooMany } from "./refusal.ts";
import type { DeviceHandler } from "./service.ts";
import type { Key } from "./store.ts";

/**
 * Passes a signal on to whoever is connected and hears the conversation (PR3). The store isn't asked and nothing is written or logged:
 * who is in a conversation is known from its subscriptions. Where too many people are it goes nowhere.
 */
export const sendSignal: DeviceHandler<"signal.send"> = async (
  { hall, limiters },
  { session, identity },
  { conversation, signal },
) => {
  const wait = limiters.signals.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const channel = hall.channelOf(idBytes(conversation));
  // A conversation of others and one that doesn't exist can't be told apart.
  if (channel === undefined || !session.channels.has(channel)) return refuse("conversation/unknown");
  const accounts = new Set<Key>();
  for (const each of channel.sessions) if (each.identity !== undefined) accounts.add(each.identity.accountKey);
  if (accounts.size > PRESENCE_PEOPLE_MAX) return {};
  for (const each of channel.sessions)
    if (each.identity?.accountKey !== identity.accountKey) hall.tell(each, { event: "signal", conversation, signal });
  return {};
};
