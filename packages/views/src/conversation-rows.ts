import type { ConversationSummary, Folder, Notify, Person, PictureId, SealMaterial } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { getLocale, m } from "./messages.ts";
import { nameOf, nameForSentence, titleOf } from "./person.ts";
import { previewOf } from "./readable.ts";
import { plain, systemWords } from "./system-line.ts";
import { listTime } from "./when.ts";
import type { Place } from "./when.ts";

export type ConversationRow = {
  conversation: ConversationId;
  title: string;
  picture:
    | { kind: "person"; person: Person }
    | { kind: "group"; seal: SealMaterial; picture: PictureId | null }
    | { kind: "notes" };
  /** "10:41", "Mon", "28 Feb"; empty while nothing has happened. */
  time: string;
  at: number;
  /** `lead` is set apart: "Draft", "You:", "Ada:" */
  preview: { lead: string; text: string; tone: "plain" | "draft" | "changed" | "stopped" };
  unread: number;
  /** Unread posts in which the person is mentioned. */
  mentions: number;
  markedUnread: boolean;
  notify: Notify;
  muted: boolean;
  pinned: boolean;
  favourite: boolean;
  archived: boolean;
  request: boolean;
  mark: "sending" | "sent" | "failed" | null;
  verified: boolean;
};

/** Which conversations the list shows. What is archived and who only asks to talk stand apart from the others. */
export type ConversationFilter =
  | "all"
  | "unread"
  | "people"
  | "groups"
  | "favourites"
  | "archived"
  | "requests"
  | `folder:${string}`;

function previewOfConversation(conversation: ConversationSummary, draftShown: boolean): ConversationRow["preview"] {
  const [other] = conversation.people;
  // Nothing of what a stranger wrote before one has looked at it.
  if (conversation.request) return { lead: "", text: m.list_request(), tone: "plain" };
  if (conversation.state.kind === "stopped") return { lead: "", text: m.list_stopped(), tone: "stopped" };
  if (conversation.state.kind === "paused") return { lead: "", text: m.list_paused(), tone: "changed" };
  if (conversation.state.kind === "blocked") return { lead: "", text: m.person_blocked(), tone: "plain" };
  if (conversation.kind === "direct" && other?.trust === "changed")
    return { lead: "", text: m.person_changed(), tone: "changed" };
  const draft = draftShown ? previewOf(conversation.draft) : "";
  if (draft !== "") return { lead: m.list_draft(), text: draft, tone: "draft" };
  if (conversation.state.kind === "joining") return { lead: "", text: m.list_joining(), tone: "plain" };
  const { preview } = conversation;
  if (preview === null) return { lead: "", text: m.list_empty(), tone: "plain" };
  if (preview.kind === "system")
    return { lead: "", text: plain(systemWords(preview.line, conversation.kind).words), tone: "plain" };
  const alone = conversation.kind === "direct" || conversation.kind === "self";
  const lead = alone ? "" : m.list_lead({ name: nameForSentence(preview.sender) });
  return { lead, text: postPreview(preview, [...conversation.people, preview.sender]), tone: "plain" };
}

function postPreview(
  { what, text }: Extract<NonNullable<ConversationSummary["preview"]>, { kind: "post" }>,
  people: readonly Person[],
): string {
  switch (what) {
    case "text":
      return previewOf(text, people);
    case "poll":
      return m.list_poll({ question: previewOf(text) });
    case "deleted":
      return m.list_deleted();
    case "unsupported":
      return m.list_unsupported();
  }
}

function markOf({ preview }: ConversationSummary): ConversationRow["mark"] {
  if (preview?.kind !== "post") return null;
  return preview.state.kind === "received" ? null : preview.state.kind;
}

function pictureOf(conversation: ConversationSummary): ConversationRow["picture"] {
  const [other] = conversation.people;
  if (conversation.kind === "self") return { kind: "notes" };
  if (conversation.kind === "direct" && other !== undefined) return { kind: "person", person: other };
  return { kind: "group", seal: conversation.seal, picture: conversation.picture };
}

