import { sealMaterialOfConversation } from "@sotto/crypto";
import { KIND, ROLE, type AccountId, type ConversationId } from "@sotto/protocol";
import type { ConversationDetails, ConversationKindName, ConversationSummary, Member } from "../api.ts";
import type { Context } from "../context.ts";
import { listConversations, loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { conversationState } from "../conversation/may-send.ts";
import { arrangedAs } from "../sync/arrangements.ts";
import { SYNC, type Sync } from "../sync/sync-state.ts";
import { newestItem, unreadCount } from "./timeline.ts";

const KIND_NAME: Record<number, ConversationKindName> = {
  [KIND.direct]: "direct",
  [KIND.group]: "group",
  [KIND.room]: "room",
  [KIND.self]: "self",
};
const PEOPLE_SHOWN = 5;

/** All conversations, pinned ones first, then by what happened last. */
export function summaries(context: Context): ConversationSummary[] {
  const { previews } = context;
  const shown = listConversations(context.store)
    .filter((record) => !isPreviewed(context, record) && isWorthShowing(context, record))
    .map((record) => summary(context, record));
  if (previews.size > 0) {
    const here = new Set(shown.map(({ conversation }) => conversation));
    for (const [conversation, preview] of previews)
      if (!here.has(conversation)) shown.push({ ...preview.summary, ...ownMarks(context, conversation) });
    shown.sort((a, b) => b.activeAt - a.activeAt);
  }
  return [...shown.filter(({ pinned }) => pinned), ...shown.filter(({ pinned }) => !pinned)];
}

/** The same of one conversation, undefined where it isn't shown; and who is in it, shown or not. */
export function listed(
  context: Context,
  conversation: ConversationId,
): { summary: ConversationSummary | undefined; members: AccountId[] } {
  const record = loadConversation(context.store, conversation);
  const members = record?.members.map(({ account }) => account) ?? [];
  if (record !== undefined && !isPreviewed(context, record) && isWorthShowing(context, record))
    return { summary: summary(context, record), members };
  const preview = context.previews.get(conversation);
  return { summary: preview && { ...preview.summary, ...ownMarks(context, conversation) }, members };
}

/** Until a conversation is entered and its newest entries are read, what was read of it before says more. */
const isPreviewed = (context: Context, { id, state }: ConversationRecord): boolean =>
  context.previews.has(id) && (state.kind === "joining" || newestItem(context.store, context.people, id) === undefined);

/** What the person's devices say of a conversation among themselves. */
const ownMarks = ({ sync }: Context, conversation: ConversationId) => ({
  draft: draftOf(sync, conversation),
  ...arrangedAs({ sync }, conversation),
  mentions: 0,
  markedUnread: false,
  request: false,
});

/** Order of the newest line that the person saw, on whatever device. */
export function readOrderOf(sync: Pick<Sync, "get">, conversation: ConversationId): number {
  const order = sync.get(SYNC.read(conversation));
  return typeof order === "number" ? order : 0;
}

export function draftOf(sync: Pick<Sync, "get">, conversation: ConversationId): string {
  const draft = sync.get(SYNC.draft(conversation));
  return typeof draft === "string" ? draft : "";
}

/** One's own devices talk among themselves. A direct conversation that somebody else opened and never wrote in is nobody's business yet. */
function isWorthShowing(context: Context, record: ConversationRecord): boolean {
  if (record.kind === KIND.self) return false;
  if (record.kind !== KIND.direct) return record.state.kind !== "joining" || record.room !== null;
  if (record.createdHere || draftOf(context.sync, record.id) !== "" || record.state.kind !== "open") return true;
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
    picture: null,
    preview:
      newest === undefined
        ? null
        : newest.kind === "system"
          ? { kind: "system", line: newest.line }
          : newest.kind === "post"
            ? {
                kind: "post",
                sender: newest.sender,
                text: newest.text.slice(0, 200),
                state: newest.state,
                what: "text",
              }
            : { kind: "post", sender: newest.sender, text: "", state: { kind: "received" }, what: newest.kind },
    unread: unreadCount(store, people, record.id, readOrderOf(context.sync, record.id)),
    ...ownMarks(context, record.id),
    state: conversationState(context, record),
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
    may: { remove: isAdmin && account !== context.account, ban: false, roles: [] },
  });
  return {
    ...summary(context, record),
    topic: "",
    members: record.members.map(member),
    banned: [],
    ownRole: own,
    rules: {
      add: record.policy.add,
      post: "members",
      pin: "members",
      mentionAll: "members",
      timerSeconds: record.policy.timerSeconds,
    },
    may: { add: isAdmin, remove: isAdmin, post: true, pin: true, mentionAll: true, manage: isAdmin, leave: true },
    joinRequests: 0,
    mayAdd: record.kind === KIND.group && record.state.kind === "open" && (isAdmin || record.policy.add === "members"),
    mayRemove: isAdmin,
    history: record.policy.history,
    isPublic: record.kind === KIND.room,
  };
}
