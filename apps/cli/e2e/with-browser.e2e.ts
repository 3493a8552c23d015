import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, profile, type Watch } from "../../web/e2e/test/browser.ts";
import {
  PASSWORD as ADAS_PASSWORD,
  enterRoom,
  inList,
  post,
  posted,
  signUp,
  write,
} from "../../web/e2e/test/people.ts";
import { testServer, type TestServer } from "../../web/e2e/test/server.ts";
import { World } from "./support.ts";

// One account in a browser, another in a terminal, on one server: the two clients are one engine and must agree on everything.
let server: TestServer;
let browser: Browser;
let ada: Page;
let seen: Watch;
const terminal = new World();

beforeAll(async () => {
  server = await testServer();
  terminal.use(server.url);
  browser = await launchBrowser();
  const opened = await profile(browser, server.url);
  ada = opened.page;
  seen = opened.seen;
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await terminal.signUp("grace", "Grace Hopper");
}, 120_000);

afterAll(async () => {
  await browser.close();
  await terminal.end();
  await server.end();
});

const read = async (conversation: string): Promise<string> =>
  (await terminal.sotto("grace", ["read", conversation])).out;

test("a browser and a terminal write to each other", async () => {
  await write(ada, ["grace"]);
  await post(ada, "From the browser.");
  await posted(ada, "From the browser.").waitFor();
  await expect.poll(() => read("@ada"), { timeout: 20_000 }).toContain("From the browser.");
  expect((await terminal.sotto("grace", ["send", "@ada"], "From the terminal 🐛\n")).exit).toBe(0);
  await posted(ada, "From the terminal 🐛").waitFor();
});

test("a group made in the browser is the same group in the terminal", async () => {
  await terminal.signUp("bob");
  await write(ada, ["grace", "bob"], "Difference Engine");
  await post(ada, "All three.");
  await expect.poll(() => read("Difference Engine"), { timeout: 20_000 }).toContain("All three.");
  expect((await terminal.sotto("grace", ["send", "Difference Engine", "And back."])).exit).toBe(0);
  await posted(ada, "And back.").waitFor();
});

test("a room made in the terminal is entered from the browser", async () => {
  expect((await terminal.sotto("grace", ["room", "create", "general"])).exit).toBe(0);
  await enterRoom(ada, "general");
  await post(ada, "Good morning, room.");
  await expect.poll(() => read("#general"), { timeout: 20_000 }).toContain("Good morning, room.");
  expect((await terminal.sotto("grace", ["send", "#general", "Good morning."])).exit).toBe(0);
  await inList(ada, "#general").waitFor();
  await posted(ada, "Good morning.").waitFor();
});

test("a terminal as one more device of a browser's account: the same conversations, back to the first line, both ways", async () => {
  expect(await terminal.withPassword("ada-at-work", ["sign-in", "ada"], ADAS_PASSWORD)).toMatchObject({ exit: 0 });
  const readAtWork = async (conversation: string): Promise<string> =>
    (await terminal.sotto("ada-at-work", ["read", conversation, "--limit", "all"])).out;
  await expect.poll(() => readAtWork("@grace"), { timeout: 30_000 }).toContain("From the browser.");
  expect(await readAtWork("@grace")).toContain("From the terminal 🐛");
  expect(await readAtWork("Difference Engine")).toContain("All three.");
  expect((await terminal.sotto("ada-at-work", ["send", "#general", "From my other device."])).exit).toBe(0);
  await inList(ada, "#general").click();
  await posted(ada, "From my other device.").waitFor();
  expect((await terminal.sotto("grace", ["verify", "@ada"])).out).toBe(
    (await terminal.sotto("ada-at-work", ["verify", "@grace"])).out,
  );
  expect((await terminal.sotto("grace", ["read", "@ada"])).out).toContain("\tdevice-added\t");
  expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
});
