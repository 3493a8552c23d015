import fc from "fast-check";
import { expect, test } from "vitest";
import type { Block, Inline } from "./ast.ts";
import { blockLines } from "./lines.ts";
import { parseMarkdown } from "./parse.ts";

/** What a page shows of a tree: every letter of it, in the order of the nodes (apps/web/src/parts/post-text.tsx). */
function shownOf(blocks: readonly Block[]): string {
  return blocks
    .map((block) => {
      switch (block.kind) {
        case "paragraph":
        case "heading":
          return inlinesOf(block.children);
        case "quote":
          return shownOf(block.blocks);
        case "list":
          return block.items.map((item) => shownOf(item.blocks)).join("");
        case "table":
          return [block.head, ...block.rows].flat().map(inlinesOf).join("");
        case "code":
          return block.text;
        case "rule":
          return "";
      }
    })
    .join("");
}

function inlinesOf(children: readonly Inline[]): string {
  return children
    .map((inline) => {
      switch (inline.kind) {
        case "text":
        case "code":
          return inline.text;
        case "mention":
        case "everybody":
          return "Q";
        case "link":
          return inlinesOf(inline.children) + (inline.host === null ? "" : inline.href);
        default:
          return inlinesOf(inline.children);
      }
    })
    .join("");
}

const piece = fc.constantFrom(
  "a",
  "b",
  "é",
  "**",
  "*",
  "~~",
  "||",
  "`",
  "```\n",
  "\n",
  "\n\n",
  "- ",
  "1. ",
  "> ",
  "# ",
  "|",
  "\n|-|-|\n",
  " ",
  "\\",
  "[a](https://c.example/d)",
  "https://c.example/d",
  `[@e](sotto:account/${"A".repeat(43)})`,
  "[",
  "]",
  "(",
  ")",
);
const letters = (text: string): string => text.replaceAll(/[^\p{L}]/gu, "");

test("[T56] a page and a terminal say the same of a post, letter for letter and in one order", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const blocks = parseMarkdown(pieces.join(""));
      fc.pre(blocks !== null);
      const lines = blockLines(blocks, { nameOf: () => "Q", everybody: "Q", hidden: null });
      const said = lines.map((line) => line.map(({ text }) => text).join("")).join("\n");
      expect(letters(said)).toBe(letters(shownOf(blocks)));
      for (const line of lines) for (const { text } of line) expect(text).not.toContain("\n");
    }),
    { numRuns: 1_000 },
  );
});
