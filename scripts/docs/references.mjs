// What the docs point at. `[`judgeCommit`](../packages/mls/src/policy.ts#L97)` promises that line 97 holds judgeCommit;
// a link without a line promises that the file is there, one with a heading that the heading is.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { filesIn } from "../launch/stale.mjs";

/**
 * @typedef {{
 *   doc: string, docLine: number,
 *   file: string,
 *   heading: string | undefined,
 *   line: number | undefined,
 *   symbol: string | undefined,
 * }} Reference  `doc` and `file` relative to the root, with slashes; `symbol` is the link's text when that is code.
 */

const LINK = /\[((?:[^\][]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g;
const FENCE = /^\s*(```|~~~)/;
/** `packages/x/src/y.ts:12` in prose: nothing would notice when the line moves. */
const BARE = /\b(?:packages|apps|scripts)\/[\w./-]+\.(?:ts|tsx|mjs):\d+/;

/** The Markdown that this project answers for. @param {string} root */
export function docsIn(root) {
  return ["README.md", ...filesIn(root, "docs").filter((file) => file.endsWith(".md"))].filter((file) =>
    existsSync(join(root, file)),
  );
}

/** @param {string} root @param {string} doc @returns {Reference[]} every link that stays inside the project */
export function referencesIn(root, doc) {
  /** @type {Reference[]} */
  const references = [];
  for (const [index, text] of proseOf(root, doc))
    for (const [, words = "", target = ""] of text.matchAll(LINK)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = "", fragment = ""] = target.split("#");
      const line = /^L(\d+)$/.exec(fragment)?.[1];
      references.push({
        doc,
        docLine: index + 1,
        file: path === "" ? doc : posix.normalize(posix.join(posix.dirname(doc), path)),
        heading: line === undefined && fragment !== "" ? fragment : undefined,
        line: line === undefined ? undefined : Number(line),
        symbol: /^`([^`]+)`$/.exec(words)?.[1],
      });
    }
  return references;
}

/**
 * What is wrong with a document's references, one sentence each.
 * @param {string} root
 * @param {string} doc
 */
export function problemsIn(root, doc) {
  /** @type {string[]} */
  const problems = [];
  for (const [index, text] of proseOf(root, doc)) {
    const bare = BARE.exec(text)?.[0];
    if (bare !== undefined)
      problems.push(`${doc}:${index + 1}: ${bare} must be a link, so that its line is held true.`);
  }
  for (const reference of referencesIn(root, doc)) {
    const problem = problemOf(root, reference);
    if (problem !== undefined) problems.push(`${doc}:${reference.docLine}: ${problem}`);
  }
  return problems;
}

/** @param {string} root @param {Reference} reference */
function problemOf(root, { file, heading, line, symbol }) {
  const path = join(root, file);
  if (!existsSync(path)) return `${file} doesn't exist.`;
  if (heading !== undefined)
    return headingsOf(root, file).has(heading) ? undefined : `${file} has no heading #${heading}.`;
  if (line === undefined) return undefined;
  if (symbol === undefined) return `a link to line ${line} of ${file} must name what stands there, as code.`;
  const text = statSync(path).isFile() ? linesOf(path)[line - 1] : undefined;
  if (text === undefined) return `${file} has no line ${line}.`;
  return names(text, symbol) ? undefined : `line ${line} of ${file} doesn't name ${symbol}.`;
}

/**
 * Moves the line numbers of a document to where the named things stand now: where they are defined, else where they are
 * first named. A link whose symbol is gone stays as it is, for the test to complain.
 * @param {string} root
 * @param {string} doc
 * @returns {number} links that were changed
 */
export function mend(root, doc) {
  const path = join(root, doc);
  let changed = 0;
  const mended = readFileSync(path, "utf8").replaceAll(LINK, (link, words, target) => {
    const [file = "", fragment = ""] = target.split("#");
    const symbol = /^`([^`]+)`$/.exec(words)?.[1];
    if (symbol === undefined || !/^L\d+$/.test(fragment)) return link;
    const source = join(root, dirname(doc), file);
    const line = existsSync(source) ? lineOf(linesOf(source), symbol) : undefined;
    if (line === undefined || fragment === `L${line}`) return link;
    changed++;
    return `[${words}](${file}#L${line})`;
  });
  if (changed > 0) writeFileSync(path, mended);
  return changed;
}

/** @param {readonly string[]} lines @param {string} symbol @returns {number | undefined} 1-based */
export function lineOf(lines, symbol) {
  const name = symbol.replace(/^#/, "").replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const definition = new RegExp(
    `^\\s*(?:export\\s+)?(?:(?:async\\s+)?function|const|let|class|type|interface)\\s+${name}\\b|^\\s{2}(?:async\\s+)?#?${name}[(<]`,
  );
  const defined = lines.findIndex((text) => definition.test(text));
  const found = defined >= 0 ? defined : lines.findIndex((text) => names(text, symbol));
  return found < 0 ? undefined : found + 1;
}

/** Whether a line names a thing, as a word of its own. @param {string} text @param {string} symbol */
function names(text, symbol) {
  const start = text.indexOf(symbol);
  if (start < 0) return false;
  const isWord = (/** @type {string | undefined} */ character) => character !== undefined && /[\w$]/.test(character);
  for (let at = start; at >= 0; at = text.indexOf(symbol, at + 1)) {
    const before = isWord(symbol[0]) && isWord(text[at - 1]);
    const after = isWord(symbol.at(-1)) && isWord(text[at + symbol.length]);
    if (!before && !after) return true;
  }
  return false;
}

/** @param {string} path */
const linesOf = (path) => readFileSync(path, "utf8").split("\n");

/** Lines outside of code blocks, with their index. @param {string} root @param {string} doc */
function proseOf(root, doc) {
  let isCode = false;
  return [...linesOf(join(root, doc)).entries()].filter(([, text]) => {
    if (!FENCE.test(text)) return !isCode;
    isCode = !isCode;
    return false;
  });
}

/** Fragments of a document's headings, as GitHub makes them. @param {string} root @param {string} doc */
function headingsOf(root, doc) {
  const headings = proseOf(root, doc).flatMap(([, text]) => /^#{1,6}\s+(.*)$/.exec(text)?.[1] ?? []);
  return new Set(
    headings.map((text) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}
