import fc from "fast-check";
import { expect, test } from "vitest";
import { pastedMarkdown } from "../markdown/index.ts";

test.each([
  ["<b>bold</b> and <i>italic</i>", "**bold** and *italic*"],
  ["<p>a</p><p>b <code>c</code></p>", "a\n\nb `c`"],
  ["<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"],
  ["<ol><li><p>a</p></li><li>b</li></ol>", "1. a\n2. b"],
  ["<blockquote><p>q</p><p>r</p></blockquote>", "> q\n>\n> r"],
  ["<pre><code>let a = 1;\n  b &lt; c</code></pre>", "```\nlet a = 1;\n  b < c\n```"],
  ['<a href="https://x.example/a">here</a>', "[here](https://x.example/a)"],
  ['<a href="https://x.example/a">https://x.example/a</a>', "https://x.example/a"],
  ["<h4>T</h4>x", "### T\n\nx"],
  ["<table><tr><th>a</th><th>b</th></tr><tr><td>1</td></tr></table>", "| a | b |\n| --- | --- |\n| 1 |  |"],
  ['<b style="font-weight:normal">x <b>y</b></b>', "x **y**"],
  ["a<br><b>b</b>", "a\n**b**"],
])("rich text as Markdown: %s", (html, text) => {
  expect(pastedMarkdown(html)?.replaceAll("> \n", ">\n")).toBe(text);
});

test("what has no form stays plain text", () => {
  expect(pastedMarkdown('<div style="color:red"><span>let a</span></div>')).toBeNull();
  expect(pastedMarkdown(`<b>${"x".repeat(300_000)}</b>`)).toBeNull();
});

test.each([
  ["<b>a</b><script>alert(1)</script><style>x{}</style>", "**a**"],
  ["<b>a</b><script>if (a<b) alert('</p>')</script>c", "**a**c"],
  ['<a href="javascript:alert(1)">x</a> <b>y</b>', "x **y**"],
  ['<img src="https://evil.example/x.png" onerror="alert(1)" alt="cat"><b>y</b>', "cat**y**"],
  ["<b>a<iframe srcdoc='<script>1</script>'></iframe>", "**a**"],
  ["<b>&lt;script&gt;</b>", "**<script>**"],
  ["<b onclick=alert(1)>a</b><!-- <b>no</b>", "**a**"],
])("[T51] [T54] nothing but text comes out of %s", (html, text) => {
  expect(pastedMarkdown(html)).toBe(text);
});

test("[T52] [T54] whatever is on the clipboard: text comes out, or nothing", () => {
  const piece = fc.constantFrom(
    "<b>",
    "</b>",
    "<a href='https://x.example'>",
    "<a ",
    "</a>",
    "<ul>",
    "<li>",
    "</li>",
    "<pre>",
    "<table>",
    "<tr>",
    "<td>",
    "<!--",
    "-->",
    "<",
    ">",
    '"',
    "'",
    "&lt;",
    "&#0;",
    "&#xd800;",
    "&#x1F600;",
    "x",
    " ",
    "\n",
    "<script>",
    "</script>",
    "<br>",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pastedMarkdown(`<b>z</b>${pieces.join("")}`);
      if (text !== null) expect(text.length).toBeLessThan(3_000);
    }),
    { numRuns: 1_000 },
  );
  expect(pastedMarkdown("<b>".repeat(60_000))).toBeNull();
  expect(pastedMarkdown(`<b>a</b>${'<a "'.repeat(40_000)}`)).not.toBeUndefined();
});
