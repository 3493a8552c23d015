import type { Person, PostMarks, Quote, Reaction } from "@sotto/engine";
import { m } from "./messages.ts";
import { nameOf, peopleInWords, shortNameOf } from "./person.ts";
import { postBody } from "./post-body.ts";
import { previewOf } from "./readable.ts";
import type { PostRow } from "./timeline-rows.ts";

// What happened to a post, in words.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Who wrote it: "You" or a whole name. */
export function senderOf({ own, sender }: Pick<PostRow, "own" | "sender">): string {
  return own ? m.post_you() : nameOf(sender);
}

/** What stands in the place of a deleted post. */
export function deletedWords({ own, sender, deletedBy }: Pick<PostRow, "own" | "sender" | "deletedBy">): string {
  const by = deletedBy ?? sender;
  const byThem = by.account === sender.account;
  if (by.trust === "self")
    return byThem ? m.post_deleted_by_you() : m.post_deleted_by_you_of({ sender: shortNameOf(sender) });
  const name = shortNameOf(by);
  if (byThem) return m.post_deleted_by({ name });
  return own ? m.post_deleted_of_you({ name }) : m.post_deleted_by_admin({ name, sender: shortNameOf(sender) });
}

/** What a reply shows of the post that it answers: rendered from what is stored here. */
export type QuoteWords = {
  /** Whose ink the bar has; null where there is nobody to name. */
  person: Person | null;
  name: string;
  text: string;
};

export function quoteWords(quote: Quote, people: readonly Person[] = []): QuoteWords {
  switch (quote.kind) {
    case "post":
      return { person: quote.sender, name: senderOf(quote), text: previewOf(quote.text, [...people, quote.sender]) };
    case "deleted":
      return { person: null, name: "", text: m.post_quote_deleted() };
    case "unknown":
      return { person: null, name: "", text: m.post_quote_unknown() };
  }
}

/** "Ada, you and 3 others": oneself first. */
export function whoReacted({ people, count, own }: Reaction): string {
  const others = people.filter(({ trust }) => trust !== "self").map(shortNameOf);
  return peopleInWords(own ? [m.post_you(), ...others] : others, Math.max(count, people.length));
}

/** "Gone in 3 minutes"; rounded up, so that it never says less than is left. */
export function expiryWords(expiresAt: number, now: number): string {
  const left = expiresAt - now;
  if (!(left > MINUTE)) return m.post_expires_now();
  if (left <= HOUR) return m.post_expires_minutes({ count: Math.ceil(left / MINUTE) });
  if (left <= DAY) return m.post_expires_hours({ count: Math.ceil(left / HOUR) });
  if (left <= 2 * WEEK) return m.post_expires_days({ count: Math.ceil(left / DAY) });
  return m.post_expires_weeks({ count: Math.ceil(left / WEEK) });
}

/** How far an own post has come. */
export type Reached =
  | { kind: "sent" }
  /** `some`: of how many others it reached, where that isn't all of them. */
  | { kind: "delivered"; some: { count: number; others: number } | null }
  | { kind: "read"; people: Person[]; names: string };

export function reachedOf({ receipts }: Pick<PostMarks, "receipts">): Reached {
  if (receipts === null) return { kind: "sent" };
  const { read, others } = receipts;
  if (read.length > 0) return { kind: "read", people: read, names: peopleInWords(read.map(shortNameOf)) };
  // Who has read it has it, whatever was told of it.
  const delivered = receipts.delivered.length;
  if (delivered === 0) return { kind: "sent" };
  return { kind: "delivered", some: delivered < others ? { count: delivered, others } : null };
}

/** "Alan is typing"; null when nobody is. */
export function typingWords(people: readonly Person[]): string | null {
  const [first, second] = people;
  if (first === undefined) return null;
  if (second === undefined) return m.post_typing_one({ name: shortNameOf(first) });
  if (people.length === 2) return m.post_typing_two({ first: shortNameOf(first), second: shortNameOf(second) });
  return m.post_typing_several();
}

/** What a link's preview shows: its title as text, and the host that the link really leads to. */
export function previewWords(
  preview: { url: string; title: string; description: string },
  sender: Pick<PostRow, "own" | "sender">,
): { href: string; host: string; title: string; text: string; by: string } | null {
  // Whatever wouldn't be a link in a text isn't one here.
  const [link, ...more] = postBody(preview.url, true).pieces;
  const host = link?.kind === "link" ? /^https?:\/\/([^/:?#]+)/iu.exec(link.href)?.[1] : undefined;
  if (link?.kind !== "link" || host === undefined || more.length > 0) return null;
  const title = previewOf(preview.title);
  return {
    href: link.href,
    host,
    title: title === "" ? host : title,
    text: previewOf(preview.description),
    by: sender.own ? m.post_preview_by_you() : m.post_preview_by({ name: shortNameOf(sender.sender) }),
  };
}

/** What a screen reader says of a post before its text. */
export function postLabel(row: PostRow, time: string): string {
  const parts = [m.post_label({ name: senderOf(row), time })];
  if (row.marks.editedAt !== null) parts.push(m.post_edited());
  if (row.marks.pinned) parts.push(m.post_pinned());
  if (row.marks.starred) parts.push(m.post_saved());
  const reactions = row.marks.reactions.reduce((sum, { count }) => sum + count, 0);
  if (reactions > 0) parts.push(m.post_label_reactions({ count: reactions }));
  if (row.marks.replies !== null) parts.push(m.post_replies({ count: row.marks.replies.count }));
  return parts.join(", ");
}

/** Several posts as text, for the clipboard: who said what when, one below the other. */
export function postsAsText(rows: readonly PostRow[]): string {
  const texts = rows.filter((row) => row.text !== null);
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return only.text ?? "";
  return texts.map((row) => `${senderOf(row)}, ${row.time}:\n${row.text ?? ""}`).join("\n\n");
}
