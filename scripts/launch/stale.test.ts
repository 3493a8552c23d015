import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { foldersBehind, hashFiles, isInstalled, sourcesIn } from "./stale.mjs";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "stale-"));
  made.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

test("sources are all that shapes a build, and nothing else", () => {
  const root = tree({
    "p/package.json": "{}",
    "p/src/b.ts": "",
    "p/src/a.tsx": "",
    "p/src/a.test.tsx": "",
    "p/public/icon.svg": "",
    "p/dist/main.js": "",
    "p/node_modules/x/index.js": "",
    "p/e2e/talk.e2e.ts": "",
  });
  expect(sourcesIn(root, "p")).toEqual(["p/package.json", "p/public/icon.svg", "p/src/a.tsx", "p/src/b.ts"]);
  expect(sourcesIn(root, "nowhere")).toEqual([]);
});

test("the hash follows names and contents, not dates", () => {
  const root = tree({ a: "1", b: "2" });
  const hash = hashFiles(root, ["a", "b"]);
  utimesSync(join(root, "a"), 1, 1);
  expect(hashFiles(root, ["a", "b"])).toBe(hash);

  writeFileSync(join(root, "a"), "3");
  const changed = hashFiles(root, ["a", "b"]);
  expect(changed).not.toBe(hash);

  rmSync(join(root, "a"));
  const deleted = hashFiles(root, ["a", "b"]);
  expect(new Set([hash, changed, deleted]).size).toBe(3);
});

test("bytes can't move from one file to the next unseen", () => {
  expect(hashFiles(tree({ a: "12", b: "" }), ["a", "b"])).not.toBe(hashFiles(tree({ a: "1", b: "2" }), ["a", "b"]));
  expect(hashFiles(tree({ a: "" }), ["a"])).not.toBe(hashFiles(tree({}), ["a"]));
});

test("a package is made from all that it reaches, circles included", () => {
  const workspaces = new Map([
    ["cli", { folder: "apps/cli", dependencies: ["engine", "commander"] }],
    ["engine", { folder: "packages/engine", dependencies: ["protocol"] }],
    ["protocol", { folder: "packages/protocol", dependencies: ["engine"] }],
    ["web", { folder: "apps/web", dependencies: ["engine"] }],
  ]);
  expect(foldersBehind("cli", workspaces)).toEqual(["apps/cli", "packages/engine", "packages/protocol"]);
});

const linux = { platform: "linux", arch: "x64", libc: "glibc" };
const lock = (entry: object) => ({
  packages: { "": {}, "packages/p": {}, "node_modules/x": { version: "1.0.0", integrity: "i", ...entry } },
});

test("what the lockfile names is there in that version", () => {
  expect(isInstalled(lock({}), lock({}), linux)).toBe(true);
  expect(isInstalled(lock({}), lock({ version: "1.0.1" }), linux)).toBe(false);
  expect(isInstalled(lock({}), lock({ integrity: "j" }), linux)).toBe(false);
  expect(isInstalled(lock({}), {}, linux)).toBe(false);
});

test.each([
  ["this platform's binary", { os: ["linux"], cpu: ["x64"] }, false],
  ["this platform's binary, named without a list", { os: "linux", cpu: "x64" }, false],
  ["this libc's binary", { os: ["linux"], cpu: ["x64"], libc: ["glibc"] }, false],
  ["another libc's", { os: ["linux"], cpu: ["x64"], libc: ["musl"] }, true],
  ["another system's", { os: ["darwin"] }, true],
  ["another processor's", { cpu: ["wasm32"] }, true],
  ["any but this system's", { os: ["!linux"] }, true],
  ["any but another system's", { os: ["!win32"] }, false],
  ["what only another optional package needs", {}, true],
])("an optional package may be missing: %s", (_, entry, mayBeMissing) => {
  expect(isInstalled(lock({ optional: true, ...entry }), {}, linux)).toBe(mayBeMissing);
});
