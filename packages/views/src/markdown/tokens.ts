import type { Token } from "markdown-it";
import { inlineText } from "./ast.ts";
import type { Block, CellAlign, Inline, ListItem } from "./ast.ts";
import { saysHost } from "./link-target.ts";
import type { LinkTarget } from "./link-target.ts";

type TargetOf = (address: string) => LinkTarget | null;
type Table = Extract<Block, { kind: "table" }>;

const LANGUAGE = /^[A-Za-z0-9+#._-]{1,20}(?=\s|$)/;
const WRAPPERS = { strong_open: "strong", em_open: "emphasis", s_open: "strike", spoiler_open: "spoiler" } as const;
const BOX = /^\[([ xX])\][ \n]/;

function isWrapper(type: string): type is keyof typeof WRAPPERS {
  return Object.hasOwn(WRAPPERS, type);
}

function addText(into: Inline[], text: string): void {
  if (text === "") return;
  const last = into.at(-1);
  if (last?.kind === "text") last.text += text;
  else into.push({ kind: "text", text });
}

function linked(target: LinkTarget | null, children: Inline[], into: Inline[]): void {
  if (target === null) {
    into.push(...children);
    return;
  }
  switch (target.kind) {
    case "mention":
      into.push({ kind: "mention", account: target.account });
      return;
    case "everybody":
      into.push({ kind: "everybody", conversation: target.conversation });
      return;
    default: {
      const text = inlineText(children);
      const { href, host } = target;
      if (text.trim() === "") into.push({ kind: "link", href, host: null, children: [{ kind: "text", text: host }] });
      else into.push({ kind: "link", href, host: saysHost(text, host) ? null : host, children });
    }
  }
}

function inlinesOf(tokens: readonly Token[], targetOf: TargetOf): Inline[] {
  const root: Inline[] = [];
  let into = root;
  // What closes what is open, and goes on where it was opened.
  const open: ((children: Inline[]) => Inline[])[] = [];
  const begin = (end: (children: Inline[], outer: Inline[]) => void) => {
    const outer = into;
    open.push((children) => {
      end(children, outer);
      return outer;
    });
    into = [];
  };
  for (const token of tokens) {
    const { type } = token;
    if (type === "text") addText(into, token.content);
    else if (type === "softbreak" || type === "hardbreak") addText(into, "\n");
    else if (type === "code_inline") into.push({ kind: "code", text: token.content });
    else if (type === "image") {
      const target = targetOf(String(token.attrGet("src")));
      linked(target?.kind === "web" ? target : null, [{ kind: "text", text: token.content }], into);
    } else if (type === "link_open") {
      const target = targetOf(String(token.attrGet("href")));
      begin((children, outer) => linked(target, children, outer));
    } else if (isWrapper(type)) {
      const kind = WRAPPERS[type];
      begin((children, outer) => void outer.push({ kind, children }));
    } else if (token.nesting === -1) into = open.pop()?.(into) ?? into;
    else addText(into, token.content);
  }
  // Every opening has its closing; if one hadn't, what it holds is still text of the post.
  while (open.length > 0) into = open.pop()?.(into) ?? into;
  return root;
}

const ALIGN: Record<string, CellAlign> = {
  "text-align:left": "start",
  "text-align:center": "center",
  "text-align:right": "end",
};

/** `- [x] done`: the box is taken out of the text. */
function withBox(blocks: Block[]): ListItem {
  const [first] = blocks;
  const text = first?.kind === "paragraph" ? first.children[0] : undefined;
  const box = text?.kind === "text" ? BOX.exec(text.text) : null;
  if (text?.kind !== "text" || box === null) return { checked: null, blocks };
  text.text = text.text.slice(box[0].length);
  return { checked: box[1] !== " ", blocks };
}

function tableOf(tokens: readonly Token[], targetOf: TargetOf): Table {
  const table: Table = { kind: "table", align: [], head: [], rows: [] };
  let row: Inline[][] = table.head;
  tokens.forEach((token, at) => {
    if (token.type === "th_open") table.align.push(ALIGN[String(token.attrGet("style"))] ?? null);
    if (token.type === "tr_open" && table.align.length > 0) table.rows.push((row = []));
    if (token.type === "inline" && /^t[hd]_open$/.test(tokens[at - 1]?.type ?? ""))
      row.push(inlinesOf(token.children ?? [], targetOf));
  });
  return table;
}

/** Index of the token that closes the one at `from`. */
function closing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    depth += tokens[at]?.nesting ?? 0;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** The library's tokens as our own tree. Their depth is bounded by who calls. */
export function blocksOf(tokens: readonly Token[], targetOf: TargetOf): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.type === "fence") {
      const language = LANGUAGE.exec(token.info.trim())?.[0] ?? "";
      blocks.push({ kind: "code", language, text: token.content.replace(/\n$/, "") });
    } else if (token.type === "hr") blocks.push({ kind: "rule" });
    if (token.nesting !== 1) continue;
    const end = closing(tokens, at);
    const inside = tokens.slice(at + 1, end);
    at = end;
    const children = () => inlinesOf(inside[0]?.children ?? [], targetOf);
    switch (token.type) {
      case "paragraph_open":
        blocks.push({ kind: "paragraph", children: children() });
        break;
      case "heading_open":
        blocks.push({ kind: "heading", level: Number(token.tag.slice(1)), children: children() });
        break;
      case "blockquote_open":
        blocks.push({ kind: "quote", blocks: blocksOf(inside, targetOf) });
        break;
      case "bullet_list_open":
        blocks.push({ kind: "list", start: null, items: itemsOf(inside, targetOf) });
        break;
      case "ordered_list_open":
        blocks.push({ kind: "list", start: Number(token.attrGet("start") ?? 1), items: itemsOf(inside, targetOf) });
        break;
      case "table_open":
        blocks.push(tableOf(inside, targetOf));
        break;
    }
  }
  return blocks;
}

function itemsOf(tokens: readonly Token[], targetOf: TargetOf): ListItem[] {
  const items: ListItem[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]?.type !== "list_item_open") continue;
    const end = closing(tokens, at);
    items.push(withBox(blocksOf(tokens.slice(at + 1, end), targetOf)));
    at = end;
  }
  return items;
}
