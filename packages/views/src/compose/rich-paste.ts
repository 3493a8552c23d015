import { linkTarget } from "../markdown/link-target.ts";

const HTML_LENGTH_MAX = 200_000;
const DEPTH_MAX = 64;

const VOID = new Set(["br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base", "source"]);
/** Whatever stands in these is no text. */
const UNSEEN = new Set([
  "script",
  "style",
  "head",
  "title",
  "template",
  "noscript",
  "iframe",
  "object",
  "svg",
  "math",
  "select",
  "textarea",
]);
const BLOCK = new Set([
  "p",
  "div",
  "section",
  "article",
  "header",
  "footer",
  "main",
  "ul",
  "ol",
  "blockquote",
  "pre",
  "table",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "figure",
  "tr",
  "li",
  "dl",
  "dt",
  "dd",
]);
const AROUND: Record<string, string> = {
  b: "**",
  strong: "**",
  i: "*",
  em: "*",
  s: "~~",
  del: "~~",
  strike: "~~",
  code: "`",
  kbd: "`",
  tt: "`",
};
const MEANS_SOMETHING = /<(?:b|strong|i|em|s|del|strike|code|pre|a|ul|ol|li|blockquote|h[1-6]|table)(?=[\s>/])/iu;
const NAMED: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  lsquo: "‘",
  rsquo: "’",
  ldquo: "“",
  rdquo: "”",
  bull: "•",
  copy: "©",
  reg: "®",
  trade: "™",
  euro: "€",
  shy: "",
  zwj: "\u200D",
  zwnj: "\u200C",
  middot: "·",
  times: "×",
  laquo: "«",
  raquo: "»",
};

function decoded(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([A-Za-z]{2,8}));/gu,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole;
    },
  );
}

type Element = { tag: string; href: string; strong: boolean; children: (Element | string)[] };

/** Attributes of one tag: only these are looked at. */
function attribute(tag: string, name: string): string {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "iu").exec(tag);
  return decoded(found?.[1] ?? found?.[2] ?? found?.[3] ?? "");
}

