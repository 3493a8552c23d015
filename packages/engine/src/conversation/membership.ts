import { createLeave } from "@sotto/crypto";
import { epoch, extensionOf, members, type GroupState } from "@sotto/mls";
import {
  KIND,
  Policy,
  ROLE,
  SottoError,
  sortRoster,
  type AccountId,
  type ConversationExtension,
  type Role,
} from "@sotto/protocol";
import * as v from "valibot";
import type { ConversationRules } from "../api-rules.ts";
import type { Claimed } from "./claims.ts";
import { commit, type Plan } from "./commit-flow.ts";
import type { Context } from "../context.ts";
import { liveInvites } from "../invites/known-invites.ts";
import { RefusedError } from "../connection.ts";
import { dropWaitingMarks } from "../timeline/marks.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { dropGroup, saveConversation, type ConversationRecord } from "./conversation-record.ts";
import { isRequest } from "../requests/requests.ts";
import { assertMay, assertMayLeave, assertMayTo, rightsOf } from "./rights.ts";

const withAccounts = (
  extension: ConversationExtension,
  accounts: ConversationExtension["accounts"],
): ConversationExtension => ({
  ...extension,
  accounts: sortRoster(accounts),
});

const leavesOf = (group: GroupState, account: AccountId): number[] =>
  members(group)
    .filter((leaf) => leaf.identity.account === account)
    .map((leaf) => leaf.leafIndex);

/**
 * Adds people with the devices that they have; one commit for all of them.
 * @throws SottoError conversation/forbidden-change; member/banned for whom a ban keeps out
 */
export function addMembers(actor: ConversationActor, claimed: readonly Claimed[]): Promise<void> {
  return actor.exclusive(() => commit(actor, ({ record }, group) => additionOf(actor, record, group, claimed)));
}

/** @returns undefined where all of them are in already */
export function additionOf(
  { context }: ConversationActor,
  record: ConversationRecord,
  group: GroupState,
  claimed: readonly Claimed[],
): Plan | undefined {
  assertMay(record, context.account, "add");
  const extension = extensionOf(group);
  const roles = new Map(extension.accounts);
  if (claimed.some(({ account }) => roles.get(account) === ROLE.banned))
    throw new SottoError("member/banned", "Somebody of them is banned here.", {
      kind: "person",
      do: "Lift the ban first.",
    });
  const missing = claimed.filter(({ account }) => !roles.has(account));
  if (missing.length === 0) return undefined;
  return {
    add: missing.flatMap(({ keyPackages }) => keyPackages),
    extension: withAccounts(extension, [
      ...extension.accounts,
      ...missing.map(({ account }) => [account, ROLE.member] as [AccountId, Role]),
    ]),
  };
}

/**
 * Removes a person with all their devices. Where they could come straight back they are banned: in an open room, and while a link that they may
 * know lets people in without anybody's answer (T93).
 */
export function removeMember(actor: ConversationActor, target: AccountId): Promise<void> {
  return actor.exclusive(() =>
    commit(actor, ({ record }, group) => {
      if (!record.members.some((member) => member.account === target)) return undefined;
      assertMayTo(record, { account: actor.context.account, target }, (may) => may.remove);
      return takeOut(group, target, letsAnybodyIn(actor.context, record) ? ROLE.banned : undefined);
    }),
  );
}

const letsAnybodyIn = ({ store, ports }: Context, { kind, id }: ConversationRecord): boolean =>
  kind === KIND.room || liveInvites(store, id, ports.clock.now()).some(({ approval }) => !approval);

/** Takes somebody out, if they are in, and keeps them out. */
export function ban(actor: ConversationActor, target: AccountId): Promise<void> {
  return actor.exclusive(() =>
    commit(actor, ({ record }, group) => {
      if (record.banned.includes(target)) return undefined;
      assertMayTo(record, { account: actor.context.account, target }, (may) => may.ban);
      return takeOut(group, target, ROLE.banned);
    }),
  );
}

/** They may be added again, or come by themselves where everybody may. */
export function unban(actor: ConversationActor, target: AccountId): Promise<void> {
  return actor.exclusive(() =>
    commit(actor, ({ record }, group) => {
      if (!record.banned.includes(target)) return undefined;
      assertMay(record, actor.context.account, "manage");
      return takeOut(group, target, undefined);
    }),
  );
}

