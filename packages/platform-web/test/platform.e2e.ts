import { createPublicKey, verify } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { rulesFor } from "@sotto/testkit/store-contract";
import type { TestPage } from "./page/main.ts";
import { servePage } from "./serve-page.ts";

declare const page: TestPage;

const executablePath = process.env["SOTTO_CHROMIUM"] ?? "/usr/bin/chromium";
const ARGUMENTS = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--host-resolver-rules=MAP sotto.test 127.0.0.1",
];

const temporary = mkdtempSync(join(tmpdir(), "sotto-web-"));
const profile = join(temporary, "profile");
let server: Awaited<ReturnType<typeof servePage>>;
let browser: BrowserContext;
let origin: string;
/** What any page or worker wrote to its console, each a line that a person would see there. */
const said: string[] = [];

const launch = async (): Promise<void> => {
  browser = await chromium.launchPersistentContext(profile, { executablePath, args: ARGUMENTS });
};

beforeAll(async () => {
  server = await servePage(join(temporary, "page"));
  origin = `http://127.0.0.1:${server.port}`;
  await launch();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  rmSync(temporary, { recursive: true, force: true });
});

afterEach(async () => {
  const violations: string[] = [];
  // The browser's first page stays, or the browser would go too.
  for (const [index, tab] of browser.pages().entries()) {
    if (tab.url().startsWith(origin)) violations.push(...(await tab.evaluate(() => page.violations)));
    if (index > 0) await tab.close();
  }
  expect(violations).toEqual([]);
  expect(said.splice(0)).toEqual([]);
});

const open = async (at = origin): Promise<Page> => load(await browser.newPage(), at);

/** The page that stays: for what needs no page of its own. */
async function home(): Promise<Page> {
  const [first] = browser.pages();
  if (first === undefined) throw new Error("The browser has no page.");
  return first.url().startsWith(origin) ? first : load(first, origin);
}

async function load(opened: Page, at: string): Promise<Page> {
  opened.on("console", (message) => said.push(message.text()));
  opened.on("pageerror", (error) => said.push(error.message));
  await opened.goto(at);
  await opened.waitForFunction(() => "page" in window);
  return opened;
}

type Tasks = { name: string; argument: object };
const task = (at: Page, name: string, argument: object): Promise<unknown> =>
  at.evaluate((what: Tasks) => page.task(what.name, what.argument), { name, argument });

describe("in a browser's private file system the store keeps its contract", () => {
  test.each(rulesFor("durable").map(({ title }, index) => ({ title, index })))("$title", async ({ title, index }) => {
    const tab = await home();
    await task(tab, "rule", { title, durability: "durable", name: `rule-${index}` });
  });
});

describe("in a browser's memory the store keeps its contract", () => {
  test.each(rulesFor("memory"))("$title", async ({ title }) => {
    const tab = await home();
    await task(tab, "rule", { title, durability: "memory", name: "memory" });
  });
});

test("T46 a worker that is ended in the middle of transactions loses nothing that was committed and keeps nothing halved", async () => {
  const tab = await open();
  let before = 0;
  for (const after of [2, 25]) {
    await tab.evaluate(() => page.begin("write", { name: "crash" }));
    await tab.waitForFunction((count) => page.lines().length >= count, after, { polling: 5 });
    const last = await tab.evaluate(() => {
      page.end();
      return Number(page.lines().at(-1));
    });
    const found = (await task(tab, "written", { name: "crash" })) as {
      last: number;
      n: number;
      batches: number;
      check: unknown;
      modes: unknown;
    };
    expect(found.last).toBeGreaterThanOrEqual(last);
    expect(found.last).toBeGreaterThan(before);
    expect(found.batches).toBe(found.last);
    expect(found.n).toBe(found.last * 10);
    expect(found.check).toEqual([{ integrity_check: "ok" }]);
    expect(found.modes).toEqual([{ journal_mode: "wal" }, { synchronous: 2 }, { locking_mode: "exclusive" }]);
    before = found.last;
  }
});

