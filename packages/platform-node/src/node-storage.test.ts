import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { rulesFor, type StoreSubject } from "@sotto/testkit/store-contract";
import { memoryStorage } from "./memory-storage.ts";
import { FILES, openNodeStorage } from "./node-storage.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sotto-store-"));
  folders.push(folder);
  return folder;
}

function inFolder(directory: string): StoreSubject {
  const database = join(directory, FILES.database);
  const damageFrom = (part: number): void => {
    const size = statSync(database).size;
    const bytes = readFileSync(database);
    randomBytes(size).copy(bytes, Math.floor(size * part), Math.floor(size * part));
    writeFileSync(database, bytes);
  };
  return {
    storage: openNodeStorage({ directory }),
    atRest: async () =>
      readdirSync(directory)
        .filter((name) => name !== FILES.key)
        .map((name) => new Uint8Array(readFileSync(join(directory, name))))
        .filter((bytes) => bytes.length > 0),
    damage: {
      key: async () => writeFileSync(join(directory, FILES.key), randomBytes(32)),
      truncate: async () => truncateSync(database, Math.floor(statSync(database).size / 2)),
      overwrite: async () => damageFrom(0),
      overwriteTail: async () => damageFrom(0.5),
      empty: async () => truncateSync(database, 0),
    },
  };
}

describe("a database in a folder keeps the Store's contract", () => {
  test.each(rulesFor("durable"))("$title", ({ check }) => check(inFolder(newFolder())));
});

describe("a database in memory keeps the Store's contract", () => {
  test.each(rulesFor("memory"))("$title", ({ check }) => check({ storage: memoryStorage(), atRest: async () => [] }));
});

test("T71 the key is a file of its own that only its owner reads, in a folder that only its owner enters", async () => {
  const directory = join(newFolder(), "device");
  const store = await openNodeStorage({ directory }).open();
  store.close();
  const key = statSync(join(directory, FILES.key));
  expect(key.size).toBe(32);
  if (process.platform !== "win32") {
    expect(key.mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  }
  const bytes = readFileSync(join(directory, FILES.key));
  expect(readFileSync(join(directory, FILES.database)).includes(bytes)).toBe(false);
});

test("every commit is waited for until it is on the disk", async () => {
  const store = await openNodeStorage({ directory: newFolder() }).open();
  expect(store.all("pragma synchronous")).toEqual([{ synchronous: 2 }]);
  expect(store.all("pragma journal_mode")).toEqual([{ journal_mode: "wal" }]);
  expect(Object.values(store.all("pragma cipher")[0] ?? {})).toEqual(["chacha20"]);
  store.close();
});

test("a key that is lost, cut or empty is store/unreadable, and nobody writes another over the database", async () => {
  for (const damage of [
    (path: string) => rmSync(path),
    (path: string) => truncateSync(path, 31),
    (path: string) => truncateSync(path, 0),
  ]) {
    const directory = newFolder();
    const storage = openNodeStorage({ directory });
    const store = await storage.open();
    store.run("create table t (x)");
    store.close();
    const before = readFileSync(join(directory, FILES.database));
    damage(join(directory, FILES.key));
    await expect(storage.open()).rejects.toMatchObject({ code: "store/unreadable" });
    await expect(storage.open()).rejects.toMatchObject({ code: "store/unreadable" });
    expect(readFileSync(join(directory, FILES.database)).equals(before)).toBe(true);
    await storage.wipe();
    (await storage.open()).close();
  }
});

test("a crash while the first database was made leaves no damage behind, only a beginning to be made again", async () => {
  const directory = newFolder();
  writeFileSync(join(directory, FILES.newKey), randomBytes(32));
  writeFileSync(join(directory, FILES.database), randomBytes(4_096));
  const store = await openNodeStorage({ directory }).open();
  store.run("create table t (x)");
  store.close();
  expect(existsSync(join(directory, FILES.newKey))).toBe(false);
});

test.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
  "a folder that can't be written is store/unavailable",
  async () => {
    const directory = newFolder();
    chmodSync(directory, 0o500);
    await expect(openNodeStorage({ directory: join(directory, "device") }).open()).rejects.toMatchObject({
      code: "store/unavailable",
    });
  },
);

test("a folder that can't be made is store/unavailable", async () => {
  const directory = newFolder();
  writeFileSync(join(directory, "file"), "");
  await expect(openNodeStorage({ directory: join(directory, "file", "device") }).open()).rejects.toMatchObject({
    code: "store/unavailable",
  });
});

const WRITER = fileURLToPath(new URL("../test/writer.ts", import.meta.url));

function startWriter(directory: string, mode: "write" | "hold") {
  const child = spawn(process.execPath, [WRITER, directory, mode], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const waiting: (() => void)[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    for (const wake of waiting.splice(0)) wake();
  });
  const lines = (): string[] => output.split("\n").slice(0, -1);
  return {
    lines,
    async until(count: number): Promise<void> {
      while (lines().length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    /** SIGKILL: no handler runs, nothing is flushed. */
    async kill(): Promise<void> {
      const gone = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

test("T26 a second process is refused (store/in-use) for opening and for wiping, until the first is gone", async () => {
  const directory = newFolder();
  const storage = openNodeStorage({ directory });
  const other = startWriter(directory, "hold");
  await other.until(1);
  await expect(storage.open()).rejects.toMatchObject({ code: "store/in-use" });
  await expect(storage.wipe()).rejects.toMatchObject({ code: "store/in-use" });
  await other.kill();
  const store = await storage.open();
  expect(store.all("select count(*) as n from entries")).toEqual([{ n: 0 }]);
  store.close();
});

test("T46 a process that is killed in the middle of transactions loses nothing that was committed and keeps nothing halved", async () => {
  const directory = newFolder();
  let committed = 0;
  for (const after of [3, 40, 111]) {
    const writer = startWriter(directory, "write");
    await writer.until(after);
    await writer.kill();
    const last = Number(writer.lines().at(-1));
    const store = await openNodeStorage({ directory }).open();
    const [row] = store.all("select max(batch) as last, count(*) as n, count(distinct batch) as batches from entries");
    const found = Number(row?.["last"]);
    // The one that was being acknowledged when the process died may be there too.
    expect(found).toBeGreaterThanOrEqual(last);
    expect(found).toBeLessThanOrEqual(last + 1);
    expect(row?.["batches"]).toBe(found);
    // Each transaction wrote ten rows.
    expect(row?.["n"]).toBe(found * 10);
    expect(store.all("pragma integrity_check")).toEqual([{ integrity_check: "ok" }]);
    store.close();
    expect(found).toBeGreaterThan(committed);
    committed = found;
  }
});