function takeOut(group: GroupState, account: AccountId, role: typeof ROLE.banned | undefined): Plan {
  const extension = extensionOf(group);
  const others = extension.accounts.filter(([listed]) => listed !== account);
  const listed: [AccountId, Role][] = role === undefined ? [] : [[account, role]];
  return { remove: leavesOf(group, account), extension: withAccounts(extension, [...others, ...listed]) };
}

export function setRole(actor: ConversationActor, target: AccountId, role: Role): Promise<void> {
  return actor.exclusive(() =>
    // Whoever was removed meanwhile has no role any more, and giving one would bring them back.
    commit(actor, ({ record }, group) => {
      const current = record.members.find((member) => member.account === target)?.role;
      if (current === undefined || current === role) return undefined;
      assertMayTo(record, { account: actor.context.account, target }, ({ roles }) => roles.includes(role));
      return roleChange(group, target, role);
    }),
  );
}

/** Changes some of the rules; the others stay. */
export function setRules(actor: ConversationActor, rules: Partial<ConversationRules>): Promise<void> {
  return actor.exclusive(() =>
    commit(actor, ({ record }, group) => {
      const extension = extensionOf(group);
      const policy = v.safeParse(Policy, { ...extension.policy, ...rules });
      if (!policy.success)
        throw new SottoError("request/malformed", "That isn't a rule of a conversation.", { kind: "none" });
      const changed = RULES.filter((rule) => extension.policy[rule] !== policy.output[rule]);
      if (changed.length === 0) return undefined;
      assertMay(record, actor.context.account, changed.every((rule) => rule === "timerSeconds") ? "timer" : "manage");
      const picked = Object.fromEntries(RULES.map((rule) => [rule, policy.output[rule]]));
      return { extension: { ...extension, policy: { ...extension.policy, ...picked } } };
    }),
  );
}

const RULES = ["add", "post", "pin", "mentionAll", "timerSeconds"] as const satisfies (keyof ConversationRules)[];

function roleChange(
  group: GroupState,
  account: AccountId,
  role: Role,
): { extension: ConversationExtension } | undefined {
  const extension = extensionOf(group);
  if (extension.accounts.some(([listed, current]) => listed === account && current === role)) return undefined;
  const others = extension.accounts.filter(([listed]) => listed !== account);
  return { extension: withAccounts(extension, [...others, [account, role]]) };
}

/**
 * Leaves: the device signs that the account does. The server stops serving the account at once; the first member to notice commits the
 * Remove with that statement as evidence. @param handOver the account is being closed: there is nobody left to choose an heir
 * @throws SottoError conversation/hand-over-first for the last who is in charge
 */
export function leave(actor: ConversationActor, { handOver = false } = {}): Promise<void> {
  const { context } = actor;
  return actor.exclusive(async () => {
    const { record } = actor.live();
    // A stranger's group goes without a word, whatever they have made one there.
    if (!isRequest(context, record)) {
      if (handOver) await passOn(actor);
      else assertMayLeave(record, context.account);
    }
    const { group } = actor.live();
    if (group !== undefined) {
      const statement = createLeave({
        conversation: actor.id,
        account: context.account,
        device: context.device,
        epoch: epoch(group),
        leafPrivateKey: context.leafKey.privateKey,
      });
      await context
        .online()
        .request("conversation.leave", { conversation: actor.id, statement })
        .catch((error: unknown) => {
          // Said before, and the answer was lost.
          if (
            !(
              error instanceof RefusedError &&
              (error.code === "conversation/not-a-member" || error.code === "conversation/unknown")
            )
          )
            throw error;
        });
    }
    const live = actor.live();
    const left = { ...live.record, state: { kind: "left", because: "left" } as const };
    context.store.transaction(() => {
      dropGroup(context.store, actor.id);
      dropWaitingMarks(context.store, context.account, actor.id);
      saveConversation(context.store, left);
    });
    actor.replace({ record: left, group: undefined, pending: undefined });
    context.emit({ kind: "conversations" });
  });
}

/** Makes somebody who is here an owner, or an admin where there are only admins, if nobody else is one. */
async function passOn(actor: ConversationActor): Promise<void> {
  const { account } = actor.context;
  await commit(actor, ({ record }, group) => {
    const others = record.members.filter((member) => member.account !== account);
    const [heir] = [...others].sort((a, b) => Number(b.devices > 0) - Number(a.devices > 0) || b.role - a.role);
    if (heir === undefined || rightsOf(record, account).leave) return undefined;
    return roleChange(group, heir.account, record.hasOwner ? ROLE.owner : ROLE.admin);
  });
}
