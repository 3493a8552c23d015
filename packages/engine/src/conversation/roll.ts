import { extensionOf, members, type GroupState, type LeafIdentity } from "@sotto/mls";
import { hasOwner, KIND, ROLE, toBase64Url, type AccountId, type Role } from "@sotto/protocol";
import type { StoredRoll } from "./conversation-record.ts";

/** Accounts, roles and policy of a group as its verified state says, in the form that the conversation's row keeps. */
export type Roll = {
  leaves: readonly LeafIdentity[];
  summary: StoredRoll;
};

/** In an open room the list holds only exceptions, and having a leaf is membership. */
export function rollOf(group: GroupState): Roll {
  const extension = extensionOf(group);
  const leaves = members(group).map((leaf) => leaf.identity);
  const counts = new Map<AccountId, number>();
  for (const leaf of leaves) counts.set(leaf.account, (counts.get(leaf.account) ?? 0) + 1);
  const roles = new Map<AccountId, Role>(extension.accounts);
  if (extension.kind === KIND.room) {
    for (const account of counts.keys()) if (!roles.has(account)) roles.set(account, ROLE.member);
  }
  const rows = [...roles]
    .filter(([account, role]) => role !== ROLE.banned && (extension.kind !== KIND.room || counts.has(account)))
    .map(([account, role]) => ({ account, role, devices: counts.get(account) ?? 0 }));
  return {
    leaves,
    summary: {
      members: rows,
      banned: extension.accounts.filter(([, role]) => role === ROLE.banned).map(([account]) => account),
      hasOwner: hasOwner(extension.accounts),
      policy: extension.policy,
      profileHash: extension.profileHash === null ? null : toBase64Url(extension.profileHash),
    },
  };
}
