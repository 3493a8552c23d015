import {
  type AccountId,
  type ConversationExtension,
  KIND,
  ROLE,
  type Role,
  type Roster,
  sortRoster,
} from "@sotto/protocol";
import type { Leaf } from "./leaf.ts";

/** Anyone may join, and having a leaf is membership: open rooms. Elsewhere the list of accounts is. */
export function isOpen(extension: ConversationExtension): boolean {
  return extension.kind === KIND.room;
}

/** The role that the list gives an account; undefined when it isn't listed. */
export function listedRole(extension: ConversationExtension, account: AccountId): Role | undefined {
  return extension.accounts.find(([listed]) => listed === account)?.[1];
}

/** May this account have leaves? */
export function mayBeInTree(extension: ConversationExtension, account: AccountId): boolean {
  const role = listedRole(extension, account);
  return role === undefined ? isOpen(extension) : role !== ROLE.banned;
}

/** What the delivery service is told: the list, and in open rooms also everyone who has a leaf. */
export function rosterOfGroup(extension: ConversationExtension, leaves: readonly Pick<Leaf, "identity">[]): Roster {
  const roles = new Map(extension.accounts);
  if (isOpen(extension)) {
    for (const { identity } of leaves) if (!roles.has(identity.account)) roles.set(identity.account, ROLE.member);
  }
  return sortRoster([...roles]);
}
