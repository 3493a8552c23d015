import fc from "fast-check";
import { expect, test } from "vitest";
import type { Block, Inline } from "./ast.ts";
import { inlineText } from "./ast.ts";
import { calmText } from "./calm.ts";
import { BOMBS, bomb } from "./markdown.test-data.ts";
import { MARKUP_LENGTH_MAX, parseMarkdown } from "./parse.ts";

const ACCOUNT = "A".repeat(43);
const CONVERSATION = "A".repeat(22);

function inlinesIn(blocks: readonly Block[]): Inline[] {
  const deep = (children: readonly Inline[]): Inline[] =>
    children.flatMap((inline) => ["children" in inline ? deep(inline.children) : [], inline].flat());
  return blocks.flatMap((block) => {
    switch (block.kind) {
      case "paragraph":
      case "heading":
        return deep(block.children);
      case "quote":
        return inlinesIn(block.blocks);
      case "list":
        return block.items.flatMap((item) => inlinesIn(item.blocks));
      case "table":
        return [block.head, ...block.rows].flat(2).flatMap((inline) => deep([inline]));
      default:
        return [];
    }
  });
}

const inlines = (text: string) => inlinesIn(parseMarkdown(text) ?? []);
const links = (text: string) =>
  inlines(text).flatMap((one) => (one.kind === "link" ? [[inlineText(one.children), one.href, one.host]] : []));
const textOf = (text: string) => inlineText(inlines(text).filter(({ kind }) => kind === "text" || kind === "code"));

test("bold, italic, struck, code, hidden", () => {
  expect(parseMarkdown("**b** *i* ~~s~~ `c` ||h **x**||")).toEqual([
    {
      kind: "paragraph",
      children: [
        { kind: "strong", children: [{ kind: "text", text: "b" }] },
        { kind: "text", text: " " },
        { kind: "emphasis", children: [{ kind: "text", text: "i" }] },
        { kind: "text", text: " " },
        { kind: "strike", children: [{ kind: "text", text: "s" }] },
        { kind: "text", text: " " },
        { kind: "code", text: "c" },
        { kind: "text", text: " " },
        {
          kind: "spoiler",
          children: [
            { kind: "text", text: "h " },
            { kind: "strong", children: [{ kind: "text", text: "x" }] },
          ],
        },
      ],
    },
  ]);
});

test("lists, boxes to tick, quotes, headings, rules, code", () => {
  expect(
    parseMarkdown("# T\n> q\n> r\n\n3. a\n4. b\n\n- [x] done\n- [ ] open\n\n---\n```ts extra\nlet a;\n\n```"),
  ).toEqual([
    { kind: "heading", level: 1, children: [{ kind: "text", text: "T" }] },
    { kind: "quote", blocks: [{ kind: "paragraph", children: [{ kind: "text", text: "q\nr" }] }] },
    {
      kind: "list",
      start: 3,
      items: ["a", "b"].map((text) => ({
        checked: null,
        blocks: [{ kind: "paragraph", children: [{ kind: "text", text }] }],
      })),
    },
    {
      kind: "list",
      start: null,
      items: [
        { checked: true, blocks: [{ kind: "paragraph", children: [{ kind: "text", text: "done" }] }] },
        { checked: false, blocks: [{ kind: "paragraph", children: [{ kind: "text", text: "open" }] }] },
      ],
    },
    { kind: "rule" },
    { kind: "code", language: "ts", text: "let a;\n" },
  ]);
});

test("tables have as many cells in each row as in the head", () => {
  const [table] = parseMarkdown("| a | b |\n|:-|-:|\n| 1 |\n| 1 | 2 | 3 |") ?? [];
  if (table?.kind !== "table") throw new Error("no table");
  expect(table.align).toEqual(["start", "end"]);
  expect(table.rows.map((row) => row.length)).toEqual([2, 2]);
});

