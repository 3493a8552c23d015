import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const made: string[] = [];
afterEach(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** Lints one file, at the place given, by our own configuration; gives back the names of the rules that it breaks. */
function broken(path: string, source: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "lint-"));
  made.push(folder);
  for (const file of [".oxlintrc.json", "tsconfig.base.json", "scripts/check/purity.mjs"]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "./tsconfig.base.json", include: ["packages", "apps"] }),
  );
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), source);
  const oxlint = join(root, "node_modules/oxlint/bin/oxlint");
  const { stdout } = spawnSync(process.execPath, [oxlint, "--format=json", path], { cwd: folder, encoding: "utf8" });
  const { diagnostics }: { diagnostics: { code: string }[] } = JSON.parse(stdout);
  return diagnostics.map(({ code }) => code.replace(/^[^(]*\(|\)$/g, ""));
}

const pure = "packages/engine/src/a.ts";

test.each([
  [
    "no-floating-promises",
    pure,
    "async function work(): Promise<void> {}\nexport function start(): void {\n  work();\n}\n",
  ],
  ["no-explicit-any", pure, "export const any = (value: any): unknown => value;\n"],
  ["no-console", pure, 'export const say = (): void => console.log("x");\n'],
  ["no-restricted-properties", pure, "export const now = (): number => Date.now();\n"],
  ["no-restricted-properties", pure, "export const dice = (): number => Math.random();\n"],
  ["no-clock", pure, "export const now = (): Date => new Date();\n"],
  ["no-clock", pure, "export const now = (): string => Date();\n"],
  [
    "no-markup-sinks",
    "apps/web/src/a.ts",
    "export const show = (at: Element, text: string): void => {\n  at.innerHTML = text;\n};\n",
  ],
  [
    "no-markup-sinks",
    "apps/web/src/a.tsx",
    "export const Post = (text: string) => <p dangerouslySetInnerHTML={{ __html: text }} />;\n",
  ],
  ["ban-ts-comment", pure, "// @ts-ignore\nexport const one: string = 1;\n"],
])("%s is caught in %s", (rule, path, source) => {
  expect(broken(path, source)).toContain(rule);
});

test("a date made from a given time is no clock, and a shell may have one", () => {
  expect(broken(pure, "export const at = (ms: number): Date => new Date(ms);\n")).toEqual([]);
  expect(broken("packages/platform-node/src/a.ts", "export const now = (): number => Date.now();\n")).toEqual([]);
});