/**
 * The rows of the list: pinned ones first, then newest first.
 * @param open  The conversation that is open: its draft is seen in the composer, not in the list.
 */
export function conversationRows(
  conversations: readonly ConversationSummary[],
  { now, place, open }: { now: number; place: Place; open: ConversationId | null },
): ConversationRow[] {
  return conversations
    .map((conversation) => ({
      conversation: conversation.conversation,
      title: titleOf(conversation),
      picture: pictureOf(conversation),
      time: conversation.activeAt > 0 ? listTime(conversation.activeAt, now, place) : "",
      at: conversation.activeAt,
      preview: previewOfConversation(conversation, conversation.conversation !== open),
      unread: conversation.unread,
      mentions: conversation.mentions,
      markedUnread: conversation.markedUnread,
      notify: conversation.notify,
      muted: conversation.muted,
      pinned: conversation.pinned,
      favourite: conversation.favourite,
      archived: conversation.archived,
      request: conversation.request,
      mark: markOf(conversation),
      verified: conversation.kind === "direct" && conversation.people[0]?.trust === "verified",
    }))
    .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.at - a.at || (a.conversation < b.conversation ? -1 : 1));
}

/** Does this conversation belong under that tab, and does it match what was typed into the search field? */
export function isShown(
  conversation: ConversationSummary,
  filter: ConversationFilter,
  typed: string,
  folders: readonly Folder[] = [],
): boolean {
  return isKept(conversation, filter, typed, folders) && matches(conversation, typed);
}

function isKept(
  conversation: ConversationSummary,
  filter: ConversationFilter,
  typed: string,
  folders: readonly Folder[],
): boolean {
  const { kind, archived, request } = conversation;
  if (filter === "requests") return request;
  if (request) return false;
  if (filter === "archived") return archived;
  // Whoever looks for something finds it wherever it was put.
  if (archived && typed.trim() === "") return false;
  switch (filter) {
    case "all":
      return true;
    case "unread":
      return conversation.unread > 0 || conversation.markedUnread;
    case "people":
      return kind === "direct" || kind === "self";
    case "groups":
      return kind === "group" || kind === "room";
    case "favourites":
      return conversation.favourite;
    default:
      return folders.some(
        ({ folder, conversations }) =>
          filter === `folder:${folder}` && conversations.includes(conversation.conversation),
      );
  }
}

/** How many conversations have something unread that isn't put away, and how many people ask to talk. */
export function countsOf(conversations: readonly ConversationSummary[]): { unread: number; requests: number } {
  const unread = conversations.filter((one) => isShown(one, "unread", "")).length;
  return { unread, requests: conversations.filter(({ request }) => request).length };
}

function matches(conversation: ConversationSummary, typed: string): boolean {
  const wanted = typed.trim().toLowerCase().replace(/^@/u, "");
  if (wanted === "") return true;
  const people = conversation.people.flatMap((person) => [nameOf(person), person.username]);
  return [titleOf(conversation), ...people].some((text) => text.toLowerCase().includes(wanted));
}

/** The title of the window: "(3) Sotto". What is muted doesn't call for anybody. */
export function windowTitle(conversations: readonly ConversationSummary[], open: string | null): string {
  const unread = conversations.reduce(
    (sum, { unread: count, mentions, notify, request }) =>
      sum + (request || notify === "none" ? 0 : notify === "mentions" ? mentions : count),
    0,
  );
  const title = open === null ? "Sotto" : `${open} · Sotto`;
  return unread === 0 ? title : `(${unread > 99 ? "99+" : unread}) ${title}`;
}

/** Everyone met in any conversation, once, by name: whom one may want to write to. */
export function knownPeople(conversations: readonly ConversationSummary[]): Person[] {
  const people = new Map<string, Person>();
  for (const conversation of conversations)
    for (const person of conversation.people) if (person.trust !== "self") people.set(person.account, person);
  return [...people.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b), getLocale()));
}
