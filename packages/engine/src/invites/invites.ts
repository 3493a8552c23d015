import {
  INVITE_SECRET_BYTES,
  inviteIdOfSecret,
  openInvitePreview,
  sealInvitePreview,
  sealJoinRequest,
} from "@sotto/crypto";
import {
  CONVERSATION_NAME_LENGTH_MAX,
  INVITE_SECONDS_MAX,
  InviteId,
  KIND,
  SottoError,
  cleanName,
  decodeInviteSays,
  encodeInviteSays,
  idBytes,
  type ConversationId,
} from "@sotto/protocol";
import * as v from "valibot";
import type { Invite, InvitePreview } from "../api-rules.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { cleanTopic } from "../conversation/profile.ts";
import { assertMay, rightsOf } from "../conversation/rights.ts";
import { SYNC } from "../sync/sync-state.ts";
import { insertLines } from "../timeline/timeline.ts";
import { endInvite, keepInvite, liveInvites, makerOf, type KnownInvite } from "./known-invites.ts";
import { inviteLink, parseInviteLink, type InviteLink } from "./link.ts";
import { tellInvite } from "./told-invites.ts";

/**
 * [Note: Links into a group] Who has a link may ask to be let in; a member's device lets in who asks by a link that it knows, by an ordinary
 * commit. The server passes sealed requests on and can let nobody in: it never has a link's secret. What a link is, members tell each other in
 * the group, so it isn't the server's word that it holds, needs approval, or is over.
 */

/**
 * Makes a link: the server first, then the group is told. Whoever would have to let people in by it knows it from then on.
 * @throws SottoError conversation/forbidden-change, invite/too-many, request/malformed
 */
export async function createInvite(
  actor: ConversationActor,
  { expiresInSeconds, approval }: { expiresInSeconds: number | null; approval: boolean },
): Promise<Invite> {
  const { context, id: conversation } = actor;
  const { store, sync, ports, account } = context;
  const record = recordOf(context, conversation);
  assertMay(record, account, "add");
  if (expiresInSeconds !== null && !(expiresInSeconds > 0 && expiresInSeconds <= INVITE_SECONDS_MAX))
    throw new SottoError("request/malformed", "A link holds for a year at most.");
  const now = ports.clock.now();
  const secret = ports.random(INVITE_SECRET_BYTES);
  const expiresAt = expiresInSeconds === null ? null : now + Math.floor(expiresInSeconds * 1000);
  const invite = inviteIdOfSecret(secret);
  const says = encodeInviteSays({
    name: record.name ?? "",
    topic: record.profile?.topic ?? "",
    people: record.members.length,
    approval,
  });
  const preview = sealInvitePreview({ conversation, secret }, says, ports.random);
  await context.online().request("invite.create", { conversation, invite, expiresAt, preview });
  const known: KnownInvite = { conversation, invite, secret, by: account, expiresAt, approval };
  await actor.exclusive(async () => {
    const { record: live } = actor.live();
    store.transaction(() => {
      keepInvite(store, known);
      sync.set(SYNC.invite(conversation, invite), [secret, expiresAt, approval]);
      tellInvite(context, conversation, { kind: "made", secret, expiresAt, approval, by: null });
      insertLines(store, conversation, live.cursor, now, [{ kind: "invite", by: account, made: true }]);
    });
  });
  context.emit({ kind: "timeline", conversation });
  return shown(context, known);
}

/** The links that hold, as far as this device knows them. */
export async function invitesOf(context: Context, conversation: ConversationId): Promise<Invite[]> {
  const { store, ports, account } = context;
  const record = recordOf(context, conversation);
  if (!rightsOf(record, account).add) return [];
  const known = liveInvites(store, conversation, ports.clock.now());
  if (known.length === 0 || !context.isOnline()) return known.map((one) => shown(context, one));
  const { invites } = await context.online().request("invite.list", { conversation });
  const there = new Set(invites.map(({ invite }) => invite));
  return known.filter(({ invite }) => there.has(invite)).map((one) => shown(context, one));
}

