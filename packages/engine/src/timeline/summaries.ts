import { sealMaterialOfConversation } from "@sotto/crypto";
import { KIND, type AccountId, type ConversationId } from "@sotto/protocol";
import type { ConversationDetails, ConversationKindName, ConversationSummary, Member } from "../api.ts";
import type { Context } from "../context.ts";
import { listConversations, loadConversation, type ConversationRecord } from "../conversation/conversation-record.ts";
import { conversationState } from "../conversation/may-send.ts";
import { memberRightsOf, rightsOf } from "../conversation/rights.ts";
import { arrangedAs } from "../sync/arrangements.ts";
import { isRequest, isWorthAsking, starterOf } from "../requests/requests.ts";
import { withoutClaims } from "../requests/masked.ts";
import { waitingIn } from "../invites/known-invites.ts";
import { readPlacesOf, unreadFrom } from "../sync/positions.ts";
import { SYNC, type Sync } from "../sync/sync-state.ts";
import { mentionCount, unreadCount, unreadThreads } from "./counting.ts";
import { newestItem } from "./timeline.ts";

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

/** The same of one conversation, undefined where it isn't shown; and on whom that depends, shown or not. */
export function listed(
  context: Context,
  conversation: ConversationId,
): { summary: ConversationSummary | undefined; members: AccountId[] } {
  const record = loadConversation(context.store, conversation);
  const members =
    record === undefined ? [] : [...record.members.map(({ account }) => account), ...startersOf(context, record)];
  if (record !== undefined && !isPreviewed(context, record) && isWorthShowing(context, record))
    return { summary: summary(context, record), members };
  const preview = context.previews.get(conversation);
  return { summary: preview && { ...preview.summary, ...ownMarks(context, conversation) }, members };
}

const startersOf = (context: Context, record: ConversationRecord): AccountId[] => {
  const starter = starterOf(context, record);
  return starter === undefined ? [] : [starter];
};

/** Until a conversation is entered and its newest entries are read, what was read of it before says more. */
const isPreviewed = (context: Context, { id, state }: ConversationRecord): boolean =>
  context.previews.has(id) && (state.kind === "joining" || newestItem(context.store, context.people, id) === undefined);

/** What the person's devices say of a conversation among themselves. */
const ownMarks = ({ sync }: Context, conversation: ConversationId) => ({
  draft: draftOf(sync, conversation),
  ...arrangedAs({ sync }, conversation),
  markedUnread: unreadFrom(sync, conversation) !== undefined,
});

export function draftOf(sync: Pick<Sync, "get">, conversation: ConversationId): string {
  const draft = sync.get(SYNC.draft(conversation));
  return typeof draft === "string" ? draft : "";
}

/** One's own devices talk among themselves. A direct conversation that somebody else opened and never wrote in is nobody's business yet. */
function isWorthShowing(context: Context, record: ConversationRecord): boolean {
  if (record.kind === KIND.self) return false;
  if (isRequest(context, record)) return isWorthAsking(context, record);
  if (record.kind !== KIND.direct) return record.state.kind !== "joining" || record.room !== null;
  if (record.createdHere || draftOf(context.sync, record.id) !== "" || record.state.kind !== "open") return true;
  return newestItem(context.store, context.people, record.id) !== undefined;
}

export function summary(context: Context, record: ConversationRecord): ConversationSummary {
  const { people, store } = context;
  const others = record.members.filter(({ account }) => account !== context.account);
  const newest = newestItem(store, people, record.id, context.ports.clock.now());
  const read = readPlacesOf(context.sync, record.id);
  const unread = unreadCount(store, people, record.id, read);
  const request = isRequest(context, record);
  const shown: ConversationSummary = {
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
    picture: record.profile?.picture ?? null,
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
                what: newest.marks.poll === null ? "text" : "poll",
              }
            : { kind: "post", sender: newest.sender, text: "", state: { kind: "received" }, what: newest.kind },
    unread,
    // A mention that wasn't read is unread itself.
    mentions: unread === 0 ? 0 : mentionCount(store, people, record.id, read),
    threads: unread === 0 ? [] : unreadThreads(store, people, record.id, read),
    ...ownMarks(context, record.id),
    request,
    state: conversationState(context, record),
  };
  // What strangers write, names of groups among it, isn't put before anybody who hasn't asked to see it.
  return request ? { ...withoutClaims(shown), name: null, picture: null, preview: null } : shown;
}

const isIn = ({ members }: ConversationRecord, account: AccountId): boolean =>
  members.some((member) => member.account === account);

export function details(context: Context, record: ConversationRecord): ConversationDetails {
  const { account: self, people } = context;
  const state = conversationState(context, record);
  const now = state.kind === "left" ? { ...record, state } : record;
  const may = rightsOf(now, self);
  const shown = summary(context, record);
  const all: ConversationDetails = {
    ...shown,
    name: record.room === null ? record.name : shown.name,
    topic: record.profile?.topic ?? "",
    members: record.members.map(({ account, role, devices }): Member => ({
      ...people.person(account),
      role,
      devices,
      may: memberRightsOf(now, self, account),
    })),
    banned: may.manage ? record.banned.map((account) => people.person(account)) : [],
    ownRole: record.members.find(({ account }) => account === self)?.role ?? null,
    rules: {
      add: record.policy.add,
      post: record.policy.post,
      pin: record.policy.pin,
      mentionAll: record.policy.mentionAll,
      timerSeconds: record.policy.timerSeconds,
    },
    may,
    joinRequests: may.add ? waitingIn(context.store, record.id).filter((one) => !isIn(record, one.account)).length : 0,
    mayAdd: may.add,
    mayRemove: may.remove,
    history: record.policy.history,
    isPublic: record.kind === KIND.room,
  };
  return shown.request ? withoutClaims(all) : all;
}
