import { sealMaterialOfConversation } from "@sotto/crypto";
import { KIND, ROLE, type AccountId } from "@sotto/protocol";
import type { ConversationDetails, ConversationKindName, ConversationSummary, Member } from "./api.ts";
import type { Context } from "./context.ts";
import { listConversations, type ConversationRecord } from "./conversation-record.ts";
import { newestItem, unreadCount } from "./timeline.ts";

const KIND_NAME: Record<number, ConversationKindName> = {
  [KIND.direct]: "direct",
  [KIND.group]: "group",
  [KIND.room]: "room",
  [KIND.self]: "self",
};
const PEOPLE_SHOWN = 5;

export function summaries(context: Context): ConversationSummary[] {
  return listConversations(context.store)
    .filter((record) => isWorthShowing(context, record))
    .map((record) => summary(context, record));
}

/** A direct conversation that somebody else opened and never wrote in is nobody's business yet. */
function isWorthShowing(context: Context, record: ConversationRecord): boolean {
  if (record.kind !== KIND.direct) return record.state.kind !== "joining" || record.room !== null;
  if (record.createdHere || record.draft !== "" || record.state.kind !== "open") return true;
  return newestItem(context.store, context.people, record.id) !== undefined;
}

export function summary(context: Context, record: ConversationRecord): ConversationSummary {
  const { people, store } = context;
  const others = record.members.filter(({ account }) => account !== context.account);
  const newest = newestItem(store, people, record.id);
  return {
    conversation: record.id,
    kind: KIND_NAME[record.kind] ?? "group",
    name: record.room === null ? record.name : `#${record.room}`,
    seal: sealMaterialOfConversation(
      record.id,
      record.members.flatMap(({ account }) => people.chain(account)?.accountKey ?? []),
    ),
    people: others.slice(0, PEOPLE_SHOWN).map(({ account }) => people.person(account)),
    peopleCount: record.members.length,
    activeAt: record.activeAt,
    preview:
      newest === undefined
        ? null
        : newest.kind === "system"
          ? { kind: "system", line: newest.line }
          : newest.kind === "post"
            ? { kind: "post", sender: newest.sender, text: newest.text.slice(0, 200), state: newest.state }
            : { kind: "post", sender: newest.sender, text: "", state: { kind: "received" } },
    draft: record.draft,
    unread: unreadCount(store, record.id, record.readOrder),
    state: record.state,
  };
}

export function details(context: Context, record: ConversationRecord): ConversationDetails {
  const own = record.members.find(({ account }) => account === context.account)?.role ?? null;
  const isAdmin = own === ROLE.admin && record.state.kind === "open" && record.kind !== KIND.direct;
  const member = ({
    account,
    role,
    devices,
  }: {
    account: AccountId;
    role: Member["role"];
    devices: number;
  }): Member => ({
    ...context.people.person(account),
    role,
    devices,
  });
  return {
    ...summary(context, record),
    members: record.members.map(member),
    ownRole: own,
    mayAdd: record.kind === KIND.group && record.state.kind === "open" && (isAdmin || record.policy.add === "members"),
    mayRemove: isAdmin,
    history: record.policy.history,
    isPublic: record.kind === KIND.room,
  };
}
