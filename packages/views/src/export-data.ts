import type { ConversationDetails, Person, PostMarks, SystemLine, TimelineItem } from "@sotto/engine";
import { AccountId, ConversationId, jsonForTerminal, PostId, ROLE, type Role } from "@sotto/protocol";
import * as v from "valibot";
import type { WholeTimeline } from "./export-timeline.ts";
import { nameOf, titleOf } from "./person.ts";
import { plain, systemWords } from "./system-line.ts";

/** [Note: The format of an export] docs/spec/export.md says what each key means; keys may be added, never renamed. Version 1 had no threads and no marks. */
export const EXPORT_FORMAT = "sotto-conversation";
export const EXPORT_VERSION = 2;

const Time = v.pipe(v.string(), v.isoTimestamp());
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Trust = v.picklist(["unverified", "verified", "changed", "blocked", "self"]);

export const ExportedPerson = v.object({
  account: AccountId,
  username: v.string(),
  name: v.string(),
  displayName: v.nullable(v.string()),
  contactName: v.nullable(v.string()),
  trust: Trust,
  replaced: v.boolean(),
  role: v.nullable(v.picklist(["owner", "admin", "member", "banned"])),
});
export type ExportedPerson = v.InferOutput<typeof ExportedPerson>;

const Item = { key: v.string(), seq: v.nullable(Count), time: Time };
const System = v.object({
  ...Item,
  kind: v.literal("system"),
  event: v.string(),
  tone: v.picklist(["quiet", "notice", "alarm"]),
  text: v.string(),
  people: v.array(AccountId),
  missing: v.nullable(Count),
});
const Written = { ...Item, sender: AccountId, own: v.boolean() };
const Text = {
  kind: v.literal("post"),
  text: v.string(),
  state: v.picklist(["received", "sent", "sending", "failed"]),
};
/** `people`: those who are named, at most 20; a count counts all. */
const Chosen = { people: v.array(AccountId) };
const Placed = { ...Written, post: PostId, thread: v.nullable(PostId) };

export const ExportedItem = v.variant("kind", [
  v.object({
    ...Placed,
    ...Text,
    replyTo: v.nullable(
      v.object({ post: PostId, kind: v.picklist(["post", "deleted", "unknown"]), sender: v.nullable(AccountId) }),
    ),
    editedAt: v.nullable(Time),
    forwarded: v.boolean(),
    expiresAt: v.nullable(Time),
    pinned: v.boolean(),
    starred: v.boolean(),
    reactions: v.array(v.object({ emoji: v.string(), count: Count, ...Chosen })),
    poll: v.nullable(
      v.object({
        question: v.string(),
        options: v.array(v.object({ text: v.string(), votes: Count, ...Chosen })),
        multiple: v.boolean(),
        closed: v.boolean(),
        voters: Count,
      }),
    ),
    preview: v.nullable(v.object({ url: v.string(), title: v.string(), description: v.string() })),
  }),
  v.object({ ...Placed, kind: v.literal("deleted"), by: AccountId }),
  v.object({ ...Placed, kind: v.literal("unsupported") }),
  System,
]);
export type ExportedItem = v.InferOutput<typeof ExportedItem>;

const Head = {
  format: v.literal(EXPORT_FORMAT),
  exportedAt: Time,
  server: v.string(),
  account: AccountId,
  conversation: v.object({
    id: ConversationId,
    kind: v.picklist(["direct", "group", "room", "self"]),
    title: v.string(),
    history: v.picklist(["archive", "device-only"]),
    state: v.picklist(["open", "joining", "left", "paused", "blocked", "stopped"]),
  }),
  /** Everything back to the beginning is here, so far as this account may read it. */
  complete: v.boolean(),
  people: v.array(ExportedPerson),
};

/** One conversation with its whole history, as the JSON file of an export holds it. */
export const ExportedConversation = v.object({
  ...Head,
  version: v.literal(EXPORT_VERSION),
  items: v.array(ExportedItem),
});
export type ExportedConversation = v.InferOutput<typeof ExportedConversation>;

/** As the first releases wrote it. */
const FirstExport = v.object({
  ...Head,
  version: v.literal(1),
  items: v.array(
    v.variant("kind", [
      v.object({ ...Written, ...Text }),
      v.object({ ...Written, kind: v.literal("unsupported") }),
      System,
    ]),
  ),
});
export type FirstExport = v.InferOutput<typeof FirstExport>;

const AnyExport = v.variant("version", [ExportedConversation, FirstExport]);

export type ExportSource = Readonly<WholeTimeline> & {
  conversation: ConversationDetails;
  /** Whose export this is. */
  account: AccountId;
  /** Origin of the server. */
  server: string;
  /** ms */
  exportedAt: number;
};

const TIME_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Times of posts are their senders' claims: one that no calendar holds is brought back into it. */
function isoTime(at: number): string {
  return new Date(Number.isFinite(at) ? Math.min(Math.max(Math.trunc(at), 0), TIME_MAX) : 0).toISOString();
}

