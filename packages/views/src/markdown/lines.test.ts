import type { AccountId } from "@sotto/protocol";
import { expect, test } from "vitest";
import { blockLines } from "./lines.ts";
import { parseMarkdown } from "./parse.ts";

const words = { nameOf: () => "Ada", everybody: "all", hidden: "▒▒▒" };
const drawn = (text: string, own: Partial<Parameters<typeof blockLines>[1]> = {}) =>
  blockLines(parseMarkdown(text) ?? [], { ...words, ...own }).map((line) => line.map((piece) => piece.text).join(""));

test("[T56] every kind of block as lines of text, in the order of the post", () => {
  const account = "A".repeat(43) as AccountId;
  expect(
    drawn(
      `# T\n\n> q\n> r\n\n1. a\n   b\n2. c\n\n- [x] d\n\n\`\`\`js\nx\n\ny\n\`\`\`\n\n| h | i |\n|-|-|\n| 1 | 2 |\n\n---\n[here](https://x.example/a) [@x](sotto:account/${account}) ||secret||`,
    ),
  ).toEqual([
    "T",
    "",
    "│ q",
    "│ r",
    "",
    "1. a",
    "   b",
    "2. c",
    "",
    "• [x] d",
    "",
    "  x",
    "  ",
    "  y",
    "",
    "h │ i",
    "1 │ 2",
    "",
    "────────",
    "",
    "here <https://x.example/a> @Ada ▒▒▒",
  ]);
  expect(drawn("||secret||", { hidden: null })).toEqual(["secret"]);
});
