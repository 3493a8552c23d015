import type { AccountId, ConversationId } from "@sotto/protocol";

/**
 * A post's text as every client shows it (T56): made once, here, and drawn by each in its own way. Text holds no control
 * characters but line feed and tab; a line feed is a line break. Nothing in it is an instruction to whoever draws it.
 */
export type Inline =
  | { kind: "text"; text: string }
  | { kind: "strong" | "emphasis" | "strike" | "spoiler"; children: Inline[] }
  | { kind: "code"; text: string }
  | Link
  /** What counts is the account: its reader knows it by a name of their own. */
  | { kind: "mention"; account: AccountId }
  /** @all. Whether it counts is decided where roles are known. */
  | { kind: "everybody"; conversation: ConversationId };

export type Link = {
  kind: "link";
  /** http, https (the host in ASCII, no user) or mailto (one address, nothing else). */
  href: string;
  /** Where it leads, to be shown beside the text; null: the text begins with it. */
  host: string | null;
  children: Inline[];
};

export type ListItem = {
  /** Null: no box to tick. */
  checked: boolean | null;
  blocks: Block[];
};

export type CellAlign = "start" | "center" | "end" | null;

export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "quote"; blocks: Block[] }
  /** `start`: the first number; null for bullets. */
  | { kind: "list"; start: number | null; items: ListItem[] }
  /** `language`: as its author named it, at most 20 ASCII characters; empty for none. */
  | { kind: "code"; language: string; text: string }
  /** As many cells in each row as in the head. */
  | { kind: "table"; align: CellAlign[]; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

/** All text in it, without a word for what it looks like. */
export function inlineText(children: readonly Inline[]): string {
  return children
    .map((inline) => {
      switch (inline.kind) {
        case "text":
        case "code":
          return inline.text;
        case "mention":
        case "everybody":
          return "@";
        default:
          return inlineText(inline.children);
      }
    })
    .join("");
}
