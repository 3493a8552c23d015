import { aboutEpochKey } from "@sotto/mls";
import {
  KIND,
  ROLE,
  mayByRule,
  isManager,
  type AccountId,
  type ConversationKind,
  type Policy,
  type Role,
} from "@sotto/protocol";
import type { ConversationRecord } from "./conversation-record.ts";

/**
 * What the author of a post was in its conversation at that entry, and which rules held: by the group's own list, so that all who read it judge
 * alike, whenever they do.
 */
export type Standing = { kind: ConversationKind; role: Role; policy: Policy };

/** In the epoch in which a conversation stands. */
export function standingNow({ kind, members, policy }: ConversationRecord, account: AccountId): Standing {
  return { kind, role: members.find((member) => member.account === account)?.role ?? ROLE.member, policy };
}

/** Epoch keys are long, and many posts are read by the same: what they say is read once. */
const extensions = new WeakMap<Uint8Array, ReturnType<typeof aboutEpochKey>>();

/** In a past epoch, by the key that opened the post. */
export function standingIn(epochKey: Uint8Array, account: AccountId): Standing | undefined {
  const about = extensions.get(epochKey) ?? aboutEpochKey(epochKey);
  if (about === undefined) return undefined;
  extensions.set(epochKey, about);
  const { kind, accounts, policy } = about.extension;
  return { kind, role: accounts.find(([listed]) => listed === account)?.[1] ?? ROLE.member, policy };
}

/**
 * The same by a key that another member gave: what it says of roles and rules is that member's word, who could speak under it. So nobody is
 * more in it than they are now, and no rule is wider than it is now (T13).
 */
export function standingBelieved(claimed: Standing, now: Standing): Standing {
  const narrower = (rule: "pin" | "mentionAll") => (now.policy[rule] === "admins" ? "admins" : claimed.policy[rule]);
  const policy = { ...claimed.policy, pin: narrower("pin"), mentionAll: narrower("mentionAll") };
  const isMore = isManager(claimed.role) && !isManager(now.role);
  return { kind: now.kind, role: isMore ? ROLE.member : claimed.role, policy };
}

/** What the author of a mark could do at its entry. Wire of the table: never renumbered. */
export const RIGHT = { deleteOthers: 1, mentionAll: 2, pin: 4 } as const;

/** Between two people nobody deletes what the other wrote, whatever the list calls them. */
export function rightsOf({ kind, role, policy }: Standing): number {
  const deletesOthers = (kind === KIND.group || kind === KIND.room) && isManager(role);
  return (
    (deletesOthers ? RIGHT.deleteOthers : 0) |
    (mayByRule(policy.mentionAll, role) ? RIGHT.mentionAll : 0) |
    (mayByRule(policy.pin, role) ? RIGHT.pin : 0)
  );
}
