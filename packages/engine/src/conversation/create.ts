import { logHeadExtension, roomNameHash, sha256 } from "@sotto/crypto";
import { createCommit, createGroup } from "@sotto/mls";
import {
  KIND,
  MEMBERS_MAY,
  ROLE,
  SottoError,
  conversationIdOf,
  sortRoster,
  type AccountId,
  type ConversationExtension,
  type ConversationId,
  type ConversationKind,
  type Policy,
  type Role,
  type RoomName,
} from "@sotto/protocol";
import type { Claimed } from "./claims.ts";
import { bundleOf, rememberPending, settlePendingCommit } from "./commit-flow.ts";
import { RefusedError } from "../connection.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { forgetConversation, saveConversation } from "./conversation-record.ts";
import { newRecord } from "./join.ts";
import { learnProfile } from "./profile.ts";
import { SYNC } from "../sync/sync-state.ts";
import { rollOf } from "./roll.ts";

export type Birth =
  | { kind: typeof KIND.direct; other: Claimed; own: Claimed }
  | {
      kind: typeof KIND.group;
      people: readonly Claimed[];
      profile: Uint8Array;
      history: Policy["history"];
    }
  | { kind: typeof KIND.room; room: RoomName; own: Claimed }
  /** Of one's own devices alone. */
  | { kind: typeof KIND.self; own: Claimed };

function extensionOfBirth(birth: Birth, self: AccountId): ConversationExtension {
  const members: [AccountId, Role][] =
    birth.kind === KIND.direct
      ? [[birth.other.account, ROLE.admin]]
      : birth.kind === KIND.group
        ? birth.people.filter(({ account }) => account !== self).map(({ account }) => [account, ROLE.member])
        : [];
  return {
    kind: birth.kind,
    // Who begins a group or a room owns it; two people, or one's own devices, have nothing to own.
    accounts: sortRoster([
      [self, birth.kind === KIND.group || birth.kind === KIND.room ? ROLE.owner : ROLE.admin],
      ...members,
    ]),
    policy: {
      add: "admins",
      ...MEMBERS_MAY,
      join: birth.kind === KIND.room ? "open" : "closed",
      history: birth.kind === KIND.group ? birth.history : "archive",
      timerSeconds: 0,
    },
    profileHash:
      birth.kind === KIND.group ? sha256(birth.profile) : birth.kind === KIND.room ? roomNameHash(birth.room) : null,
  };
}

/**
 * Makes a conversation and hands its first bundle to the server.
 * @param actorFor gives the actor of the new conversation, once its row exists.
 * @returns "exists" with the conversation that was there first, for a direct conversation, a room or one's own.
 */
export async function createConversation(
  context: Context,
  birth: Birth,
  actorFor: (id: ConversationId) => ConversationActor,
): Promise<
  | { kind: "created"; conversation: ConversationId }
  | { kind: "exists"; conversation: ConversationId | undefined; error: RefusedError }
> {
  const conversation = conversationIdOf(context.ports.random(16));
  const extension = extensionOfBirth(birth, context.account);
  const identity = { account: context.account, device: context.device };
  const group = await createGroup({
    provider: context.ports.provider,
    conversation,
    identity,
    leafKey: context.leafKey,
    chain: context.ownChain(),
    extension,
  });
  const claimed =
    birth.kind === KIND.group ? birth.people : birth.kind === KIND.direct ? [birth.other, birth.own] : [birth.own];
  const made = await createCommit(group, {
    add: claimed.flatMap(({ keyPackages }) => keyPackages),
    logHead: logHeadExtension(0, new Uint8Array(32)),
    judge: context.judge,
  });
  if (made.kind === "refused")
    throw new SottoError("member/not-addable", `This conversation can't be made (${made.because}).`);
  const now = context.ports.clock.now();
  const room = birth.kind === KIND.room ? birth.room : null;
  const record = {
    ...newRecord(conversation, birth.kind satisfies ConversationKind, room, now),
    ...rollOf(made.next).summary,
    createdHere: true,
  };
  const bundle = bundleOf(context.ports.random, { ...made, seen: 0, applied: 0 }, undefined);
  const pair = birth.kind === KIND.direct ? birth.other.account : null;
  context.store.transaction(() => {
    const named = birth.kind === KIND.group ? learnProfile(context.store, record, birth.profile) : record;
    saveConversation(context.store, named);
    if (birth.kind !== KIND.self && birth.kind !== KIND.room) context.sync.set(SYNC.accepted(conversation), true);
  });
  const actor = actorFor(conversation);
  return actor.exclusive(async () => {
    rememberPending(
      actor,
      { operation: "conversation.create", parameters: { conversation, kind: birth.kind, pair, room, bundle } },
      made.next,
    );
    try {
      await settlePendingCommit(actor);
      return { kind: "created", conversation };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      context.store.transaction(() => {
        forgetConversation(context.store, conversation);
        context.sync.delete(SYNC.accepted(conversation));
      });
      actor.forget();
      const exists =
        error.code === "direct/exists" || error.code === "room/name-taken" || error.code === "conversation/self-exists";
      if (!exists) throw error;
      return { kind: "exists", conversation: error.refusal.conversation as ConversationId | undefined, error };
    }
  });
}
