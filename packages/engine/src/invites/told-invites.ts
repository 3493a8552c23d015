import {
  KIND,
  decodeInviteTold,
  encodeContent,
  encodeInviteTold,
  inviteIdOf,
  invitePost,
  isManager,
  mayByRule,
  sendIdOf,
  type AccountId,
  type ConversationId,
  type InviteTold,
} from "@sotto/protocol";
import type { Context } from "../context.ts";
import type { ConversationRecord } from "../conversation/conversation-record.ts";
import { enqueue } from "../conversation/outbox.ts";
import { rightsOf } from "../conversation/rights.ts";
import type { Standing } from "../conversation/standing.ts";
import { SYNC } from "../sync/sync-state.ts";
import type { StoredLine } from "../timeline/stored-line.ts";
import { endInvite, keepInvite, liveInvites, makerOf } from "./known-invites.ts";

/**
 * What a member says of a link counts if they could let people in themselves when they said it; a link is taken back by whoever made it and
 * by those who manage. Inside a transaction. @returns what is shown of it
 */
export function hearInvite(
  context: Context,
  record: ConversationRecord,
  { sender, standing, bytes }: { sender: AccountId; standing: Standing; bytes: Uint8Array },
): StoredLine[] {
  const told = record.kind === KIND.group ? decodeInviteTold(bytes) : undefined;
  if (told === undefined) return [];
  const { store } = context;
  if (told.kind === "ended") {
    const invite = inviteIdOf(told.invite);
    const isTheirs = makerOf(store, record.id, invite) === sender;
    if (!isTheirs && !isManager(standing.role)) return [];
    // A device that this account adds later hears of its links from here alone.
    context.sync.delete(SYNC.invite(record.id, invite));
    return endInvite(store, record.id, invite) ? [{ kind: "invite", by: sender, made: false }] : [];
  }
  if (!mayByRule(standing.policy.add, standing.role)) return [];
  const { secret, expiresAt } = told;
  const by = told.by ?? sender;
  // What a member says of somebody else's link, and nobody has heard of it from them, lets nobody in without an answer.
  const approval = told.approval || (by !== sender && !isManager(standing.role));
  const isNew = keepInvite(store, { conversation: record.id, secret, by, expiresAt, approval });
  return isNew && told.by === null ? [{ kind: "invite", by: sender, made: true }] : [];
}

/** Puts it into the outbox for the others. Inside a transaction. */
export function tellInvite(context: Context, conversation: ConversationId, told: InviteTold): void {
  const { random, clock } = context.ports;
  enqueue(context.store, {
    conversation,
    send: sendIdOf(random(16)),
    post: null,
    content: encodeContent(invitePost(encodeInviteTold(told), random(16))),
    at: clock.now(),
  });
}

/** For those who came since: the links that there are. @returns how many were told */
export function tellInvitesAgain(context: Context, record: ConversationRecord): number {
  const { store, account, ports } = context;
  if (!rightsOf(record, account).add) return 0;
  const live = liveInvites(store, record.id, ports.clock.now());
  store.transaction(() => {
    for (const { secret, expiresAt, approval, by } of live)
      tellInvite(context, record.id, { kind: "made", secret, expiresAt, approval, by });
  });
  return live.length;
}