test("T26 while one worker has the store no other gets it, nor may wipe it, and none does it harm by trying", async () => {
  const tab = await open();
  await tab.evaluate(() => page.begin("hold", { name: "held" }));
  await tab.waitForFunction(() => page.lines().length > 0);
  await expect(task(tab, "open", { name: "held", patienceMs: 300 })).rejects.toThrow("store/in-use");
  await expect(task(tab, "wipe", { name: "held" })).rejects.toThrow("store/in-use");
  await expect(task(tab, "seize", { name: "held" })).rejects.toThrow("store/in-use");
  await tab.evaluate(() => page.end());
  expect(await task(tab, "open", { name: "held", patienceMs: 2_000 })).toBeLessThan(2_000);
  expect(await task(tab, "written", { name: "held" })).toMatchObject({ n: 0 });
});

test("a browser that fails while the store is opened costs nobody their data", async () => {
  const tab = await open();
  await tab.evaluate(() => page.begin("write", { name: "fails" }));
  await tab.waitForFunction(() => page.lines().length >= 3, null, { polling: 5 });
  await tab.evaluate(() => page.end());
  const before = (await task(tab, "written", { name: "fails" })) as { last: number };
  const outcomes = [];
  for (let after = 0; after < 8; after++) outcomes.push(await task(tab, "failOnce", { name: "fails", after }));
  expect(outcomes).toContain("store/unavailable");
  expect(outcomes.at(-1)).toBe("opened");
  expect(await task(tab, "written", { name: "fails" })).toMatchObject({ last: before.last });
  said.length = 0;
});

test.each([
  { lacks: "nothing", durability: "durable", opened: "opened" },
  { lacks: "handles", durability: "memory", opened: "opened" },
  { lacks: "private window", durability: "memory", opened: "opened" },
  // Failing isn't lacking: an empty session in memory would look like a sign-out.
  { lacks: "disk", durability: "durable", opened: "store/unavailable" },
])("a browser that lacks $lacks: $durability, $opened", async ({ lacks, ...expected }) => {
  const tab = await open();
  expect(await task(tab, "durability", { lacks })).toEqual(expected);
});

test("a server that doesn't give the database's program is store/unavailable, and no word of damage", async () => {
  const tab = await open();
  await browser.route("**/*.wasm", (route) => route.abort());
  await expect(task(tab, "open", { name: "program", patienceMs: 100 })).rejects.toThrow("store/unavailable");
  await browser.unroute("**/*.wasm");
  expect(said.splice(0).join()).toContain("NetworkError");
  await task(tab, "open", { name: "program", patienceMs: 100 });
});

describe("sign-in keys", () => {
  const message = [1, 2, 3, 4];
  const verifies = ({ publicKey, signature }: { publicKey: number[]; signature: number[] }): boolean => {
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
      format: "jwk",
    });
    return (
      publicKey.length === 32 &&
      signature.length === 64 &&
      verify(null, Buffer.from(message), key, Buffer.from(signature))
    );
  };
  const create = async (tab: Page, name: string, portable: boolean) =>
    tab.evaluate(
      async (what) => {
        const made = await page.task("signIn", { ...what, message: Uint8Array.from(what.message) });
        const { reference, publicKey, signature } = made as Record<string, Uint8Array>;
        return {
          reference: [...(reference ?? [])],
          publicKey: [...(publicKey ?? [])],
          signature: [...(signature ?? [])],
        };
      },
      { name, portable, message },
    );

  test("T84 are made, kept and used by the browser; no script of the page can read one", async () => {
    const tab = await open();
    const made = await create(tab, "sign-in", false);
    expect(made.reference.length).toBe(17);
    expect(verifies(made)).toBe(true);
    const seen = await tab.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open("sign-in");
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error("no database"));
      });
      const keys = await new Promise<unknown[]>((resolve) => {
        const request = database.transaction("keys").objectStore("keys").getAll();
        request.onsuccess = () => resolve(request.result);
      });
      const found = [];
      for (const key of keys) {
        if (!(key instanceof CryptoKey)) throw new Error("no key");
        const formats = ["raw", "pkcs8", "jwk"] as const;
        const exports = await Promise.allSettled(
          formats.map((format) => crypto.subtle.exportKey(format as "raw", key)),
        );
        found.push({ extractable: key.extractable, usages: key.usages, exported: exports.map(({ status }) => status) });
      }
      return found;
    });
    expect(seen).toEqual([{ extractable: false, usages: ["sign"], exported: ["rejected", "rejected", "rejected"] }]);
  });

  test("are gone with the database", async () => {
    const tab = await open();
    await task(tab, "open", { name: "gone", patienceMs: 2_000 });
    const { reference } = await create(tab, "gone", false);
    const again = () =>
      tab.evaluate((bytes) => page.task("signAgain", { name: "gone", reference: Uint8Array.from(bytes) }), reference);
    await again();
    await task(tab, "wipe", { name: "gone" });
    await expect(again()).rejects.toThrow("no longer in this browser");
  });

  test("lie in their reference where the browser has no Ed25519", async () => {
    const tab = await open();
    const made = await create(tab, "portable", true);
    expect(made.reference.length).toBe(33);
    expect(verifies(made)).toBe(true);
  });
});

