import {
  idBytes,
  INVITE_SECONDS_MAX,
  INVITES_MAX,
  inviteIdOf,
  isManager,
  JOIN_REQUEST_DAYS_MAX,
  JOIN_REQUESTS_MAX,
  KIND,
  type ConversationId,
  type InviteId,
} from "@sotto/protocol";
import { readable, roleOf } from "./conversations.ts";
import { Refused, refuse, tooMany } from "./refusal.ts";
import type { DeviceHandler, Service } from "./service.ts";
import type { Key } from "./store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * [Note: What the server does for a link] It keeps a sealed preview and sealed requests under ids that say nothing, answers whoever knows an id,
 * and stops when a link was taken back or has run out. It lets nobody in: members hold every request against the secret, which it
 * never had, and against what they know of the link themselves (DL24).
 */
export const create: DeviceHandler<"invite.create"> = async (
  service,
  { identity },
  { conversation, invite, expiresAt, preview },
) => {
  const { ports, limiters } = service;
  const wait = limiters.invites.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  if (row.kind !== KIND.group) return refuse("conversation/forbidden-change");
  const now = ports.clock.now();
  if (expiresAt !== null && expiresAt > now + INVITE_SECONDS_MAX * 1000) return refuse("request/malformed");
  const outcome = await ports.store.createInvite({
    conversation: row.key,
    invite: idBytes(invite),
    by: identity.accountKey,
    expiresAt,
    preview,
    now,
    max: INVITES_MAX,
  });
  return outcome === "full" ? refuse("invite/too-many") : {};
};

export const list: DeviceHandler<"invite.list"> = async (service, { identity }, { conversation }) => {
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  const invites = await service.ports.store.invites(row.key, service.ports.clock.now());
  return { invites: invites.map((one) => ({ ...one, invite: inviteIdOf(one.invite) })) };
};

export const revoke: DeviceHandler<"invite.revoke"> = async (service, { identity }, { conversation, invite }) => {
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  const { store, clock } = service.ports;
  const found = await store.invite(row.key, idBytes(invite), clock.now());
  // Gone already: whoever asks twice was answered once.
  if (found === undefined) return {};
  if (found.by !== identity.accountKey && !isManager(await roleOf(service, row, identity.account)))
    return refuse("conversation/forbidden-change");
  await store.dropInvite(row.key, idBytes(invite));
  return {};
};

/** A link that is one now, for whoever knows it, unless they are kept out. What isn't there and what is for others look alike. */
async function known(
  { ports }: Service,
  account: Key,
  conversation: ConversationId,
  invite: InviteId,
): Promise<{ key: Key; preview: Uint8Array; isMember: boolean } | Refused> {
  const row = await ports.store.conversation(conversation);
  if (row === undefined) return refuse("invite/unknown");
  const found = await ports.store.invite(row.key, idBytes(invite), ports.clock.now());
  if (found === undefined) return refuse("invite/unknown");
  const access = await ports.store.access(row.key, account);
  if (access === "banned") return refuse("invite/unknown");
  return { key: row.key, preview: found.preview, isMember: access === "granted" };
}

export const look: DeviceHandler<"invite.look"> = async (service, { identity }, { conversation, invite }) => {
  const wait = service.limiters.lookups.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const found = await known(service, identity.accountKey, conversation, invite);
  return found instanceof Refused ? found : { preview: found.preview };
};

export const ask: DeviceHandler<"invite.ask"> = async (service, { identity }, { conversation, invite, request }) => {
  const { ports, limiters, hall } = service;
  const wait = limiters.asks.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const found = await known(service, identity.accountKey, conversation, invite);
  if (found instanceof Refused) return found;
  if (found.isMember) return {};
  const outcome = await ports.store.ask({
    conversation: found.key,
    account: identity.accountKey,
    invite: idBytes(invite),
    at: ports.clock.now(),
    request,
    max: JOIN_REQUESTS_MAX,
  });
  if (outcome === "full") return refuse("invite/too-many");
  for (const session of hall.channel(found.key)?.sessions ?? []) hall.tell(session, { event: "asked", conversation });
  return {};
};

export const requests: DeviceHandler<"join.requests"> = async (service, { identity }, { conversation }) => {
  const row = await readable(service, identity, conversation);
  if (row instanceof Refused) return row;
  const now = service.ports.clock.now();
  const waiting = await service.ports.store.requests(row.key, now, now - JOIN_REQUEST_DAYS_MAX * DAY_MS);
  return { requests: waiting.map((one) => ({ ...one, invite: inviteIdOf(one.invite) })) };
};

export const decline: DeviceHandler<"join.decline"> = async (service, { identity }, { conversation, account }) => {
  const { store } = service.ports;
  const own = account === identity.account;
  const row = own ? await store.conversation(conversation) : await readable(service, identity, conversation);
  // Whoever takes a request back learns nothing of what they asked for.
  if (row === undefined) return {};
  if (row instanceof Refused) return row;
  const [asker] = await store.accounts([account]);
  if (asker !== undefined) await store.dropRequest(row.key, asker.key);
  return {};
};
