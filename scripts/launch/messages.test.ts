import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { LOCALES, MESSAGES, readMessageFiles, textsOf } from "./message-files.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A repository with these files of messages and nothing else. */
function withFiles(files: Record<string, unknown>): ReturnType<typeof readMessageFiles> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-messages-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, MESSAGES, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
  }
  return readMessageFiles(folder);
}

const plural = (match: Record<string, string>) => [
  { declarations: ["input count", "local countPlural = count: plural"], selectors: ["countPlural"], match },
];

test("English and German have the same messages with the same parameters, and none is empty", () => {
  const { messages, problems } = readMessageFiles(root);
  expect(problems).toEqual([]);
  expect(Object.keys(messages["en"] ?? {}).length).toBeGreaterThan(10);
  for (const locale of LOCALES)
    expect(readdirSync(join(root, MESSAGES, locale))).toEqual(readdirSync(join(root, MESSAGES, "en")));
});

test("German is set as German is: its own quotation marks, no straight ones, and no two spaces", () => {
  const { messages } = readMessageFiles(root);
  const wrong = Object.entries(messages["de"] ?? {}).filter(([, message]) =>
    textsOf(message).some((text) => /["”]|'|\.\.\.| {2}|(?<!\d) - /.test(text)),
  );
  expect(wrong).toEqual([]);
});

test("what one language lacks is named", () => {
  const { problems } = withFiles({ "en/a.json": { a_x: "X", a_y: "Y" }, "de/a.json": { a_x: "X", a_z: "Z" } });
  expect(problems).toEqual(['a_y is missing in "de".', 'a_z is in "de" and not in "en".']);
});

test("parameters that differ are named", () => {
  const { problems } = withFiles({ "en/a.json": { a_x: "To {name}" }, "de/a.json": { a_x: "An {nmae}" } });
  expect(problems).toEqual(['a_x takes name (text) in "en" and nmae (text) in "de".']);
});

test("a number that a plural depends on is told from a text, whether or not it is shown", () => {
  const one = plural({ "countPlural=one": "One", "countPlural=other": "{count} of {name}" });
  const { parameters, problems } = withFiles({ "en/a.json": { a_x: one }, "de/a.json": { a_x: one } });
  expect(problems).toEqual([]);
  expect(Object.fromEntries(parameters.get("a_x") ?? [])).toEqual({ count: "number", name: "text" });
});

test("a plural form without a text is named", () => {
  const half = plural({ "countPlural=one": "One {count}" });
  const { problems } = withFiles({ "en/a.json": { a_x: half }, "de/a.json": { a_x: half } });
  expect(problems).toContain('a_x in en/a.json has no text for the plural form "other".');
});

test("an empty text, a key twice, a key of another area and a broken file are named", () => {
  const { problems } = withFiles({
    "en/a.json": '{\n  "a_x": "1",\n  "a_x": "2",\n  "b_x": " "\n}',
    "en/b.json": { b_x: "3" },
    "en/c.json": "{",
    "de/a.json": { a_x: "1" },
    "de/b.json": { b_x: "3" },
  });
  expect(problems.slice(0, 4)).toEqual([
    "a_x stands twice in en/a.json.",
    'b_x in en/a.json has to start with "a_" and to be in small letters.',
    "b_x in en/a.json is empty.",
    'b_x stands in two files of "en".',
  ]);
  expect(problems[4]).toMatch(/^en\/c\.json can't be read: /);
});