test("frames go through a WebSocket that comes back, under the policy", async () => {
  const tab = await open();
  const { events, bytes } = await tab.evaluate(async (at) => {
    const answer = (await page.task("echo", { origin: at })) as { events: string[]; bytes: Uint8Array };
    return { events: answer.events, bytes: [...answer.bytes] };
  }, origin);
  expect(bytes).toEqual([1, 2, 3]);
  expect(events).toEqual(["opened", "closed", "opened"]);
});

describe("one engine for all tabs", () => {
  const conversation = "c" as never;
  const connect = (tab: Page) => tab.evaluate(async () => void (await page.connect()));
  const isLeading = (tab: Page) => tab.evaluate(() => page.engine().isLeading());
  const send = (tab: Page, text: string) =>
    tab.evaluate(
      async (what) =>
        page
          .engine()
          .send(what)
          .catch((error: { code: string; message: string; remedy: unknown }) => ({
            code: error.code,
            message: error.message,
            remedy: error.remedy,
          })),
      { conversation, text },
    );
  const texts = (tab: Page) =>
    tab.evaluate(async (which) => {
      const items = (await page.engine().timeline({ conversation: which, limit: 10 })).items;
      return items.map((item) => ("text" in item ? item.text : ""));
    }, conversation);
  const two = async (): Promise<[Page, Page]> => {
    const first = await open();
    await connect(first);
    await first.evaluate(() => page.engine().session());
    const second = await open();
    await connect(second);
    await second.evaluate(() => page.engine().session());
    return [first, second];
  };

  test("T26 leads in one tab, serves both, and what changes is heard in both", async () => {
    const [first, second] = await two();
    expect([await isLeading(first), await isLeading(second)]).toEqual([true, false]);
    const [one, other] = await Promise.all([send(first, "from the first"), send(second, "from the second")]);
    expect(one).not.toEqual(other);
    expect(await texts(first)).toEqual(await texts(second));
    for (const tab of [first, second]) {
      await tab.waitForFunction(() => page.changes.filter(({ kind }) => kind === "timeline").length === 2);
    }
    const bytes = await second.evaluate(async () => {
      const view = await page.engine().serverView({ conversation: "c" as never, seq: 1 as never });
      return view.envelope instanceof Uint8Array ? [...view.envelope] : null;
    });
    expect(bytes).toEqual([1, 2, 3]);
  });

  test("a failure crosses with its code, sentence and remedy; what isn't ours crosses without its text", async () => {
    const [first, second] = await two();
    for (const tab of [first, second]) {
      expect(await send(tab, "refused")).toEqual({
        code: "post/empty",
        message: "There is nothing in it.",
        remedy: { kind: "retry", afterMs: 5 },
      });
      expect(JSON.stringify(await send(tab, "broken"))).toContain("internal/unexpected");
      expect(JSON.stringify(await send(tab, "broken"))).not.toContain("secret");
      const reached = await tab.evaluate(async () => {
        const channel = new BroadcastChannel("sotto-engine");
        channel.postMessage({
          kind: "call",
          tab: "nobody",
          engine: "nobody",
          call: 1,
          method: "constructor",
          argument: null,
        });
        return page.engine().session();
      });
      expect(reached).toEqual({ kind: "signed-out" });
    }
  });

  test("the leading tab closes: another takes over well within a second, with everything that was written", async () => {
    const [first, second] = await two();
    await send(first, "written by the first");
    await texts(second);
    await second.evaluate(() => void (page.changes.length = 0));
    const start = Date.now();
    await first.close();
    const after = await texts(second);
    const took = Date.now() - start;
    expect(after.at(-1)).toBe("written by the first");
    expect(await isLeading(second)).toBe(true);
    expect(took).toBeLessThan(1_000);
    // Whoever shows something asks again.
    expect(await second.evaluate(() => page.changes.map(({ kind }) => kind))).toEqual([
      "session",
      "conversations",
      "timeline",
    ]);
    expect(await send(second, "written after")).toBeDefined();
    expect((await texts(second)).slice(-2)).toEqual(["written by the first", "written after"]);
  });

  test("calls made while nobody leads wait for the next engine, in their order, and are done once", async () => {
    const [first, second] = await two();
    const before = (await texts(second)).length;
    const closing = first.close();
    const sent = await second.evaluate(async () => {
      const posts = [];
      for (let n = 0; n < 20; n++) {
        posts.push(page.engine().send({ conversation: "c" as never, text: `waiting ${n}` }));
        posts.push(page.engine().findPerson(`p${n}`));
      }
      const settled = await Promise.allSettled(posts);
      return settled.map(({ status }) => status);
    });
    await closing;
    const now = (await texts(second)).slice(before);
    // A call that the first engine had begun when it ended may be reported as interrupted; none is lost, none comes twice.
    const fulfilled = sent.filter((status, index) => index % 2 === 0 && status === "fulfilled").length;
    expect(now.length).toBeGreaterThanOrEqual(fulfilled);
    expect(new Set(now).size).toBe(now.length);
    expect(now).toEqual([...now].sort((a, b) => Number(a.split(" ")[1]) - Number(b.split(" ")[1])));
    expect(sent.filter((status, index) => index % 2 === 1 && status !== "fulfilled")).toEqual([]);
  });

  test("calls in flight when the leader goes: a question is asked again, a deed is not done again but reported", async () => {
    const [first, second] = await two();
    const name = `hold ${Date.now()}`;
    const question = second.evaluate((who) => page.engine().findPerson(who), `${name} question`);
    const deed = send(second, `${name} deed`);
    // Both have begun: the engine has written the deed down.
    await expect.poll(() => texts(first)).toContain(`${name} deed`);
    await first.close();
    expect(await question).toEqual({ username: `${name} question` });
    expect(await deed).toMatchObject({ code: "request/unavailable", remedy: { kind: "person" } });
    expect((await texts(second)).filter((text) => text === `${name} deed`).length).toBe(1);
  });

  test("three tabs, leaders closed one after the other, by close() and by reload", async () => {
    const [first, second] = await two();
    const third = await open();
    await connect(third);
    await first.evaluate(() => page.engine().close());
    await expect.poll(() => isLeading(second), { timeout: 3_000 }).toBe(true);
    expect(await send(third, "after one")).toBeDefined();
    await expect(first.evaluate(() => page.engine().session())).rejects.toThrow();
    await second.reload();
    await expect.poll(() => isLeading(third), { timeout: 3_000 }).toBe(true);
    expect((await texts(third)).at(-1)).toBe("after one");
    await connect(second);
    expect((await texts(second)).at(-1)).toBe("after one");
    expect(await isLeading(second)).toBe(false);
  });

  test("T26 a hundred sends from three tabs at once are all written, once each", async () => {
    const [first, second] = await two();
    const third = await open();
    await connect(third);
    const mark = `burst ${Date.now()}`;
    const burst = (tab: Page, from: string) =>
      tab.evaluate(
        async ([prefix, own]) =>
          (
            await Promise.all(
              Array.from({ length: 34 }, (_, n) =>
                page.engine().send({ conversation: "c" as never, text: `${prefix} ${own} ${n}` }),
              ),
            )
          ).length,
        [mark, from],
      );
    expect(await Promise.all([burst(first, "a"), burst(second, "b"), burst(third, "c")])).toEqual([34, 34, 34]);
    const found = (await texts(third)).filter((text) => text.startsWith(mark));
    expect(found.length).toBe(102);
    expect(new Set(found).size).toBe(102);
  });

  test("how long a call takes", async () => {
    const [first, second] = await two();
    for (const tab of [first, second]) {
      const ms = await tab.evaluate(async () => {
        const start = performance.now();
        for (let n = 0; n < 100; n++) await page.engine().session();
        return (performance.now() - start) / 100;
      });
      expect(ms).toBeLessThan(20);
    }
  });
});