/** The elements of some HTML, as far as text needs them. It is never handed to anything that would act on it (T54). Linear. */
function parsed(html: string): Element {
  const root: Element = { tag: "", href: "", strong: true, children: [] };
  const open = [root];
  let unseen = 0;
  const add = (child: Element | string) => {
    if (unseen === 0) open.at(-1)?.children.push(child);
  };
  const piece =
    /<!--[\s\S]*?(?:-->|$)|<[!?][^>]*(?:>|$)|<(\/?)([a-zA-Z][a-zA-Z0-9]{0,20})((?:"[^"]*"|'[^']*'|[^"'<>])*)>|[^<]+|</gu;
  for (const [whole, slash, name, rest] of html.matchAll(piece)) {
    if (name === undefined) {
      if (!/^<[!?]/u.test(whole)) add(decoded(whole));
      continue;
    }
    const tag = name.toLowerCase();
    if (UNSEEN.has(tag)) {
      unseen = Math.max(0, unseen + (slash === "/" ? -1 : 1));
    } else if (slash === "/") {
      const at = open.findLastIndex((one) => one.tag === tag);
      if (at > 0) open.length = at;
    } else {
      const weight = /font-weight\s*:\s*(normal|[1-4]00)/iu.test(rest ?? "");
      const element: Element = {
        tag,
        href: tag === "a" ? attribute(rest ?? "", "href") : "",
        // A whole page may come inside <b style="font-weight: normal">.
        strong: !weight,
        children: tag === "img" ? [attribute(rest ?? "", "alt")] : [],
      };
      add(element);
      if (!VOID.has(tag) && open.length < DEPTH_MAX && unseen === 0) open.push(element);
    }
  }
  return root;
}

function textOf(element: Element): string {
  return element.children
    .map((child) => (typeof child === "string" ? child : child.tag === "br" ? "\n" : textOf(child)))
    .join("");
}

function around(mark: string, inner: string): string {
  const text = inner.trim();
  if (text === "" || text.includes("\n\n")) return inner;
  const [before = "", after = ""] = [/^\s*/u.exec(inner)?.[0], /\s*$/u.exec(inner)?.[0]];
  return `${before}${mark}${text}${mark}${after}`;
}

const indented = (text: string, pad: string) => text.replaceAll(/\n(?=[^\n])/gu, `\n${pad}`);

function written(element: Element, ascii: (host: string) => string): string {
  const inner = (): string =>
    element.children
      .map((child) => {
        if (typeof child === "string") return child.replaceAll(/\s+/gu, " ");
        const text = written(child, ascii);
        return BLOCK.has(child.tag) ? `\n\n${text.trim()}\n\n` : text;
      })
      .join("");
  const { tag } = element;
  switch (tag) {
    case "br":
      return "\n";
    case "hr":
      return "\n\n---\n\n";
    case "a": {
      const text = inner();
      const target = linkTarget(element.href, ascii);
      if (target === null || !("href" in target) || text.trim() === "") return text;
      const said = text.trim();
      return said === target.href
        ? text
        : `[${said.replaceAll(/[[\]\n]/gu, " ")}](${target.href.replaceAll(/[()]/gu, (c) => (c === "(" ? "%28" : "%29"))})`;
    }
    case "pre":
      return `\`\`\`\n${textOf(element).replace(/^\n|\n+$/gu, "")}\n\`\`\``;
    case "ul":
    case "ol": {
      const items = element.children.filter((child) => typeof child !== "string" && child.tag === "li") as Element[];
      return items
        .map((item, at) => {
          const mark = tag === "ul" ? "- " : `${at + 1}. `;
          const text = tight(written(item, ascii)).replaceAll(/\n\n(?=[-\d])/gu, "\n");
          return mark + indented(text, " ".repeat(mark.length));
        })
        .join("\n");
    }
    case "blockquote":
      return tight(inner()).replaceAll(/^/gmu, "> ");
    case "table":
      return tableWritten(element, ascii);
    case "h1":
    case "h2":
    case "h3":
    case "h4":
    case "h5":
    case "h6":
      return `${"#".repeat(Math.min(3, Number(tag.charAt(1))))} ${inner().trim()}`;
    default: {
      const mark = element.strong && Object.hasOwn(AROUND, tag) ? AROUND[tag] : undefined;
      return mark === undefined ? inner() : around(mark, inner());
    }
  }
}

function tableWritten(table: Element, ascii: (host: string) => string): string {
  const rows: string[][] = [];
  const look = (element: Element) => {
    for (const child of element.children) {
      if (typeof child === "string") continue;
      if (child.tag === "tr")
        rows.push(
          child.children
            .filter((cell): cell is Element => typeof cell !== "string" && (cell.tag === "td" || cell.tag === "th"))
            .map((cell) => tight(written(cell, ascii)).replaceAll(/\s+/gu, " ").replaceAll("|", "\\|")),
        );
      else if (child.tag !== "table") look(child);
    }
  };
  look(table);
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (width === 0) return "";
  const line = (cells: readonly string[]) =>
    `| ${Array.from({ length: width }, (_, at) => cells[at] ?? "").join(" | ")} |`;
  const [head = [], ...rest] = rows;
  return [line(head), line(Array.from({ length: width }, () => "---")), ...rest.map(line)].join("\n");
}

function tight(text: string): string {
  return text
    .replaceAll(/[ \t]+\n/gu, "\n")
    .replaceAll(/\n[ \t]+(?=\n)/gu, "\n")
    .replaceAll(/\n{3,}/gu, "\n\n")
    .trim();
}

/**
 * Rich text from a clipboard as Markdown: text, and nothing but text, comes out (T54).
 * @param html   as the clipboard has it; never interpreted by anybody but this
 * @param ascii  a host in its ASCII form
 * @returns null when there is nothing in it that plain text wouldn't say as well
 */
export function richToMarkdown(html: string, ascii: (host: string) => string): string | null {
  if (html.length > HTML_LENGTH_MAX || !MEANS_SOMETHING.test(html)) return null;
  const text = tight(written(parsed(html), ascii));
  return text === "" ? null : text;
}
