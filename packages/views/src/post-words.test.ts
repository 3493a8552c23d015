import { expect, test } from "vitest";
import type { PostMarks } from "@sotto/engine";
import { ADA, GRACE, personOf, postAt, YOU } from "./people.test-data.ts";
import { mayDeleteForEveryone, postActs } from "./post-acts.ts";
import {
  deletedWords,
  expiryWords,
  postLabel,
  postsAsText,
  previewWords,
  quoteWords,
  reachedOf,
  typingWords,
  whoReacted,
} from "./post-words.ts";
import { timelineRows } from "./timeline-rows.ts";
import type { PostRow } from "./timeline-rows.ts";

const NOW = Date.UTC(2026, 2, 4, 12, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CHARLES = personOf("charles", "Charles Babbage");

function rowOf(sender: typeof ADA, marks: Partial<PostMarks> = {}, change: Partial<PostRow> = {}): PostRow {
  const item = postAt(1, NOW, sender);
  const page = { items: [item], more: false, moreAfter: false, unreachable: false, unreadAfter: null };
  const rows = timelineRows(page, {
    kind: "group",
    now: NOW,
    place: { locale: "en-GB", timeZone: "UTC" },
    unreadAfter: null,
  });
  const row = rows.find((one): one is PostRow => one.kind === "post");
  if (row === undefined) throw new Error("no post");
  const may = { edit: row.own, delete: row.own, pin: true, reply: true };
  return { ...row, ...change, marks: { ...row.marks, may, ...marks } };
}

test.each([
  { by: YOU, sender: YOU, words: "You deleted this message" },
  { by: ADA, sender: ADA, words: "Ada deleted this message" },
  { by: ADA, sender: YOU, words: "Ada deleted your message" },
  { by: YOU, sender: ADA, words: "You deleted a message by Ada" },
  { by: GRACE, sender: ADA, words: "Grace deleted a message by Ada" },
])("what is left of a deleted post says who did it: $words", ({ by, sender, words }) => {
  expect(deletedWords({ own: sender === YOU, sender, deletedBy: by })).toBe(words);
});

test("a quote is of the stored post, on one line; of one that is gone it says so", () => {
  const { post } = postAt(1, NOW, ADA);
  expect(quoteWords({ post, kind: "post", sender: ADA, own: false, text: "one\n\u202etwo" })).toEqual({
    person: ADA,
    name: "Ada Lovelace",
    text: "one two",
  });
  expect(quoteWords({ post, kind: "deleted" })).toMatchObject({ person: null, text: "A deleted message" });
  expect(quoteWords({ post, kind: "unknown" }).text).toBe("A message that isn’t on this device");
});

test("who reacted: oneself first, and how many more than are named", () => {
  expect(whoReacted({ emoji: "👏", count: 2, own: true, people: [ADA, YOU] })).toBe("You and Ada");
  expect(whoReacted({ emoji: "👏", count: 30, own: false, people: [ADA, GRACE] })).toBe("Ada, Grace and 28 others");
});

test.each([
  [0, "Gone in less than a minute"],
  [-5 * MINUTE, "Gone in less than a minute"],
  [Number.NaN, "Gone in less than a minute"],
  [2.4 * MINUTE, "Gone in 3 minutes"],
  [HOUR, "Gone in 60 minutes"],
  [5 * HOUR, "Gone in 5 hours"],
  [24 * HOUR + 1, "Gone in 2 days"],
  [28 * 24 * HOUR, "Gone in 4 weeks"],
])("time left is never said shorter than it is: %d ms", (left, words) => {
  expect(expiryWords(NOW + left, NOW)).toBe(words);
});

test("how far a post has come: nobody is counted twice, and reading it is having it", () => {
  expect(reachedOf({ receipts: null })).toEqual({ kind: "sent" });
  expect(reachedOf({ receipts: { delivered: [], read: [], others: 2 } })).toEqual({ kind: "sent" });
  expect(reachedOf({ receipts: { delivered: [ADA], read: [], others: 2 } })).toEqual({
    kind: "delivered",
    some: { count: 1, others: 2 },
  });
  expect(reachedOf({ receipts: { delivered: [ADA, GRACE], read: [], others: 2 } })).toEqual({
    kind: "delivered",
    some: null,
  });
  expect(reachedOf({ receipts: { delivered: [ADA], read: [GRACE], others: 2 } })).toEqual({
    kind: "read",
    people: [GRACE],
    names: "Grace",
  });
});

test("who is typing: one, two, then several", () => {
  expect(typingWords([])).toBeNull();
  expect(typingWords([ADA])).toBe("Ada is typing");
  expect(typingWords([ADA, GRACE])).toBe("Ada and Grace are typing");
  expect(typingWords([ADA, GRACE, CHARLES])).toBe("Several people are typing");
});

test("[T51] a preview names the host that its link leads to, whatever it calls itself", () => {
  const sender = { own: false, sender: ADA };
  const preview = { url: "https://evil.example/bank.example", title: "bank.example", description: "Your bank" };
  expect(previewWords(preview, sender)).toEqual({
    href: "https://evil.example/bank.example",
    host: "evil.example",
    title: "bank.example",
    text: "Your bank",
    by: "Preview made by Ada",
  });
  expect(previewWords({ ...preview, title: "\u202e \n" }, sender)?.title).toBe("evil.example");
});

test.each([
  "javascript:alert(1)",
  "https://bank.example@evil.example/",
  "data:text/html,x",
  "",
  "https://",
  "see https://a.example",
])("[T51] what wouldn't be a link in a text is none in a preview: %s", (url) => {
  expect(previewWords({ url, title: "t", description: "" }, { own: true, sender: YOU })).toBeNull();
});

test("what a menu offers: everything for an own post, and only what may be done for others'", () => {
  const context = { open: true, inThread: false };
  expect(postActs(rowOf(YOU), context)).toEqual([
    "react",
    "reply",
    "thread",
    "edit",
    "copy",
    "forward",
    "pin",
    "save",
    "select",
    "sees",
    "delete",
  ]);
  const theirs = postActs(rowOf(ADA, { pinned: true, starred: true, editedAt: NOW }), context);
  expect(theirs).not.toContain("edit");
  expect(theirs).toEqual(expect.arrayContaining(["unpin", "unsave", "unread", "versions"]));
  expect(postActs(rowOf(ADA), { open: false, inThread: false })).toEqual([
    "copy",
    "forward",
    "save",
    "unread",
    "select",
    "sees",
    "delete",
  ]);
});

test("nothing refers to a post that isn't in the log yet, and nothing is offered that a deleted one can't do", () => {
  const context = { open: true, inThread: false };
  expect(postActs(rowOf(YOU, {}, { seq: null }), context)).toEqual(["copy"]);
  expect(postActs(rowOf(ADA, {}, { what: "deleted", text: null }), context)).toEqual(["unread", "sees", "delete"]);
});

test("for everyone only if it may be done with each of them", () => {
  expect(mayDeleteForEveryone([rowOf(YOU), rowOf(YOU)])).toBe(true);
  expect(mayDeleteForEveryone([rowOf(YOU), rowOf(ADA)])).toBe(false);
  expect(mayDeleteForEveryone([])).toBe(false);
});

test("one post is copied as its text, several with who said them", () => {
  expect(postsAsText([rowOf(ADA)])).toBe("text");
  expect(postsAsText([rowOf(ADA), rowOf(YOU)])).toBe("Ada Lovelace, 12:00:\ntext\n\nYou, 12:00:\ntext");
});

test("a screen reader hears what happened to a post before its text", () => {
  const reactions = [{ emoji: "👏", count: 3, own: false, people: [] }];
  expect(postLabel(rowOf(ADA, { editedAt: NOW, reactions }), "today")).toBe("Ada Lovelace, today, Edited, 3 reactions");
});
