import type { Person, PostMarks, TimelineItem } from "@sotto/engine";
import type { AccountId, PostId } from "@sotto/protocol";
import { NO_MARKS } from "@sotto/views";
import { expect, test } from "vitest";
import { lookOf } from "./io.ts";
import { itemJson, shownItem } from "./records.ts";

const ada: Person = {
  account: "A".repeat(43) as AccountId,
  username: "ada",
  displayName: "Ada",
  contactName: null,
  replaced: false,
  trust: "unverified",
  seal: { id: new Uint8Array(2), key: new Uint8Array(18) },
  picture: null,
  status: "",
};
const post = (text: string, marks: Partial<PostMarks> = {}): TimelineItem => ({
  key: "k",
  order: 64,
  seq: 1,
  at: 0,
  kind: "post",
  post: "p" as PostId,
  sender: ada,
  own: false,
  text,
  state: { kind: "received" },
  marks: { ...NO_MARKS, ...marks },
});
const WHERE = { conversation: "c" as never, kind: "direct" as const, name: null, people: [ada] };
const look = lookOf({ stdout: {}, env: {} } as never);
const shown = (item: TimelineItem): string => shownItem(item, WHERE, look, null);

test("what happened to a message is said beside it", () => {
  const text = shown(
    post("yes", {
      editedAt: 1,
      forwarded: true,
      replyTo: { post: "q" as PostId, kind: "post", sender: ada, own: false, text: "shall\nwe?" },
      reactions: [{ emoji: "👍", count: 2, own: false, people: [ada] }],
      replies: { count: 3, newestAt: 1, people: [ada] },
    }),
  );
  expect(text).toContain("↪ Ada: shall we?\n      yes (forwarded, edited, 3 in its thread)\n      👍 2");
  expect(JSON.parse(itemJson(post("yes", { editedAt: 1 }), WHERE))).toMatchObject({ kind: "text", edited: true });
  expect(shown({ ...post("x"), kind: "deleted", by: ada } as TimelineItem)).toContain("[deleted]");
});

test("a poll is its question and its options in lines", () => {
  const poll = { question: "when?", multiple: false, closed: true, voters: 1, mayClose: false };
  const options = [
    { text: "today", votes: 1, own: true, people: [ada] },
    { text: "later", votes: 0, own: false, people: [] },
  ];
  expect(shown(post("when?", { poll: { ...poll, options } }))).toContain(
    "when?\n      (x) today · 1\n      ( ) later · 0\n      closed",
  );
});

test("[T57] nothing of a quote, a reaction or an option reaches the terminal as a command", () => {
  const evil = "\u001b]52;c;aGk=\u0007\u009b2J\u202e";
  const text = shown(
    post(evil, {
      replyTo: { post: "q" as PostId, kind: "post", sender: { ...ada, displayName: evil }, own: false, text: evil },
      reactions: [{ emoji: evil, count: 1, own: false, people: [] }],
      poll: {
        question: evil,
        options: [{ text: evil, votes: 0, own: false, people: [] }],
        multiple: false,
        closed: false,
        voters: 0,
        mayClose: false,
      },
    }),
  );
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});