const shown = (context: Context, { conversation, invite, secret, by, expiresAt, approval }: KnownInvite): Invite => ({
  invite,
  link: inviteLink(context.ports.transport.origin, { conversation, secret }),
  by: context.people.person(by),
  expiresAt,
  approval,
});

/** Takes a link back: from now on it lets nobody in, whatever the server does. @throws SottoError conversation/forbidden-change */
export async function revokeInvite(actor: ConversationActor, text: string): Promise<void> {
  const { context, id: conversation } = actor;
  const { store, ports, account } = context;
  const invite = v.safeParse(InviteId, text);
  if (!invite.success) throw new SottoError("request/malformed", "There is no such link.");
  const record = recordOf(context, conversation);
  if (makerOf(store, conversation, invite.output) !== account) assertMay(record, account, "manage");
  await actor.exclusive(async () => {
    const { record: live } = actor.live();
    store.transaction(() => {
      if (!endInvite(store, conversation, invite.output)) return;
      context.sync.delete(SYNC.invite(conversation, invite.output));
      tellInvite(context, conversation, { kind: "ended", invite: idBytes(invite.output) });
      insertLines(store, conversation, live.cursor, ports.clock.now(), [{ kind: "invite", by: account, made: false }]);
    });
  });
  context.emit({ kind: "timeline", conversation });
  await context.online().request("invite.revoke", { conversation, invite: invite.output });
}

/** @throws SottoError invite/unknown, invite/malformed */
export async function lookAtInvite(context: Context, text: string): Promise<InvitePreview> {
  return preview(context, parseInviteLink(context.ports.transport.origin, text));
}

async function preview(context: Context, link: InviteLink): Promise<InvitePreview> {
  const { conversation, secret } = link;
  const invite = inviteIdOfSecret(secret);
  const sealed = await context.online().request("invite.look", { conversation, invite });
  const bytes = openInvitePreview(link, sealed.preview);
  const says = bytes === undefined ? undefined : decodeInviteSays(bytes);
  if (says === undefined)
    throw new SottoError("invite/unknown", "This link leads nowhere.", { kind: "person", do: "Ask for a new one." });
  return {
    conversation,
    name: cleanName(says.name, CONVERSATION_NAME_LENGTH_MAX),
    topic: cleanTopic(says.topic),
    people: says.people,
    approval: says.approval,
    state: stateOf(context, conversation),
  };
}

function stateOf({ store }: Context, conversation: ConversationId): InvitePreview["state"] {
  if (loadConversation(store, conversation)?.state.kind === "open") return "member";
  return store.all("select 1 as one from asked_to_join where conversation = ?", [conversation]).length > 0
    ? "waiting"
    : "open";
}

/**
 * Asks to be let in, in this account's name. Asking again replaces what was asked before.
 * @throws SottoError invite/unknown, invite/malformed, invite/too-many
 */
export async function acceptInvite(context: Context, text: string): Promise<InvitePreview> {
  const { store, sync, ports, account, device, leafKey } = context;
  const link = parseInviteLink(ports.transport.origin, text);
  const seen = await preview(context, link);
  if (seen.state === "member") return seen;
  const { conversation, secret } = link;
  const at = ports.clock.now();
  const request = sealJoinRequest(link, { account, device, at, leafPrivateKey: leafKey.privateKey }, ports.random);
  // Asked for is accepted, whoever lets this account in: marked before, since that may be done by the time of the answer.
  store.transaction(() => {
    store.run("insert or replace into asked_to_join (conversation, at) values (?, ?)", [conversation, at]);
    sync.set(SYNC.accepted(conversation), true);
  });
  await context.online().request("invite.ask", { conversation, invite: inviteIdOfSecret(secret), request });
  return { ...seen, state: stateOf(context, conversation) };
}

export function recordOf({ store }: Context, conversation: ConversationId): ConversationRecord {
  const record = loadConversation(store, conversation);
  if (record === undefined || record.kind !== KIND.group)
    throw new SottoError("conversation/forbidden-change", "Only groups have invite links.");
  return record;
}
