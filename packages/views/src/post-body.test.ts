import fc from "fast-check";
import { expect, test } from "vitest";
import { postBody } from "./post-body.ts";

const links = (text: string) =>
  postBody(text, true).pieces.flatMap((piece) => (piece.kind === "link" ? [piece.href] : []));
const textOf = (text: string) =>
  postBody(text, true)
    .pieces.map((piece) => piece.text)
    .join("");

test.each([
  ["see https://museum.example/plan.", ["https://museum.example/plan"]],
  ["(https://museum.example/a_(b))", ["https://museum.example/a_(b)"]],
  ["http://localhost:7788/#/c/x, then", ["http://localhost:7788/#/c/x"]],
  ["HTTPS://MUSEUM.EXAMPLE", ["HTTPS://MUSEUM.EXAMPLE"]],
  ["https://a.example https://b.example?q=1", ["https://a.example", "https://b.example?q=1"]],
])("a plain address becomes a link: %s", (text, expected) => {
  expect(links(text)).toEqual(expected);
});

test.each([
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:msgbox(1)",
  "file:///etc/passwd",
  "//evil.example/x",
  "https://bank.example@evil.example/",
  "https://bank.example:443@evil.example/",
  "https://user:secret@bank.example/",
  "https://b\u0430nk.example/",
  "https://bank\u3002example/",
  "[a](javascript:alert(1))",
  "<a href=javascript:alert(1)>x</a>",
])("[T51] [T53] what could lead elsewhere than it says stays text: %s", (text) => {
  expect(links(text)).toEqual([]);
});

test("[T51] whatever the text, a link's text is its address, and its scheme is http or https", () => {
  const nasty = fc.stringMatching(/^(?:[a-z<>"'@:/?#.()&=\\ ]|https?:\/\/|javascript:|\u202e|\u0430){0,60}$/u);
  fc.assert(
    fc.property(nasty, (text) => {
      for (const piece of postBody(text, true).pieces) {
        if (piece.kind === "text") continue;
        expect(piece.text).toBe(piece.href);
        const url = new URL(piece.href);
        expect(["http:", "https:"]).toContain(url.protocol);
        expect(url.username + url.password).toBe("");
        // The host that is read is the host that is asked.
        expect(piece.text.toLowerCase()).toContain(`//${url.hostname}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("[T51] markup is text, letter for letter", () => {
  const text = `<img src=x onerror=alert(1)> &lt;b&gt; "'\`{{1}}`;
  expect(textOf(text)).toBe(text);
});

test("[T53] controls and what turns the order of letters go, line breaks stay", () => {
  expect(textOf("a\u0000b\u202Ec\u2066d\u2069e\u0007\r\nf\u2028g")).toBe("abcde\nf\ng");
});

test.each([
  ["marks", `a${"\u0301".repeat(32_000)}`],
  ["addresses", "https://a.".repeat(6_500)],
  ["labels", `https://${"a.".repeat(32_000)}@`],
  ["hyphens", `https://${"a-".repeat(32_000)}`],
  ["brackets", `https://a.example/${")".repeat(60_000)}`],
  ["direction marks", "\u200E\u200F".repeat(32_000)],
  ["families", "👨‍👩‍👧‍👦".repeat(2_600)],
])("[T52] 64 KiB of %s take less than 250 ms", (_, text) => {
  const started = performance.now();
  postBody(text, true);
  expect(performance.now() - started).toBeLessThan(250);
});

test.each([
  ["🦋", true],
  ["👨‍👩‍👧‍👦 👍🏽", true],
  ["🇮🇹🇩🇪", true],
  ["❤️", true],
  ["1️⃣", true],
  ["🦋🦋🦋🦋", false],
  ["123", false],
  ["ok 👍", false],
  ["", false],
  ["©", true],
])("emoji alone are shown large: %s %s", (text, expected) => {
  expect(postBody(text, false).emojiOnly).toBe(expected);
});

test("a long text is folded at 24 lines, and never inside a character", () => {
  const lines = Array.from({ length: 60 }, (_, at) => `line ${at + 1}`).join("\n");
  const folded = postBody(lines, false);
  expect(folded.folded).toBe(true);
  expect(folded.pieces.map(({ text }) => text).join("")).toMatch(/line 24$/u);
  expect(postBody(lines, true).folded).toBe(false);
  const wide = postBody(`x${"🦋".repeat(3_000)}`, false)
    .pieces.map(({ text }) => text)
    .join("");
  expect(wide).not.toMatch(/\p{Surrogate}/u);
});
