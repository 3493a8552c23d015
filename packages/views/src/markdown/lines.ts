import type { AccountId } from "@sotto/protocol";
import type { Block, Inline } from "./ast.ts";

/** How a piece of a line looks where there are only letters. */
export type LineStyle = "strong" | "emphasis" | "strike" | "code" | "mention" | "address" | "quiet";
export type LinePiece = { text: string; styles: readonly LineStyle[] };
export type Line = readonly LinePiece[];

export type LineWords = {
  /** As the reader knows them, without @. */
  nameOf: (account: AccountId) => string;
  everybody: string;
  /** Instead of what a spoiler hides; null: it was asked for. */
  hidden: string | null;
};

type Piece = { text: string; styles: LineStyle[] };

/** A post as lines, for a terminal. What each piece says still has to pass the terminal's own guard (T57): links are only text here. */
export function blockLines(blocks: readonly Block[], words: LineWords): Line[] {
  return blocks.flatMap((block, at) => {
    const lines = linesOf(block, words);
    return at === 0 ? lines : [[], ...lines];
  });
}

function linesOf(block: Block, words: LineWords): Line[] {
  switch (block.kind) {
    case "paragraph":
      return broken(inlinePieces(block.children, [], words));
    case "heading":
      return broken(inlinePieces(block.children, ["strong"], words));
    case "quote":
      return blockLines(block.blocks, words).map((line) => [{ text: "│ ", styles: ["quiet"] }, ...line]);
    case "list":
      return block.items.flatMap(({ checked, blocks }, at) => {
        const mark = block.start === null ? "•" : `${block.start + at}.`;
        const box = checked === null ? "" : checked ? "[x] " : "[ ] ";
        const lines = blocks.flatMap((inner) => linesOf(inner, words));
        const [first = [], ...rest] = lines;
        const pad = " ".repeat(mark.length + 1);
        return [
          [{ text: `${mark} ${box}`, styles: [] }, ...first],
          ...rest.map((line) => [{ text: pad, styles: [] }, ...line]),
        ];
      });
    case "code":
      return block.text.split("\n").map((text) => [
        { text: "  ", styles: [] },
        { text, styles: ["code"] },
      ]);
    case "table":
      return [block.head, ...block.rows].map((row, at) =>
        row.flatMap((cell, column): Piece[] => [
          ...(column === 0 ? [] : [{ text: " │ ", styles: ["quiet"] as LineStyle[] }]),
          ...inlinePieces(cell, at === 0 ? ["strong"] : [], words).map(({ text, styles }) => ({
            text: text.replaceAll("\n", " "),
            styles,
          })),
        ]),
      );
    case "rule":
      return [[{ text: "────────", styles: ["quiet"] }]];
  }
}

function inlinePieces(children: readonly Inline[], styles: LineStyle[], words: LineWords): Piece[] {
  return children.flatMap((inline): Piece[] => {
    switch (inline.kind) {
      case "text":
        return [{ text: inline.text, styles }];
      case "code":
        return [{ text: inline.text, styles: [...styles, "code"] }];
      case "spoiler":
        return words.hidden === null
          ? inlinePieces(inline.children, styles, words)
          : [{ text: words.hidden, styles: [...styles, "quiet"] }];
      case "link": {
        const text = inlinePieces(inline.children, [...styles, "address"], words);
        // Where nothing can be clicked the whole address is what one needs.
        return inline.host === null ? text : [...text, { text: ` <${inline.href}>`, styles: [...styles, "quiet"] }];
      }
      case "mention":
        return [{ text: `@${words.nameOf(inline.account)}`, styles: [...styles, "mention"] }];
      case "everybody":
        return [{ text: `@${words.everybody}`, styles: [...styles, "mention"] }];
      default:
        return inlinePieces(inline.children, [...styles, inline.kind], words);
    }
  });
}

function broken(pieces: readonly Piece[]): Line[] {
  const lines: Piece[][] = [[]];
  for (const { text, styles } of pieces) {
    text.split("\n").forEach((part, at) => {
      if (at > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ text: part, styles });
    });
  }
  return lines;
}
