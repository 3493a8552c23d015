import type { AccountId, ConversationId } from "@sotto/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { linkMentions, unlinkMentions, wordBefore } from "./mentions.ts";
import type { MentionTable } from "./mentions.ts";
import { parseMarkdown } from "./parse.ts";

const account = (letter: string) => letter.repeat(42).concat("A") as AccountId;
const CONVERSATION = "C".repeat(21).concat("A") as ConversationId;
const table: MentionTable = {
  conversation: CONVERSATION,
  people: [
    { account: account("a"), names: ["Ada Lovelace", "ada"], label: "ada" },
    { account: account("b"), names: ["Ada", "ada_b"], label: "ada_b" },
    { account: account("c"), names: ["Grace", "grace"], label: "grace" },
    { account: account("d"), names: ["Grace", "hopper"], label: "hopper" },
    { account: account("e"), names: ["[x](https://evil.example)", "eve"], label: "eve" },
  ],
  everybody: ["all"],
};
const A = `sotto:account/${account("a")}`;

test.each([
  ["@ada Lovelace, hi", `[@ada](${A}), hi`],
  ["hi @Ada Lovelace", `hi [@ada](${A})`],
  // "Ada" is the name of one and the username of another, "Grace" is called two people: nobody is meant.
  ["@Ada and @Grace", "@Ada and @Grace"],
  ["@hopper!", `[@hopper](sotto:account/${account("d")})!`],
  ["mail@hopper x@ada_b", "mail@hopper x@ada_b"],
  ["@hoppers @hopper_", "@hoppers @hopper_"],
  ["`@hopper` @all", `\`@hopper\` [@all](sotto:conversation/${CONVERSATION})`],
  ["```\n@hopper\n``` @eve", `\`\`\`\n@hopper\n\`\`\` [@eve](sotto:account/${account("e")})`],
])("what was typed becomes links to accounts: %s", (typed, sent) => {
  expect(linkMentions(typed, table)).toBe(sent);
});

test("who may not mention everybody writes a word", () => {
  expect(linkMentions("@all", { ...table, everybody: null })).toBe("@all");
});

test("[T51] a name made of markup makes nothing but a mention", () => {
  const [block] = parseMarkdown(linkMentions("@[x](https://evil.example)", table)) ?? [];
  expect(block).toEqual({ kind: "paragraph", children: [{ kind: "mention", account: account("e") }] });
});

test("for editing, a mention is what its reader calls the account, and comes back as the same", () => {
  const sent = linkMentions("@Ada Lovelace and @all and @hopper", table);
  const typed = unlinkMentions(sent, (one) =>
    one === null ? "all" : table.people.find((person) => person.account === one)?.names[one === account("d") ? 1 : 0],
  );
  expect(typed).toBe("@Ada Lovelace and @all and @hopper");
  expect(linkMentions(typed, table)).toBe(sent);
  expect(unlinkMentions(sent, () => undefined)).toBe(sent);
});

test("whatever is typed, only mentions are added, and nothing of what somebody is called here is sent", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^(?:[@`a-z \n[\]()]|@ada|@Grace|@hopper|@all){0,80}$/u), (typed) => {
      const sent = linkMentions(typed, table);
      expect(sent.replaceAll(/\[(@[^[\]]*)\]\(sotto:[^)]*\)/gu, "$1")).toBe(typed);
    }),
  );
  const own = linkMentions("@My Boss", {
    ...table,
    people: [{ account: account("a"), names: ["My Boss", "ada"], label: "ada" }],
  });
  expect(own).toBe(`[@ada](${A})`);
});

test.each([
  ["hi @ad", 6, "@", { at: 3, typed: "ad" }],
  ["@", 1, "@", { at: 0, typed: "" }],
  ["mail@x", 6, "@", null],
  ["@a b", 4, "@", null],
  ["12:30", 5, ":", null],
  ["a :smi", 6, ":", { at: 2, typed: "smi" }],
  ["::x", 3, ":", null],
])("what is being completed in %s at %i", (text, caret, mark, expected) => {
  expect(wordBefore(text, caret, mark)).toEqual(expected);
});
