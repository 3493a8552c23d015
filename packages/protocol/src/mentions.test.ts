import fc from "fast-check";
import { expect, test } from "vitest";
import { accountIdOf, conversationIdOf } from "./ids.ts";
import { MENTIONS_MAX, mentionsOf } from "./mentions.ts";

const ada = accountIdOf(new Uint8Array(32).fill(1));
const bob = accountIdOf(new Uint8Array(32).fill(2));
const here = conversationIdOf(new Uint8Array(16).fill(3));
const to = (account: string, name = "@x"): string => `[${name}](sotto:account/${account})`;

test("mentions are links to accounts, each once, and to the conversation for everybody", () => {
  expect(mentionsOf(`hi ${to(ada)}, ${to(bob)} and ${to(ada, "again")}: [@all](sotto:conversation/${here})`)).toEqual({
    accounts: [ada, bob],
    conversations: [here],
  });
  expect(mentionsOf(to(ada, "[nested] \\] *name*")).accounts).toEqual([ada]);
});

test("[T13] what isn't a link mentions nobody", () => {
  for (const text of [
    "",
    "@ada",
    `sotto:account/${ada}`,
    `](sotto:account/${ada})`,
    `\\[@x](sotto:account/${ada})`,
    `[@x\\](sotto:account/${ada})`,
    `[@x] (sotto:account/${ada})`,
    `[@x](sotto:account/${ada}`,
    `[@x](sotto:account/${ada} )`,
    `[@x](sotto:account/${ada}A)`,
    `[@x](sotto:account/${ada.slice(1)})`,
    `[@x](SOTTO:account/${ada})`,
    `\`${to(ada)}\``,
    `\`\` \` ${to(ada)}\`\``,
    `\`\`\`\n${to(ada)}\n\`\`\``,
    `~~~ js\n${to(ada)}\n\`\`\`\n${to(bob)}`,
  ])
    expect({ text, ...mentionsOf(text) }).toEqual({ text, accounts: [], conversations: [] });
  expect(mentionsOf(`\`one tick ${to(ada)}`).accounts).toEqual([ada]);
  expect(mentionsOf(`\`\`\`\n${to(bob)}\n\`\`\`\n${to(ada)}`).accounts).toEqual([ada]);
});

test("any text gives a short list of ids that stand in it", () => {
  const pieces = fc.constantFrom(
    "[",
    "]",
    "(",
    ")",
    "\\",
    "`",
    "``",
    "```",
    "~~~",
    "\n",
    to(ada),
    to(bob),
    "](",
    "sotto:account/",
    ada,
    "x",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const text = parts.join("");
      const { accounts } = mentionsOf(text);
      expect(new Set(accounts).size).toBe(accounts.length);
      for (const account of accounts) expect(text).toContain(`](sotto:account/${account})`);
    }),
    { numRuns: 2_000 },
  );
});

test("[T54] hostile text costs time in proportion to its length", () => {
  const runs = Array.from({ length: 350 }, (_, n) => "`".repeat(n + 1)).join("a");
  for (const text of [
    "[".repeat(65_000),
    "](sotto:account/".repeat(4_000),
    "`a``b".repeat(13_000),
    `${runs}${to(ada)}`,
    "```\n".repeat(16_000),
    `${"\\".repeat(65_000)}${to(ada)}`,
    to(ada).repeat(1_000),
  ]) {
    const began = performance.now();
    mentionsOf(`${text}${to(bob)}`);
    expect(performance.now() - began).toBeLessThan(100);
  }
  const many = Array.from({ length: 200 }, (_, n) => to(accountIdOf(new Uint8Array(32).fill(n)))).join(" ");
  expect(mentionsOf(many).accounts).toHaveLength(MENTIONS_MAX);
});
