import type { ConversationId } from "@sotto/protocol";
import { exportJson, type ExportedConversation } from "./export-data.ts";
import { exportDocument, markup, type Html } from "./export-html.ts";
import { exportPage } from "./export-page.ts";
import { countOf } from "./person.ts";
import { fullTime } from "./when.ts";
import type { Place } from "./when.ts";

/** A file of an export. `path`: of characters that every file system takes, without folders. */
export type ExportFile = { path: string; text: string };

/** What the index says of a conversation. */
export type ExportEntry = {
  name: string;
  title: string;
  posts: number;
  people: number;
  complete: boolean;
  /** Of the first and last item, ms; null for none. */
  from: number | null;
  to: number | null;
};

const SLUG_LENGTH_MAX = 40;

/**
 * What a conversation's files are called: a number, then letters and digits of its title. Nothing that a name may hold, be it
 * "..", "/", "CON" or letters that a file system folds together, leads out of the folder or over another file.
 */
export function exportNames(
  conversations: readonly { conversation: ConversationId; title: string }[],
): Map<ConversationId, string> {
  const digits = Math.max(3, String(conversations.length).length);
  return new Map(
    conversations.map(({ conversation, title }, at) => {
      const number = String(at + 1).padStart(digits, "0");
      const slug = title
        .normalize("NFKD")
        .toLowerCase()
        .replaceAll(/\p{M}/gu, "")
        .replaceAll(/[^a-z0-9]+/gu, "-")
        .slice(0, SLUG_LENGTH_MAX)
        .replaceAll(/^-+|-+$/gu, "");
      return [conversation, slug === "" ? `${number}-conversation` : `${number}-${slug}`];
    }),
  );
}

/** The two files of a conversation, and what the index says of it. */
export function exportConversation(
  data: ExportedConversation,
  { name, place }: { name: string; place: Place },
): { files: ExportFile[]; entry: ExportEntry } {
  const { items, people, complete, conversation } = data;
  const timeOf = (at: number): number | null => {
    const item = items.at(at);
    return item === undefined ? null : Date.parse(item.time);
  };
  return {
    files: [
      { path: `${name}.html`, text: exportPage(data, place) },
      { path: `${name}.json`, text: exportJson(data) },
    ],
    entry: {
      name,
      title: conversation.title,
      posts: items.filter((item) => item.kind !== "system").length,
      people: people.length,
      complete,
      from: timeOf(0),
      to: timeOf(-1),
    },
  };
}

export type ExportAbout = { username: string; server: string; exportedAt: number; place: Place };

/** index.html and README.txt: written last, so that a folder that has them is whole. */
export function exportIndex(entries: readonly ExportEntry[], about: ExportAbout): ExportFile[] {
  const { username, server, exportedAt, place } = about;
  const when = fullTime(exportedAt, place);
  const posts = entries.reduce((sum, entry) => sum + entry.posts, 0);
  const counts = `${countOf(entries.length, "conversation", "conversations")}, ${countOf(posts, "message", "messages")}`;
  const page = exportDocument(`Sotto: what @${username} can read`, [
    markup`<h1>What @${username} can read</h1>
      <p class="about">
        ${counts}. From ${server}, on ${when}. Made on the device itself; README.txt says what is here.
      </p>
      <table>
        <thead>
          <tr>
            <th>Conversation</th>
            <th>Messages</th>
            <th>From</th>
            <th>To</th>
            <th>Data</th>
          </tr>
        </thead>
        <tbody>
          ${entries.map((entry) => entryRow(entry, place))}
        </tbody>
      </table>`,
  ]);
  return [
    { path: "index.html", text: page },
    { path: "README.txt", text: readme(entries, { username, server, when, counts }) },
  ];
}

function entryRow(entry: ExportEntry, place: Place): Html {
  const { name, title, posts, complete, from, to } = entry;
  const time = (at: number | null): string => (at === null ? "" : fullTime(at, place));
  return markup`<tr>
    <td>
      <a href="${name}.html"><bdi>${title}</bdi></a
      >${complete ? null : markup` <span class="alarm">not whole</span>`}
    </td>
    <td>${posts}</td>
    <td>${time(from)}</td>
    <td>${time(to)}</td>
    <td><a href="${name}.json">JSON</a></td>
  </tr>`;
}

function readme(
  entries: readonly ExportEntry[],
  { username, server, when, counts }: { username: string; server: string; when: string; counts: string },
): string {
  const partial = entries.filter(({ complete }) => !complete);
  return [
    `What @${username} can read on ${server}`,
    `${counts}. Made on ${when}.`,
    "",
    "These files are not encrypted. Whoever has them can read everything in them: keep them where you keep",
    "what is private, and delete them when you don't need them any more.",
    "",
    "index.html     all conversations; opens in any browser, without a network",
    "NNN-name.html  one conversation, for people",
    "NNN-name.json  the same conversation, for programs (format sotto-conversation, version 1)",
    "",
    "Names are what people called themselves. What is exact is the account, shown beside them.",
    "Times of messages are what their senders said; the order is that of the server's log, verified by the device.",
    ...(partial.length === 0
      ? []
      : ["", "Not whole, because earlier messages could not be fetched when this was made:"]),
    ...partial.map(({ name }) => `  ${name}`),
    "",
  ].join("\n");
}
