import type { AccountId, PostId } from "@sotto/protocol";
import type { ExportedItem, ExportedPerson } from "./export-data.ts";
import { markup, type Html } from "./export-html.ts";
import { unlinkMentions } from "./markdown/mentions.ts";
import { m } from "./messages.ts";
import { peopleInWords } from "./person.ts";
import { fullTime } from "./when.ts";
import type { Place } from "./when.ts";

// What belongs to a post beside its text, on the page of an export.

export type Post = Extract<ExportedItem, { kind: "post" }>;
export type Texts = {
  people: ReadonlyMap<string, ExportedPerson>;
  posts: ReadonlyMap<PostId, Post>;
  place: Place;
};

const QUOTE_LENGTH = 120;

export function nameIn(people: Texts["people"], account: AccountId): string {
  return people.get(account)?.name ?? account;
}

/** As it was typed, with those who are mentioned by name. */
export function withNames(text: string, people: Texts["people"]): string {
  return unlinkMentions(text, (account) =>
    account === null ? m.text_everybody() : people.get(account)?.name.replace(/^@/u, ""),
  );
}

/** The beginning of what it answers, as far as that is in this file. */
export function exportedQuote({ replyTo }: Post, { people, posts }: Texts): Html | null {
  if (replyTo === null) return null;
  if (replyTo.kind === "deleted") return markup`<p class="quote">↪ ${m.post_quote_deleted()}</p>`;
  const quoted = posts.get(replyTo.post);
  if (quoted === undefined) return markup`<p class="quote">↪ ${m.post_quote_unknown()}</p>`;
  const letters = Array.from(withNames(quoted.text, people).replaceAll(/\s+/gu, " "));
  const text = letters.slice(0, QUOTE_LENGTH).join("") + (letters.length > QUOTE_LENGTH ? "…" : "");
  return markup`<p class="quote" dir="auto">↪ <bdi>${nameIn(people, quoted.sender)}</bdi>: ${text}</p>`;
}

/** "Ada, Grace and 3 others", each of them kept apart from what stands beside it. */
function chosenBy(accounts: readonly AccountId[], count: number, people: Texts["people"]): string {
  return peopleInWords(
    accounts.map((account) => nameIn(people, account)),
    Math.max(count, accounts.length),
  );
}

export function exportedPoll(poll: NonNullable<Post["poll"]>, { people }: Texts): Html {
  const said = [
    m.post_poll(),
    poll.multiple ? m.post_poll_many() : m.post_poll_one(),
    m.post_poll_voters({ count: poll.voters }),
    ...(poll.closed ? [m.post_poll_closed()] : []),
  ];
  return markup`<p dir="auto">${poll.question}</p>
    <p class="marks">${said.join(" · ")}</p>
    <table>
      <tbody>
        ${poll.options.map(
          ({ text, votes, people: voters }) =>
            markup`<tr>
              <td dir="auto">${text}</td>
              <td>${m.post_poll_votes({ count: votes })}</td>
              <td>${votes === 0 ? "" : chosenBy(voters, votes, people)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
}

/** What happened to it, in a line, then its preview and its reactions. */
export function exportedMarks(item: Post, { people, place }: Texts): Html {
  const said = [
    ...(item.forwarded ? [m.post_forwarded()] : []),
    ...(item.editedAt === null ? [] : [m.export_edited({ time: fullTime(Date.parse(item.editedAt), place) })]),
    ...(item.pinned ? [m.post_pinned()] : []),
    ...(item.starred ? [m.post_saved()] : []),
    ...(item.expiresAt === null ? [] : [m.export_expires({ time: fullTime(Date.parse(item.expiresAt), place) })]),
  ];
  const { preview, reactions } = item;
  const title =
    preview === null
      ? null
      : markup`<p class="quote" dir="auto"><bdi>${preview.title}</bdi> ${preview.description}</p>`;
  const reacted = reactions.map(
    ({ emoji, count, people: who }) =>
      markup`<span><bdi>${emoji}</bdi> ${count} (${chosenBy(who, count, people)})</span>`,
  );
  return markup`${title}${said.length === 0 ? null : markup`<p class="marks">${said.join(" · ")}</p>`}${reacted.length === 0 ? null : markup`<p class="marks">${reacted}</p>`}`;
}
