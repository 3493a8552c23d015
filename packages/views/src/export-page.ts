import type { PostId } from "@sotto/protocol";
import type { ExportedConversation, ExportedItem, ExportedPerson } from "./export-data.ts";
import { exportDocument, markup, type Html } from "./export-html.ts";
import {
  exportedMarks,
  exportedPoll,
  exportedQuote,
  nameIn,
  withNames,
  type Post,
  type Texts,
} from "./export-marks.ts";
import { exportedThreads } from "./export-threads.ts";
import { m } from "./messages.ts";
import { postBody } from "./post-body.ts";
import { clockTime, dayNumber, fullTime } from "./when.ts";
import type { Place } from "./when.ts";

const CLUSTER_MS = 5 * 60_000;

const TRUST: Record<ExportedPerson["trust"], { glyph: string; words: () => string }> = {
  verified: { glyph: "✓", words: m.export_verified },
  unverified: { glyph: "○", words: m.export_unverified },
  changed: { glyph: "▲", words: m.export_changed },
  blocked: { glyph: "✕", words: m.export_blocked },
  self: { glyph: "", words: m.export_self },
};

/** The conversation as a page for people. @param place  where its reader is: how times are written */
export function exportPage(data: ExportedConversation, place: Place): string {
  const { conversation, people, items, complete, exportedAt } = data;
  const owner = people.find((person) => person.account === data.account);
  const posts = items.filter((item) => item.kind !== "system").length;
  const whose = owner === undefined ? data.account : `@${owner.username}`;
  return exportDocument(conversation.title, [
    markup`<header>
      <h1><bdi>${conversation.title}</bdi></h1>
      <p class="about">
        ${m.export_about({
          messages: m.count_messages({ count: posts }),
          whose,
          server: data.server,
          time: fullTime(Date.parse(exportedAt), place),
        })}
      </p>
    </header>`,
    markup`<h2>${m.export_people()}</h2>
      <table>
        <thead>
          <tr>
            <th>${m.export_name()}</th>
            <th>${m.export_trust()}</th>
            <th>${m.export_account()}</th>
          </tr>
        </thead>
        <tbody>
          ${people.map(personRow)}
        </tbody>
      </table>`,
    ...(conversation.history === "device-only"
      ? [
          markup`<p class="system notice">
            ${m.export_device_only()}
          </p>`,
        ]
      : []),
    ...(complete
      ? []
      : [
          markup`<p class="system alarm">
            ${m.export_not_beginning()}
          </p>`,
        ]),
    markup`<main>${timeline(data, place)}</main>`,
  ]);
}

const ROLES: Record<NonNullable<ExportedPerson["role"]>, () => string> = {
  owner: m.export_role_owner,
  admin: m.export_role_admin,
  member: m.export_role_member,
  banned: m.export_role_banned,
};

function personRow(person: ExportedPerson): Html {
  const role = person.role === null ? m.export_gone() : ROLES[person.role]();
  return markup`<tr>
    <td><bdi>${person.name}</bdi><br /><span class="about">@${person.username}, ${role}</span></td>
    <td>${trustOf(person)}${person.replaced ? markup`<br />${m.export_replaced()}` : null}</td>
    <td><code>${person.account}</code></td>
  </tr>`;
}

function trustOf({ trust }: ExportedPerson): Html {
  const { glyph, words } = TRUST[trust];
  return markup`<span class="${trust}">${glyph} ${words()}</span>`;
}

function timeline({ items, people, exportedAt }: ExportedConversation, place: Place): Html[] {
  const byAccount = new Map(people.map((person) => [person.account, person]));
  const out: Html[] = [];
  let day: number | null = null;
  let previous: ExportedItem | null = null;
  // A sender may sign any time. Days follow the order of the log and never run ahead of the export.
  let shownAt = 0;
  const threads = exportedThreads(items);
  const texts: Texts = { people: byAccount, posts: postsById(items), place };
  for (const item of items) {
    if (threads.inside.has(item.key)) continue;
    shownAt = Math.max(shownAt, Math.min(Date.parse(item.time), Date.parse(exportedAt)));
    const itemDay = dayNumber(shownAt, place);
    if (itemDay !== day) {
      day = itemDay;
      previous = null;
      out.push(markup`<h2>${dayName(shownAt, place)}</h2>`);
    }
    out.push(itemOf(item, texts, { joins: joins(previous, item), thread: false }));
    previous = item;
    const replies = item.kind === "system" ? undefined : threads.on.get(item.post);
    if (replies === undefined) continue;
    replies.forEach((reply, at) =>
      out.push(itemOf(reply, texts, { joins: joins(replies[at - 1] ?? null, reply), thread: true })),
    );
    // After a thread the name is said again.
    previous = null;
  }
  return out;
}

