import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { withLock } from "./lock.mjs";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function lockFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "lock-"));
  made.push(folder);
  return join(folder, "inner", "launch.lock");
}

test("work goes one at a time, and the lock goes with it, even when it fails", async () => {
  const path = lockFile();
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
  };
  await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
  expect(most).toBe(1);
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(path)).toBe(false);
});

test("a lock whose holder is dead is taken over", async () => {
  const path = lockFile();
  await withLock(path, async () => {});
  writeFileSync(path, "2147483647"); // no such process: above every pid_max
  expect(await withLock(path, async () => "in")).toBe("in");
});

test("a lock that was never filled is taken over after a while", async () => {
  const path = lockFile();
  await withLock(path, async () => {});
  writeFileSync(path, "");
  utimesSync(path, 1, 1);
  expect(await withLock(path, async () => "in")).toBe("in");
});
