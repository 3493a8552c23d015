import { createLeave } from "@sotto/crypto";
import { epoch, extensionOf, members, type GroupState } from "@sotto/mls";
import {
  KIND,
  ROLE,
  SottoError,
  sortRoster,
  type AccountId,
  type ConversationExtension,
  type Role,
} from "@sotto/protocol";
import type { Claimed } from "./claims.ts";
import { commit } from "./commit-flow.ts";
import { RefusedError } from "../connection.ts";
import type { ConversationActor } from "./conversation-actor.ts";
import { dropGroup, saveConversation } from "./conversation-record.ts";

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

/** Adds people with the devices that they have; one commit for all of them. */
export function addMembers(actor: ConversationActor, claimed: readonly Claimed[]): Promise<void> {
  return actor.exclusive(() =>
    commit(actor, (_live, group) => {
      const extension = extensionOf(group);
      const present = new Set(extension.accounts.map(([account]) => account));
      const missing = claimed.filter(({ account }) => !present.has(account));
      if (missing.length === 0) return undefined;
      return {
        add: missing.flatMap(({ keyPackages }) => keyPackages),
        extension: withAccounts(extension, [
          ...extension.accounts,
          ...missing.map(({ account }) => [account, ROLE.member] as [AccountId, Role]),
        ]),
      };
    }),
  );
}

/** Removes a person with all their devices. In an open room they are banned, or else they could come straight back. */
export function removeMember(actor: ConversationActor, account: AccountId): Promise<void> {
  return actor.exclusive(() =>
    commit(actor, (live, group) => {
      if (!live.record.members.some((member) => member.account === account)) return undefined;
      const extension = extensionOf(group);
      const others = extension.accounts.filter(([listed]) => listed !== account);
      const banned: [AccountId, Role][] = extension.kind === KIND.room ? [[account, ROLE.banned]] : [];
      return { remove: leavesOf(group, account), extension: withAccounts(extension, [...others, ...banned]) };
    }),
  );
}

export function setRole(actor: ConversationActor, account: AccountId, role: Role): Promise<void> {
  return actor.exclusive(() =>
    // Whoever was removed meanwhile has no role any more, and giving one would bring them back.
    commit(actor, (live, group) =>
      live.record.members.some((member) => member.account === account) ? roleChange(group, account, role) : undefined,
    ),
  );
}

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
 * Leaves: the last admin hands over first, then the device signs that the account leaves. The server stops serving the account
 * at once; the first member to notice commits the Remove with that statement as evidence.
 */
export function leave(actor: ConversationActor): Promise<void> {
  const { context } = actor;
  return actor.exclusive(async () => {
    const { record } = actor.live();
    if (record.kind === KIND.direct)
      throw new SottoError("conversation/forbidden-change", "A direct conversation can't be left.", { kind: "none" });
    const others = record.members.filter((member) => member.account !== context.account);
    const isLastAdmin =
      !others.some((member) => member.role === ROLE.admin) &&
      record.members.some((member) => member.account === context.account && member.role === ROLE.admin);
    const heir = others.find((member) => member.devices > 0) ?? others[0];
    if (isLastAdmin && heir !== undefined)
      await commit(actor, (_live, group) => roleChange(group, heir.account, ROLE.admin));
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
      saveConversation(context.store, left);
    });
    actor.replace({ record: left, group: undefined, pending: undefined });
    context.emit({ kind: "conversations" });
  });
}
