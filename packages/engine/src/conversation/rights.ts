import {
  KIND,
  ROLE,
  SottoError,
  actsAsOwner,
  decodeContent,
  isManager,
  mayByRule,
  mayChangeRole,
  mayStepDown,
  meaningOf,
  type AccountId,
  type Role,
} from "@sotto/protocol";
import type { MemberRights, Rights } from "../api-rules.ts";
import type { ConversationRecord } from "./conversation-record.ts";

/**
 * What somebody may do in a conversation: what is offered on the screen and what the calls let through both follow from here. Whether a
 * commit takes effect is judged by all members with the same rules (protocol's role-rules.ts, the door of MLS).
 */

const roleOf = ({ members }: ConversationRecord, account: AccountId): Role | undefined =>
  members.find((member) => member.account === account)?.role;

/** Owners and admins, roles and rules: two people, and one's own devices, have none of them. */
const isOrdered = ({ kind }: ConversationRecord): boolean => kind === KIND.group || kind === KIND.room;

/** What this account may do here now. */
export function rightsOf(record: ConversationRecord, account: AccountId): Rights {
  const role = roleOf(record, account);
  const isOpen = record.state.kind === "open";
  const manage = isOpen && isOrdered(record) && isManager(role);
  const may = (what: "add" | "post" | "pin" | "mentionAll"): boolean =>
    isOpen && role !== undefined && mayByRule(record.policy[what], role);
  return {
    add: record.kind === KIND.group && may("add"),
    remove: manage,
    post: may("post"),
    pin: may("pin"),
    mentionAll: isOrdered(record) && may("mentionAll"),
    manage,
    timer: manage || (isOpen && record.kind === KIND.direct),
    leave: isOrdered(record) && record.state.kind !== "left" && !isLastInCharge(record, account),
  };
}

/** What this account may do with another one, or with itself. */
export function memberRightsOf(record: ConversationRecord, account: AccountId, target: AccountId): MemberRights {
  const none: MemberRights = { remove: false, ban: false, roles: [] };
  if (record.state.kind !== "open" || !isOrdered(record)) return none;
  const by = { role: roleOf(record, account), owned: record.hasOwner };
  const from = roleOf(record, target);
  const isOwn = target === account;
  const roles = [ROLE.member, ROLE.admin, ROLE.owner].filter((to) => {
    if (to === from || from === undefined) return false;
    if (isOwn && isLastInCharge(record, account) && !actsAsOwner(to, record.hasOwner)) return false;
    return mayChangeRole(by, from, to) || (isOwn && mayStepDown(from, to));
  });
  if (isOwn) return { ...none, roles };
  return { remove: mayChangeRole(by, from, undefined), ban: mayChangeRole(by, from, ROLE.banned), roles };
}

/** Would the conversation, if this account went or stepped down, have nobody left who can change its roles? */
function isLastInCharge({ members, hasOwner }: ConversationRecord, account: AccountId): boolean {
  const others = members.filter((member) => member.account !== account);
  const own = members.find((member) => member.account === account)?.role;
  return others.length > 0 && actsAsOwner(own, hasOwner) && !others.some(({ role }) => actsAsOwner(role, hasOwner));
}

/**
 * Where only admins write, others still react, take back what they wrote, and their devices go on telling each other what nobody is shown. Those who
 * read judge by the rules of the post's own epoch (take-post.ts); this is so that nothing is sealed that nobody will show.
 */
export function mayBeSent(record: ConversationRecord, account: AccountId, bytes: Uint8Array): boolean {
  if (rightsOf(record, account).post) return true;
  const content = decodeContent(bytes);
  const { kind } = content === undefined ? { kind: "unsupported" as const } : meaningOf(content);
  return kind !== "text" && kind !== "edit" && kind !== "unsupported";
}

const forbidden = (): SottoError =>
  new SottoError("conversation/forbidden-change", "You may not change this in this conversation.", {
    kind: "person",
    do: "Ask somebody who is an admin here.",
  });

/** @throws SottoError post/not-allowed; conversation/forbidden-change */
export function assertMay(record: ConversationRecord, account: AccountId, what: Exclude<keyof Rights, "leave">): void {
  if (rightsOf(record, account)[what]) return;
  throw what === "post" ? mayNotPost() : forbidden();
}

export function assertMayTo(
  record: ConversationRecord,
  { account, target }: { account: AccountId; target: AccountId },
  may: (rights: MemberRights) => boolean,
): void {
  if (!may(memberRightsOf(record, account, target))) throw forbidden();
}

export const mayNotPost = (): SottoError =>
  new SottoError("post/not-allowed", "Only admins write here.", {
    kind: "person",
    do: "Ask an admin to write it, or to let everybody write.",
  });

/** @throws SottoError conversation/hand-over-first */
export function assertMayLeave(record: ConversationRecord, account: AccountId): void {
  if (rightsOf(record, account).leave) return;
  if (!isOrdered(record)) throw new SottoError("conversation/forbidden-change", "A direct conversation can't be left.");
  throw new SottoError("conversation/hand-over-first", "Without you nobody could change who does what here.", {
    kind: "person",
    do: "Hand over first: make somebody else an owner. Then leave.",
  });
}
