import type { ConversationId } from "@sotto/protocol";
import { exportJson, type ExportedConversation } from "./export-data.ts";
import { exportDocument, markup, type Html } from "./export-html.ts";
import { exportPage } from "./export-page.ts";
import { m } from "./messages.ts";
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
  const counts = `${m.count_conversations({ count: entries.length })}, ${m.count_messages({ count: posts })}`;
  const page = exportDocument(m.export_page_title({ username }), [
    markup`<h1>${m.export_title({ username })}</h1>
      <p class="about">
        ${m.export_index_about({ counts, server, time: when })}
      </p>
      <table>
        <thead>
          <tr>
            <th>${m.export_conversation()}</th>
            <th>${m.export_messages()}</th>
            <th>${m.export_from()}</th>
            <th>${m.export_to()}</th>
            <th>${m.export_data()}</th>
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
      >${complete ? null : markup` <span class="alarm">${m.export_not_whole()}</span>`}
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
    m.export_readme_title({ username, server }),
    m.export_readme_made({ counts, time: when }),
    "",
    m.export_readme_private_1(),
    m.export_readme_private_2(),
    "",
    `index.html     ${m.export_readme_index()}`,
    `NNN-name.html  ${m.export_readme_html()}`,
    `NNN-name.json  ${m.export_readme_json()}`,
    "",
    m.export_readme_names(),
    m.export_readme_times(),
    ...(partial.length === 0 ? [] : ["", m.export_readme_partial()]),
    ...partial.map(({ name }) => `  ${name}`),
    "",
  ].join("\n");
}
