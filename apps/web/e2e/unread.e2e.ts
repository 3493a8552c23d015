import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Engine } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import type { Browser, Locator, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import { createFriend } from "./test/friend.ts";
import { inList, post, posted, signUp, write } from "./test/people.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

const POSTS = 90;
/** Those of the posts that mention Ada. */
const MENTIONS = [31, 50];

let server: TestServer;
let browser: Browser;
let ada: Page;
let ben: Engine;
let group: ConversationId;
let seen: Watch;

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  ({ page: ada, seen } = await profile(browser, server.url));
  ada.setDefaultTimeout(20_000);
  ben = await createFriend(server.url, "ben");
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  // Whom one has written to is no stranger: what they bring one into is in the list.
  await write(ada, ["ben"]);
  await post(ada, "Hello");
  group = await ben.createGroup({ name: "Reading circle", usernames: ["ada"] });
  await inList(ada, "Reading circle").waitFor();
}, 180_000);

afterAll(async () => {
  await ben.close();
  await browser.close();
  await server.end();
});

drawFailures(() => ({ "unread-ada": ada }));

afterEach(() => expect(seen).toEqual({ foreign: [], violations: [], errors: [] }));

const button = (name: string | RegExp) => ada.getByRole("button", { name });

const unreadIn = (row: Locator) => row.locator(".count", { hasText: new RegExp(`^${POSTS}\\b`, "u") });

/** Whether it lies within the log, and not above or below what is seen of it. */
async function isInView(page: number): Promise<boolean> {
  const log = await ada.getByTestId("log").boundingBox();
  const text = posted(ada, new RegExp(`^page ${page}\\b`, "u"));
  const box = (await text.count()) === 0 ? null : await text.boundingBox();
  return log !== null && box !== null && box.y >= log.y && box.y + box.height <= log.y + log.height;
}

test("a conversation opens at the first unread post; mentions are counted and gone to one after the other", async () => {
  const { account } = await ben.findPerson("ada");
  for (let n = 1; n <= POSTS; n++) {
    const text = MENTIONS.includes(n) ? `page ${n}, [@ada](sotto:account/${account})` : `page ${n}`;
    await ben.send({ conversation: group, text });
  }
  const row = inList(ada, "Reading circle");
  await unreadIn(row).waitFor();
  await row.getByText("you are mentioned").waitFor({ state: "attached" });

  await row.click();
  await ada.getByText(`${POSTS} new messages`).waitFor();
  await expect.poll(() => isInView(1)).toBe(true);
  expect(await button("First unread").count()).toBe(0);

  await button("2 mentions of you").click();
  await expect.poll(() => isInView(31)).toBe(true);
  // A word of its line, however it is marked.
  const name = await posted(ada, "page 31,").locator(".mention").boundingBox();
  expect(name?.height).toBeLessThan(30);
  await button("1 mention of you").click();
  await expect.poll(() => isInView(50)).toBe(true);
  await button(/mentions? of you/u).waitFor({ state: "detached" });
}, 60_000);

test("from further down one click leads to the first unread post, and the count goes once the end was seen", async () => {
  await button(/Jump to latest/u).click();
  await expect.poll(() => isInView(POSTS)).toBe(true);
  await unreadIn(inList(ada, "Reading circle")).waitFor({ state: "detached" });

  await button("First unread").click();
  await expect.poll(() => isInView(1)).toBe(true);
  await button("First unread").waitFor({ state: "detached" });
}, 60_000);

test("a message whose time is over is gone: from the page, from the list, and from this device", async () => {
  await ben.send({ conversation: group, text: "gone in a moment", expiresInSeconds: 6 });
  await button(/new$/u).click();
  await posted(ada, "gone in a moment").waitFor();
  await posted(ada, "gone in a moment").waitFor({ state: "detached" });
  await expect.poll(() => inList(ada, "Reading circle").textContent()).not.toContain("gone in a moment");
  await ada.reload();
  await inList(ada, "Reading circle").click();
  await posted(ada, `page ${POSTS}`).waitFor();
  expect(await posted(ada, "gone in a moment").count()).toBe(0);
}, 60_000);
