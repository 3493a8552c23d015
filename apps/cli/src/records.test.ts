import type { Engine, Person, PersonDetails, PostMarks, TimelineItem } from "@sotto/engine";
import { accountIdOf, type AccountId, type PostId } from "@sotto/protocol";
import { NO_MARKS } from "@sotto/views";
import fc from "fast-check";
import { expect, test } from "vitest";
import { lookOf } from "./io.ts";
import { namesIn, type NameOf } from "./post-lines.ts";
import { itemFields, itemJson, shownItem } from "./records.ts";

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
const shown = (item: TimelineItem, nameOf: NameOf = () => undefined): string =>
  shownItem(item, WHERE, look, { title: null, nameOf });

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

const BOB = accountIdOf(new Uint8Array(32).fill(66));
const EVE = accountIdOf(new Uint8Array(32).fill(69));
const link = (name: string, account: AccountId): string => `[@${name}](sotto:account/${account})`;
const linesOf = (text: string, nameOf?: NameOf): string[] => shown(post(text), nameOf).split("\n");

test("[T56] a message is drawn from what every client reads: lists, code, quotes, tables, spoilers, links", () => {
  expect(linesOf("**now** ~~not~~ ||the end|| [here](https://evil.example/bank.example)")[0]).toMatch(
    / now ~~not~~ ▒▒▒ here <https:\/\/evil\.example\/bank\.example>$/u,
  );
  expect(linesOf("- a\n- [x] b\n\n> said\n\n```js\n**x**\n\ty\n```").slice(1)).toEqual(
    ["• a", "• [x] b", "", "│ said", "", "  **x**", "      y"].map((line) => `      ${line}`),
  );
  const replyTo = { post: "q" as PostId, kind: "post" as const, sender: ada, own: false, text: "so?" };
  expect(shown(post("- a", { replyTo })).split("\n").slice(1)).toEqual(["      • a"]);
  expect(linesOf("first\nsecond").slice(1)).toEqual(["      second"]);
  // A poll's question isn't marked up, and nothing that was sent is shown as nothing.
  const poll = { question: "*a*", multiple: false, closed: false, voters: 0, mayClose: false, options: [] };
  expect(shown(post("*a*", { poll }))).toContain("*a*");
  expect(shown(post("# #"))).toContain("# #");
});

test("[T56] a mention has the name that its reader knows, never the one in the link", async () => {
  const item = post(`${link("Boss", BOB)} and ${link("Ada", EVE)}, see \`${link("code", BOB)}\``, {
    replyTo: { post: "q" as PostId, kind: "post", sender: ada, own: false, text: `||x|| ${link("Boss", BOB)}` },
  });
  const asked: AccountId[] = [];
  const bob: PersonDetails = { ...ada, account: BOB, displayName: "Bob ✓", fingerprint: "", devices: [] };
  const engine: Pick<Engine, "person"> = {
    person: async (account) => {
      asked.push(account);
      return account === BOB ? bob : { ...bob, account, username: "", displayName: null };
    },
  };
  const text = shown(item, await namesIn(engine, item, [ada]));
  expect(text).toContain(`@Bob \\u{2713} and @somebody, see ${link("code", BOB)}`);
  expect(text).toContain("↪ Ada: ▒▒▒ @Bob \\u{2713}\n");
  expect(asked).toEqual([BOB, EVE]);
  expect(await namesIn(engine, post("nobody"), [])).toBeTypeOf("function");
  expect(asked).toHaveLength(2);
});

test("[T56] what a program reads is what was written, to the letter", () => {
  const text = `||x|| ${link("Boss", BOB)}\n- a\u001b`;
  expect(JSON.parse(itemJson(post(text), WHERE))).toMatchObject({ text });
  expect(itemFields(post(text), WHERE).split("\t").at(-1)).toBe(`||x|| ${link("Boss", BOB)}\\n- a\\u{1b}`);
});

const EVIL = [
  "\u001b]52;c;aGk=\u0007",
  "\u009b2J",
  "\u202e",
  "\u2066",
  "\u2028",
  "\u200b",
  "\r",
  "\ud800",
  "\u{e0041}",
  "\n10:41 Margaret ✓ pay",
];
const AROUND: ((evil: string) => string)[] = [
  (evil) => evil,
  (evil) => `**a${evil}b**`,
  (evil) => `\`a${evil}b\``,
  (evil) => `\`\`\`${evil}\na${evil}b\n\`\`\``,
  (evil) => `> - a${evil}\n> - b`,
  (evil) => `|a|b|\n|-|-|\n|${evil}|c|`,
  (evil) => `[a${evil}](https://b.example/${evil})`,
  (evil) => `https://b.example/${evil}`,
  (evil) => `${link(evil, BOB)}`,
  (evil) => `\\${evil}`,
  (evil) => `||${evil}||`,
];

test("[T56] [T57] nothing of a marked-up message is an instruction to the terminal, or poses as another message", () => {
  for (const evil of EVIL)
    for (const around of AROUND) {
      const item = post(around(evil), {
        replyTo: { post: "q" as PostId, kind: "post", sender: ada, own: false, text: around(evil) },
      });
      const text = shown(item);
      expect(text.replaceAll("\n", "")).not.toMatch(
        /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u{e0000}-\u{e0fff}]/u,
      );
      for (const line of text.split("\n").slice(1)) expect(line).toMatch(/^ {6}/u);
    }
  // Hidden is only what a spoiler hides.
  expect(shown(post("a\u001b[2Jb"))).toContain("a\\u{1b}[2Jb");
});

test("[T52] [T57] any text at all comes out safe, and long ones as they were typed", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVIL, "*", "[", "](", ")", "|", "`", "\n", "> ", "- ", "a")), (pieces) => {
      const text = shown(post(pieces.join("")));
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
      for (const line of text.split("\n").slice(1)) expect(line).toMatch(/^ {6}/u);
    }),
    { numRuns: 300 },
  );
  expect(shown(post("*a*".repeat(6_000)))).toContain("*a**a*");
});