/** A conversation as data: everybody who occurs in it by account, every item in the order of the log. */
export function exportedConversation(source: ExportSource): ExportedConversation {
  const { conversation, items, threads, complete, account, server, exportedAt } = source;
  const roles = new Map<AccountId, Role>(conversation.members.map((member) => [member.account, member.role]));
  const people = new Map<AccountId, Person>();
  for (const person of [...conversation.members, ...conversation.people, ...items.flatMap(peopleOf)])
    if (!people.has(person.account)) people.set(person.account, person);
  return {
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    exportedAt: isoTime(exportedAt),
    server,
    account,
    conversation: {
      id: conversation.conversation,
      kind: conversation.kind,
      title: titleOf(conversation),
      history: conversation.history,
      state: conversation.state.kind,
    },
    complete,
    people: [...people.values()].map((person) => exportedPerson(person, roles.get(person.account))),
    items: items.map((item) => exportedItem(item, threads.get(item.key) ?? null, conversation)),
  };
}

function exportedPerson(person: Person, role: Role | undefined): ExportedPerson {
  const { account, username, displayName, contactName, trust, replaced } = person;
  const roleWord = role === undefined ? null : ROLE_WORDS[role];
  return { account, username, name: nameOf(person), displayName, contactName, trust, replaced, role: roleWord };
}

const ROLE_WORDS = {
  [ROLE.owner]: "owner",
  [ROLE.admin]: "admin",
  [ROLE.member]: "member",
  [ROLE.banned]: "banned",
} as const;

function exportedItem(item: TimelineItem, thread: PostId | null, { kind }: ConversationDetails): ExportedItem {
  const common = { key: item.key, seq: item.seq, time: isoTime(item.at) };
  switch (item.kind) {
    case "post": {
      const { own, post, text, sender, state, marks } = item;
      return {
        ...common,
        kind: "post",
        post,
        thread: thread ?? marks.thread,
        sender: sender.account,
        own,
        text,
        state: state.kind,
        ...exportedMarks(marks),
      };
    }
    case "deleted":
    case "unsupported": {
      const { own, post, sender } = item;
      const placed = { ...common, post, thread, sender: sender.account, own };
      return item.kind === "deleted"
        ? { ...placed, kind: "deleted", by: item.by.account }
        : { ...placed, kind: "unsupported" };
    }
    case "system": {
      const { words, tone } = systemWords(item.line, kind);
      return {
        ...common,
        kind: "system",
        event: item.line.kind,
        tone,
        text: plain(words),
        people: [...new Set(peopleIn(item.line).map((person) => person.account))],
        missing: item.line.kind === "keys-missing" ? item.line.entries : null,
      };
    }
  }
}

const accountsOf = (people: readonly Person[]): AccountId[] => people.map(({ account }) => account);
const timeOrNull = (at: number | null): string | null => (at === null ? null : isoTime(at));

function exportedMarks(marks: PostMarks) {
  const { replyTo, editedAt, forwarded, expiresAt, pinned, starred, reactions, poll, preview } = marks;
  return {
    replyTo:
      replyTo === null
        ? null
        : {
            post: replyTo.post,
            kind: replyTo.kind,
            sender: replyTo.kind === "post" ? replyTo.sender.account : null,
          },
    editedAt: timeOrNull(editedAt),
    forwarded,
    expiresAt: timeOrNull(expiresAt),
    pinned,
    starred,
    reactions: reactions.map(({ emoji, count, people }) => ({ emoji, count, people: accountsOf(people) })),
    poll:
      poll === null
        ? null
        : {
            question: poll.question,
            options: poll.options.map(({ text, votes, people }) => ({ text, votes, people: accountsOf(people) })),
            multiple: poll.multiple,
            closed: poll.closed,
            voters: poll.voters,
          },
    preview: preview === null ? null : { url: preview.url, title: preview.title, description: preview.description },
  };
}

/** Everybody whom an item names. */
function peopleOf(item: TimelineItem): Person[] {
  switch (item.kind) {
    case "system":
      return peopleIn(item.line);
    case "deleted":
      return [item.sender, item.by];
    case "unsupported":
      return [item.sender];
    case "post": {
      const { replyTo, reactions, poll } = item.marks;
      return [
        item.sender,
        ...(replyTo?.kind === "post" ? [replyTo.sender] : []),
        ...[...reactions, ...(poll?.options ?? [])].flatMap(({ people }) => people),
      ];
    }
  }
}

/** Everybody whom a line tells of, the one who acted first. */
function peopleIn(line: SystemLine): Person[] {
  return [
    ...("by" in line ? [line.by] : []),
    ...("person" in line ? [line.person] : []),
    ...("people" in line ? line.people : []),
    ...("claimedBy" in line && line.claimedBy !== null ? [line.claimedBy] : []),
  ];
}

/** Beside what a terminal acts on also what a page would: nobody who puts the file into one makes mark-up of it. */
function safeJson(value: unknown): string {
  return jsonForTerminal(value).replaceAll(
    /[<>&]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The JSON file: one key, one person and one item a line, so that it can be read and compared line by line. */
export function exportJson(data: ExportedConversation): string {
  const { people, items, ...head } = data;
  const lines = Object.entries(head).map(([key, value]) => `${safeJson(key)}: ${safeJson(value)}`);
  const list = (name: string, values: readonly unknown[]): string =>
    values.length === 0 ? `"${name}": []` : `"${name}": [\n${values.map(safeJson).join(",\n")}\n]`;
  return `{\n${[...lines, list("people", people), list("items", items)].join(",\n")}\n}\n`;
}

/** Reads a JSON file of an export, of this version or an earlier one. @returns undefined for anything else, also for a later version */
export function readExport(text: string): ExportedConversation | FirstExport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(AnyExport, value);
  return parsed.success ? parsed.output : undefined;
}
