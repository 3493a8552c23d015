import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { BOMBS, bomb } from "../../../packages/views/src/markdown/markdown.test-data.ts";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { BIDI, CLUSTERS, xssCorpus } from "./test/corpora.ts";
import { watchTasks } from "./test/long-tasks.ts";
import { composer, letIn, post, posted, signUp, write } from "./test/people.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

const LONG_MS = 100;
const TRACES = join(import.meta.dirname, "../../../.cache/traces");

let server: TestServer;
let browser: Browser;
let eve: Page;
let bob: Page;
let canary: Server;
let canaryUrl: string;
const asked: string[] = [];
const seen: Watch[] = [];

beforeAll(async () => {
  canary = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end();
  });
  canary.on("connection", () => asked.push("connection"));
  await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
  canaryUrl = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
  server = await testServer();
  browser = await launchBrowser();
  const profiles = await Promise.all([profile(browser, server.url), profile(browser, server.url)]);
  seen.push(...profiles.map((one) => one.seen));
  [eve, bob] = profiles.map((one) => one.page) as [Page, Page];
  await signUp(eve, server.url, "eve", `<img src="${canaryUrl}/name.png" onerror="window.__owned=1">`);
  await signUp(bob, server.url, "bob", "Bob");
  await write(eve, ["bob"]);
  await post(eve, "Hello");
  await letIn(bob);
  await posted(bob, "Hello").waitFor();
}, 180_000);

afterAll(async () => {
  await browser.close();
  await server.end();
  canary.close();
});