function postsById(items: readonly ExportedItem[]): Map<PostId, Post> {
  return new Map(items.flatMap((item) => (item.kind === "post" ? [[item.post, item] as const] : [])));
}

function dayName(at: number, { locale, timeZone }: Place): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "full", timeZone }).format(at);
}

/** The same sender went on within five minutes: said under one name. */
function joins(previous: ExportedItem | null, item: ExportedItem): boolean {
  if (previous === null || previous.kind === "system" || item.kind === "system") return false;
  return previous.sender === item.sender && Math.abs(Date.parse(item.time) - Date.parse(previous.time)) <= CLUSTER_MS;
}

function itemOf(
  item: ExportedItem,
  texts: Texts,
  { joins: isJoined, thread: isInThread }: { joins: boolean; thread: boolean },
): Html {
  const { people, place } = texts;
  const at = Date.parse(item.time);
  // A thread goes on for days under the day of its first message.
  const shown = isInThread ? fullTime(at, place) : clockTime(at, place);
  const time = markup`<time datetime="${item.time}" title="${fullTime(at, place)}">${shown}</time>`;
  if (item.kind === "system") return markup`<p class="system ${item.tone}">${time} ${item.text}</p>`;
  const sender = people.get(item.sender);
  const head = isJoined
    ? time
    : markup`<h3><bdi>${sender?.name ?? item.sender}</bdi> ${sender === undefined ? null : glyphOf(sender)} ${time}</h3>`;
  return markup`<article class="${item.own ? "own" : "other"}${isInThread ? " thread" : ""}">${head}${bodyOf(item, texts)}${notSent(item)}</article>`;
}

function bodyOf(item: Exclude<ExportedItem, { kind: "system" }>, texts: Texts): Html {
  switch (item.kind) {
    case "post":
      return markup`${exportedQuote(item, texts)}${item.poll === null ? postText(item.text, texts.people) : exportedPoll(item.poll, texts)}${exportedMarks(item, texts)}`;
    case "deleted":
      return markup`<p class="system">${deletedSentence(item, texts.people)}</p>`;
    case "unsupported":
      return markup`<p class="system">${m.export_newer()}</p>`;
  }
}

function deletedSentence(
  { sender, by, own }: Extract<ExportedItem, { kind: "deleted" }>,
  people: Texts["people"],
): string {
  const name = nameIn(people, by);
  const isBySelf = people.get(by)?.trust === "self";
  if (by === sender) return isBySelf ? m.post_deleted_by_you() : m.post_deleted_by({ name });
  if (isBySelf) return m.post_deleted_by_you_of({ sender: nameIn(people, sender) });
  return own ? m.post_deleted_of_you({ name }) : m.post_deleted_by_admin({ name, sender: nameIn(people, sender) });
}

function glyphOf({ trust }: ExportedPerson): Html {
  const { glyph, words } = TRUST[trust];
  return glyph === "" ? markup`` : markup`<span class="${trust}" title="${words()}">${glyph}</span>`;
}

/** As it was typed, with those who are mentioned by name. */
function postText(text: string, people: Texts["people"]): Html {
  const pieces = postBody(withNames(text, people), true).pieces.map((piece) =>
    piece.kind === "text"
      ? markup`${piece.text}`
      : markup`<a href="${piece.href}" rel="noreferrer noopener">${piece.text}</a>`,
  );
  return { html: `<p dir="auto">${pieces.map((piece) => piece.html).join("")}</p>` };
}

function notSent(item: ExportedItem): Html | null {
  if (item.kind !== "post" || item.state === "received" || item.state === "sent") return null;
  return markup`<span class="notice">${item.state === "sending" ? m.export_not_sent_yet() : m.export_not_sent()}</span>`;
}