test.each([
  [
    "see https://x.example/a_b_c/__init__.py.",
    [["https://x.example/a_b_c/__init__.py", "https://x.example/a_b_c/__init__.py", null]],
  ],
  ["**https://x.example/**", [["https://x.example/", "https://x.example/", null]]],
  ["[here](https://x.example/a)", [["here", "https://x.example/a", "x.example"]]],
  ["[x.example/a](https://x.example/a)", [["x.example/a", "https://x.example/a", null]]],
  ["[https://x.example/](https://x.example/)", [["https://x.example/", "https://x.example/", null]]],
  ["[](https://x.example:8443/)", [["x.example:8443", "https://x.example:8443/", null]]],
  ["![a cat](https://x.example/cat.png)", [["a cat", "https://x.example/cat.png", "x.example"]]],
  ["[me](mailto:me@x.example)", [["me", "mailto:me@x.example", "me@x.example"]]],
])("links say where they lead: %s", (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test("[T53] a link whose text names another host shows both, and another alphabet as what is asked for", () => {
  expect(links("[https://bank.example](https://evil.example/)")).toEqual([
    ["https://bank.example", "https://evil.example/", "evil.example"],
  ]);
  expect(links("[https://bank.example/evil.example](https://evil.example/)")[0]?.[2]).toBe("evil.example");
  expect(links("[evil.example.bank.example](https://evil.example/)")[0]?.[2]).toBe("evil.example");
  expect(links("[bank](https://b\u0430nk.example/)")).toEqual([
    ["bank", "https://xn--bnk-6cd.example/", "xn--bnk-6cd.example"],
  ]);
});

test.each([
  "[a](javascript:alert(1))",
  "[a](JaVaScRiPt:alert(1))",
  "[a](java\tscript:alert(1))",
  "[a](javascript&colon;alert(1))",
  "[a](&#106;avascript:alert(1))",
  "[a](<javascript:alert(1)>)",
  "[a](data:text/html,<script>alert(1)</script>)",
  "[a](vbscript:x) ![a](data:image/svg+xml,x)",
  "[a](file:///etc/passwd) [b](blob:https://x.example/1) [c](//evil.example) [d](/relative) [e](#x)",
  "<javascript:alert(1)>",
  "[a](https://bank.example@evil.example/)",
  "[a](https://user:secret@bank.example/)",
  "[a](https:\\\\evil.example) [b](https:/evil.example) [c](https:evil.example)",
  "[a](https://bank\u3002example) [b](https://\uFF42ank.example) [c](https://bank.example%2eevil.example)",
  "[a](https://[::1]/)",
  "https://1. [a](https://2130706433/) [b](https://0x7f.1) [c](https://256.1.1.1)",
  "[a](mailto:x@y.example?subject=1&attach=/etc/passwd)",
  "[a](sotto:account/short) [b](sotto:device/x) ![c](sotto:account/short)",
  "[a]: https://evil.example\n\n[b]",
])("[T51] [T53] no link comes of %s", (text) => {
  expect(links(text).filter(([shown, href]) => shown !== href)).toEqual([]);
  expect(inlines(text).some(({ kind }) => kind === "mention")).toBe(false);
});

test("[T51] HTML, entities and comments are read letter for letter", () => {
  for (const text of [
    '<img src=x onerror="alert(1)">',
    "<script>document.title=1</script> &lt;b&gt; &#60;",
    "<!-- a --> <![CDATA[x]]> <?php ?>",
    '"><svg onload=alert(1)>',
  ])
    expect(textOf(text)).toBe(text);
});

test("a mention is an account, whatever its link says", () => {
  expect(parseMarkdown(`[@Ada](sotto:account/${ACCOUNT}) [@all](sotto:conversation/${CONVERSATION})`)).toEqual([
    {
      kind: "paragraph",
      children: [
        { kind: "mention", account: ACCOUNT },
        { kind: "text", text: " " },
        { kind: "everybody", conversation: CONVERSATION },
      ],
    },
  ]);
});

test("a code block's language is a short word", () => {
  const language = (info: string) => {
    const [block] = parseMarkdown(`~~~${info}\nx\n~~~`) ?? [];
    return block?.kind === "code" ? block.language : undefined;
  };
  expect(["c++", '"><img src=x>', "a".repeat(21), "js onload=x"].map(language)).toEqual(["c++", "", "", "js"]);
});

test("nothing that was sent is shown as nothing", () => {
  for (const text of ["#", "# ", "> ", "-", "- \n- ", "|||\n|-|-|"]) expect(parseMarkdown(text)).toBeNull();
});

test.each(Object.entries(BOMBS))("[T52] 16 KiB of %s become a bounded tree, or plain text", (_, piece) => {
  for (const length of [500, 4_096, MARKUP_LENGTH_MAX]) {
    const blocks = parseMarkdown(bomb(piece, length));
    if (blocks === null) continue;
    const written = JSON.stringify(blocks);
    expect(written.length).toBeLessThan(50_000 + 60 * length);
    expect(depthOf(blocks)).toBeLessThan(48);
  }
});

test("[T52] what is longer than anybody marks up, or deeper, stays plain", () => {
  expect(parseMarkdown("*a* ".repeat(MARKUP_LENGTH_MAX))).toBeNull();
  expect(parseMarkdown(">".repeat(1_000))).toBeNull();
  expect(parseMarkdown("> ".repeat(40) + "a")).toBeNull();
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const token = fc.constantFrom(
  ...Array.from("*_~`[]()!>#|-+.: \n\t\\<&@"),
  "||",
  "```",
  "https://",
  "http://x.example",
  "sotto:account/",
  "mailto:",
  "javascript:",
  "1. ",
  "- [ ] ",
  "|-|-|",
  "a",
  "\u0430",
  "é",
  "👨‍👩‍👧",
  "\u202e",
  "\u200d",
  "\u0000",
  "\u001b[31m",
  "\ud800",
  "__proto__",
  "constructor",
);

test("[T51] [T55] whatever is written: a tree without control characters, links to what they show, nothing thrown", () => {
  fc.assert(
    fc.property(fc.array(token, { maxLength: 60 }), (parts) => {
      const source = calmText(parts.join(""));
      for (const one of inlines(source)) {
        if (one.kind === "text" || one.kind === "code")
          expect(one.text).not.toMatch(/(?![\n\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]|\p{Cs}/u);
        if (one.kind !== "link") continue;
        const url = new URL(one.href);
        expect(["http:", "https:", "mailto:"]).toContain(url.protocol);
        expect(url.username + url.password).toBe("");
        if (url.protocol === "mailto:") continue;
        // The host that is read, beside the text or at its beginning, is the host that is asked.
        const read =
          one.host ??
          inlineText(one.children)
            .replace(/^https?:\/\//iu, "")
            .toLowerCase();
        expect(read.startsWith(url.hostname)).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
});