/** At once, as a hostile client would: typing thousands of lines takes a browser long. By the button: Enter may complete a word. */
async function send(page: Page, text: string): Promise<void> {
  await composer(page).evaluate((area, typed) => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(area, typed);
    area.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

/** Nothing that others wrote has run, has been asked for, or has become more than it may. */
async function expectInert(): Promise<void> {
  for (const page of [eve, bob]) {
    expect(await page.evaluate(() => "__owned" in window)).toBe(false);
    expect(await page.title()).not.toContain("owned");
    expect(await page.evaluate(() => Object.keys(Object.prototype))).toEqual([]);
    const found = await page.locator(".conv-main").evaluate((main) => ({
      active: [...main.querySelectorAll("script, img, iframe, object, embed, link, style, base, meta, video, audio")]
        .length,
      handlers: [...main.querySelectorAll("*")].flatMap((one) =>
        one.getAttributeNames().filter((name) => name.startsWith("on") || name === "srcdoc" || name === "style"),
      ),
      links: [...main.querySelectorAll("a")].map((a) => [a.getAttribute("href") ?? "", a.rel, a.target]),
      boxes: [...main.querySelectorAll('[data-testid="post-text"] :is(input, textarea, select)')].filter(
        (one) => !(one instanceof HTMLInputElement && one.type === "checkbox" && one.disabled),
      ).length,
    }));
    expect(found.active).toBe(0);
    expect(found.handlers.filter((name) => name !== "style")).toEqual([]);
    expect(found.boxes).toBe(0);
    for (const [href, rel, target] of found.links) {
      expect(href).toMatch(/^(?:https?:\/\/|mailto:)/u);
      expect([rel, target]).toEqual(["noreferrer noopener", "_blank"]);
    }
  }
  expect(asked).toEqual([]);
  for (const one of seen) expect(one).toEqual({ foreign: [], violations: [], errors: [] });
}

/** Something ordinary still comes through, both ways, and is read as it was written. */
async function expectAlive(word: string): Promise<void> {
  await post(bob, `${word} **there**?`);
  await posted(eve, `${word} there?`).waitFor();
  await post(eve, `${word} here`);
  await posted(bob, `${word} here`).waitFor();
}

test("[T49] [T51] markup, addresses, code and tables of others are text: nothing runs, nothing is asked for, no rule is broken", async () => {
  const corpus = xssCorpus(canaryUrl);
  for (const [at, text] of corpus.entries()) {
    await send(eve, text);
    // The log holds what is in sight: looked at often enough, everything was.
    if (at % 6 !== 5 && at !== corpus.length - 1) continue;
    await post(eve, `up to ${at}`);
    await posted(bob, `up to ${at}`).waitFor();
    // What has no Markdown in it is read letter for letter.
    if (at === 5)
      expect(await bob.getByTestId("post-text").allInnerTexts()).toEqual(expect.arrayContaining(corpus.slice(0, 2)));
    await expectInert();
  }
  // What was hidden is no more alive once it is shown.
  for (const spoiler of await bob.locator(".spoiler > button").all()) await spoiler.click();
  await expectInert();
  await expectAlive("Still");
}, 180_000);

test("[T51] a name, a quoted post and its preview are text, too", async () => {
  const hostile = `<img src="${canaryUrl}/quoted.png" onerror="window.__owned=1"> **quoted**`;
  await send(eve, hostile);
  const target = bob.getByTestId("post").filter({ hasText: "quoted" }).last();
  await target.waitFor();
  await target.focus();
  await bob.keyboard.press("r");
  await bob.getByTestId("composing").waitFor();
  await post(bob, "a reply");
  await posted(eve, "a reply").waitFor();
  expect(await posted(eve, "a reply").innerText()).toContain("<img src=");
  await expectInert();
}, 60_000);

test("[T53] what turns letters round is taken out of marked-up text, and a link shows where it leads", async () => {
  for (const { written } of BIDI) await send(eve, written);
  const word = "[https://bank.example](https://evil.example/x) [b\u0430nk](https://b\u0430nk.example/)";
  await send(eve, word);
  const shown = posted(bob, "https://bank.example");
  await shown.last().waitFor();
  const texts = await bob.getByTestId("post-text").allInnerTexts();
  for (const { read } of BIDI) expect(texts).toContain(read);
  expect(await shown.last().innerText()).toBe("https://bank.example evil.example b\u0430nk xn--bnk-6cd.example");
  const titles = await shown
    .last()
    .locator("a")
    .evaluateAll((all) => all.map((a) => [a.getAttribute("href"), a.getAttribute("title")]));
  expect(titles).toEqual([
    ["https://evil.example/x", "https://evil.example/x"],
    ["https://xn--bnk-6cd.example/", "https://xn--bnk-6cd.example/"],
  ]);
}, 60_000);

test("a long task is seen where there is one", async () => {
  const stop = await watchTasks(browser, bob);
  await bob.evaluate(() => {
    // Work, not waiting: as many rounds as take a second of a busy processor.
    let sum = 0;
    for (let at = 0; at < 200_000_000; at++) sum = (sum + at * 31) | 0;
    return sum;
  });
  const tasks = await stop(join(TRACES, "hostile-control.json"));
  expect(tasks[0]?.cpuMs).toBeGreaterThan(LONG_MS);
}, 60_000);

test("[T52] towers, endless characters and pages of emoji stay in their place", async () => {
  const stop = await watchTasks(browser, bob);
  for (const [name, text] of Object.entries(CLUSTERS)) {
    await send(eve, text);
    await send(eve, `after ${name}`);
    await posted(bob, `after ${name}`).waitFor({ timeout: 30_000 });
  }
  const tasks = await stop(join(TRACES, "hostile-clusters.json"));
  expect(tasks.length).toBeGreaterThan(50);
  // What the clock says is in the trace: on a busy machine it says more about its neighbours.
  expect(tasks.filter(({ cpuMs }) => cpuMs > LONG_MS)).toEqual([]);
  // Nothing is higher than what a fold lets through, nor wider than its place.
  const boxes = await bob
    .getByTestId("post-text")
    .evaluateAll((all) =>
      all.map((one) => ({ height: one.getBoundingClientRect().height, over: one.scrollWidth - one.clientWidth })),
    );
  for (const { height, over } of boxes) {
    expect(height).toBeLessThan(2_600);
    expect(over).toBeLessThanOrEqual(1);
  }
  await expectAlive("Again");
}, 240_000);

test("[T52] what freezes parsers is shown, folded or plain, without a task longer than 100 ms", async () => {
  const stop = await watchTasks(browser, bob);
  let whole = 0;
  for (const [name, piece] of Object.entries(BOMBS)) {
    await send(eve, bomb(piece, 16_000));
    await send(eve, `after ${name}`);
    await posted(bob, `after ${name}`).last().waitFor({ timeout: 30_000 });
    // Asked for whole, the parser gets all of it: in a worker, which is ended when it takes too long.
    const all = bob.getByRole("button", { name: "Show all" }).last();
    if ((await all.count()) > 0) {
      await all.click();
      whole += 1;
    }
    await bob.getByTestId("log").evaluate((log) => log.scrollTo(0, log.scrollHeight));
  }
  expect(whole).toBeGreaterThan(Object.keys(BOMBS).length / 2);
  await expectAlive("Once more");
  const tasks = await stop(join(TRACES, "hostile-markup.json"));
  expect(tasks.length).toBeGreaterThan(50);
  // What the clock says is in the trace: on a busy machine it says more about its neighbours.
  expect(tasks.filter(({ cpuMs }) => cpuMs > LONG_MS)).toEqual([]);
  await expectInert();
}, 400_000);
