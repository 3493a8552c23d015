import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, EXTENSION, FRAME, OPERATIONS } from "@sotto/protocol";
import { afterEach, expect, test } from "vitest";
import * as limits from "../../packages/protocol/src/limits.ts";
import { LABEL } from "../../packages/crypto/src/labels.ts";
import { docsIn, lineOf, mend, problemsIn, referencesIn } from "./references.mjs";
import { threatsInDocs, threatsInTests } from "./threats.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const made: string[] = [];
afterEach(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** A project of one document and one source. */
function project(doc: string, source = "export function decide(): void {}\n\ndecide();\n"): string {
  const folder = mkdtempSync(join(tmpdir(), "docs-"));
  made.push(folder);
  mkdirSync(join(folder, "docs"));
  writeFileSync(join(folder, "docs/a.md"), doc);
  writeFileSync(join(folder, "source.ts"), source);
  return folder;
}

test("every reference in the docs points at what it names (`node scripts/docs.mjs` moves line numbers)", () => {
  const docs = docsIn(root);
  expect(docs).toContain("README.md");
  expect(docs.flatMap((doc) => problemsIn(root, doc))).toEqual([]);
  const lines = docs.flatMap((doc) => referencesIn(root, doc)).filter(({ line }) => line !== undefined);
  expect(lines.length).toBeGreaterThan(30);
});

test("docs/errors.md describes every code of the protocol, in its order, and no other", () => {
  const rows = readFileSync(join(root, "docs/errors.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.slice(2, -2).split(" | "));
  expect(rows.map(([code]) => code)).toEqual(ERROR_CODES.map((code) => `\`${code}\``));
  for (const row of rows) {
    expect(row).toHaveLength(4);
    expect(row[3]).toMatch(/^(yes|then|no)$/);
  }
});

test("docs/protocol.md has every operation in its order, every frame, label and extension", () => {
  const text = readFileSync(join(root, "docs/protocol.md"), "utf8");
  const firstCells = text.split("\n").flatMap((line) => /^\| ([^|]+) \|/.exec(line)?.[1]?.trim() ?? []);
  const operations = firstCells.flatMap((cell) => /^`([a-z-]+\.[a-z-]+)`$/.exec(cell)?.[1] ?? []);
  expect(operations).toEqual(Object.keys(OPERATIONS));
  const frames = firstCells.flatMap((cell) => /^`0x([0-9a-f]{2})` ([a-z]+)$/.exec(cell)?.slice(1, 3) ?? []);
  expect(frames).toEqual(Object.entries(FRAME).flatMap(([name, type]) => [type.toString(16).padStart(2, "0"), name]));
  expect(Object.values(LABEL).filter((label) => !text.includes(label))).toEqual([]);
  expect(Object.values(EXTENSION).filter((type) => !text.includes(`0x${type.toString(16)}`))).toEqual([]);
});

test("docs/spec/limits.md has every limit with its value", () => {
  const rows = [...readFileSync(join(root, "docs/spec/limits.md"), "utf8").matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm)];
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value?.replaceAll(",", ""))]))).toEqual({
    ...limits,
  });
  expect(rows).toHaveLength(Object.keys(limits).length);
});

test("docs/threat-model.md claims no test that isn't there", () => {
  const tested = threatsInTests(root);
  const claims = [...threatsInDocs(root)].flatMap(([threat, rooms]) => rooms.map((room) => ({ threat, room })));
  expect(claims.length).toBeGreaterThan(30);
  expect(claims.filter(({ threat, room }) => tested.get(threat)?.has(room) !== true)).toEqual([]);
});

test.each([
  ["[`decide`](../source.ts#L1)", undefined],
  ["[`decide`](../source.ts#L2)", "line 2 of source.ts doesn't name decide."],
  ["[`decid`](../source.ts#L1)", "line 1 of source.ts doesn't name decid."],
  ["[`decide`](../source.ts#L9)", "source.ts has no line 9."],
  ["[there](../source.ts#L1)", "a link to line 1 of source.ts must name what stands there, as code."],
  ["[`decide`](../gone.ts#L1)", "gone.ts doesn't exist."],
  ["[that](../source.ts)", undefined],
  ["[that](../gone.ts)", "gone.ts doesn't exist."],
  ["[far](https://example.org/gone.ts#L1)", undefined],
  ["# Who decides, and why?\n\n[up](#who-decides-and-why)", undefined],
  ["[up](#nowhere)", "docs/a.md has no heading #nowhere."],
  ["```\n[`decide`](../source.ts#L2)\n```", undefined],
  ["see packages/mls/src/policy.ts:97", "packages/mls/src/policy.ts:97 must be a link, so that its line is held true."],
])("a reference is held against the code: %s", (doc, problem) => {
  const problems = problemsIn(project(doc), "docs/a.md").map((text) => text.replace(/^docs\/a\.md:\d+: /, ""));
  expect(problems).toEqual(problem === undefined ? [] : [problem]);
});

test("moved line numbers are mended, and what is gone is left for the test to find", () => {
  const doc = "[`decide`](../source.ts#L1) and [`gone`](../source.ts#L1)\n";
  const folder = project(doc, "\n\nfunction decide() {}\n");
  expect(mend(folder, "docs/a.md")).toBe(1);
  expect(readFileSync(join(folder, "docs/a.md"), "utf8")).toBe(doc.replace("L1", "L3"));
  expect(problemsIn(folder, "docs/a.md")).toEqual(["docs/a.md:1: line 1 of source.ts doesn't name gone."]);
});

test.each([
  ["#run", ["  start() {", "    this.#run();", "  }", "  async #run(): Promise<void> {"], 4],
  ["Kind", ["import type { Kind } from './kind.ts';", "export type Kind = 1;"], 2],
  ["state", ["const restate = 1;", "state.next"], 2],
  ["absent", ["const present = 1;"], undefined],
])("%s is found where it is defined, else where it is named first", (symbol, lines, line) => {
  expect(lineOf(lines, symbol)).toBe(line);
});