test("the product's own worker starts under the policy, and its engine answers", async () => {
  const tab = await open();
  const session = await tab.evaluate(async () => (await page.connect("../../src/worker.ts")).session());
  expect(session).toEqual({ kind: "signed-out" });
});

test("this browser has all that is needed; a page over plain HTTP from another host is told what to do", async () => {
  const tab = await open();
  expect(await tab.evaluate(() => page.inspectPlatform())).toEqual({
    secureContext: true,
    webCrypto: true,
    tabs: true,
    webAssembly: true,
    opfs: true,
    failure: null,
  });
  const insecure = await open(`http://sotto.test:${server.port}`);
  const platform = await insecure.evaluate(() => page.inspectPlatform());
  expect(platform).toMatchObject({
    secureContext: false,
    failure: { code: "connection/insecure-context", remedy: { kind: "person" } },
  });
  const refused = await insecure.evaluate(() => page.connect().catch(({ code }: { code: string }) => code));
  expect(refused).toBe("connection/insecure-context");
});

// Last: it closes the browser.
test("T71 after the browser was closed, nothing that was written lies open anywhere in its profile, and all of it is there again", async () => {
  const canary = `canary${"0123456789abcdef".repeat(2)}`;
  const tab = await open();
  await tab.evaluate(async (text) => {
    const engine = await page.connect();
    await engine.send({ conversation: "c" as never, text });
  }, canary);
  await browser.close();
  const found = scan(profile, canary);
  expect(found.files).toBeGreaterThan(20);
  expect(found.hits).toEqual([]);
  expect(found.databases).toBeGreaterThan(0);
  await launch();
  const again = await open();
  const texts = await again.evaluate(async () => {
    const engine = await page.connect();
    const { items } = await engine.timeline({ conversation: "c" as never, limit: 10 });
    return items.map((item) => ("text" in item ? item.text : ""));
  });
  expect(texts).toContain(canary);
});

function scan(folder: string, canary: string): { files: number; hits: string[]; databases: number } {
  const utf8 = Buffer.from(canary);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), utf8])
      .toString("base64")
      .slice(4, -4),
  );
  const forms = [
    utf8,
    Buffer.from(canary, "utf16le"),
    ...[utf8.toString("hex"), ...base64].map((text) => Buffer.from(text)),
  ];
  const result = { files: 0, hits: [] as string[], databases: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !existsSync(path)) continue;
    const bytes = readFileSync(path);
    result.files += 1;
    if (bytes.subarray(0, 64).toString("latin1").startsWith("/device.db\u0000")) result.databases += 1;
    if (forms.some((form) => bytes.includes(form))) result.hits.push(path.slice(folder.length));
  }
  return result;
}
