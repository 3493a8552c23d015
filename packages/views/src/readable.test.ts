import { expect, test } from "vitest";
import { previewOf } from "./readable.ts";
import { BOMBS, bomb } from "./markdown/markdown.test-data.ts";

test.each([
  ["**bold** and `code`, *italic*", "bold and code, italic"],
  ["# Title\n\n- [x] done\n> quoted", "Title done quoted"],
  ["see [this](https://x.example/a)", "see this"],
  ["```ts\nlet a;\n```", "let a;"],
  ["the murderer is ||the butler||!", "the murderer is ▒▒▒▒!"],
  [`hi [@Mallory](sotto:account/${"A".repeat(43)})`, "hi @somebody"],
  [`[@all](sotto:conversation/${"A".repeat(22)}) come`, "@all come"],
  ["###", "###"],
  ["a_b_c * d", "a_b_c * d"],
])("one line of %s", (text, line) => {
  expect(previewOf(text)).toBe(line);
});

test("[T52] one line is short, whatever it is made of", () => {
  for (const piece of Object.values(BOMBS)) expect(previewOf(bomb(piece, 64_000)).length).toBeLessThanOrEqual(400);
});
