import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import { composer, enterRoom, inList, letIn, post, posted, signInAt, signUp, write } from "./test/people.ts";
import { choose, openNamed, postOf } from "./test/posts.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
/** Another browser of Ada's. */
let second: Page;
const seen: Watch[] = [];

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  const profiles = await Promise.all([1, 2, 3].map(() => profile(browser, server.url)));
  seen.push(...profiles.map((one) => one.seen));
  [ada, bob, second] = profiles.map((one) => one.page) as [Page, Page, Page];
  for (const one of [ada, bob, second]) one.setDefaultTimeout(20_000);
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await write(ada, ["bob"]);
  await post(ada, "The plan for Thursday.");
  await letIn(bob);
  await post(bob, "I have read it.");
  await posted(ada, "I have read it.").waitFor();
  await signInAt(second, server.url, "ada");
  await inList(second, "Bob").waitFor({ timeout: 60_000 });
}, 180_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

drawFailures(() => ({ "threads-ada": ada, "threads-bob": bob, "threads-second": second }));

afterEach(() => {
  for (const one of seen) expect(one).toEqual({ foreign: [], violations: [], errors: [] });
});

const thread = (page: Page) => page.getByTestId("thread");
const offer = (page: Page) => page.getByTestId("jump-threads");
const unreadIn = (page: Page, name: string) => inList(page, name).and(page.locator(".unread"));

async function writeInThread(page: Page, text: string): Promise<void> {
  await thread(page).getByRole("textbox").fill(text);
  await thread(page).getByRole("textbox").press("Enter");
  await thread(page).getByTestId("post-text").filter({ hasText: text }).waitFor();
}

test("a reply to one's own post is counted, offered, shown on its post and read in its thread; also on the person's other devices", async () => {
  await choose(bob, postOf(bob, "The plan for Thursday."), "Reply in thread");
  await writeInThread(bob, "Column 7 is missing.");
  await writeInThread(bob, "And column 8.");
  await offer(ada).getByText("2 new in threads").waitFor();
  await postOf(ada, "The plan for Thursday.").getByTestId("thread-chip").getByText("2 new").waitFor();
  await unreadIn(ada, "Bob").waitFor();
  await unreadIn(second, "Bob").waitFor();
  // What comes in the conversation itself is read there, and takes nothing with it.
  await post(bob, "Back to the plan.");
  await posted(ada, "Back to the plan.").waitFor();
  await expect.poll(() => inList(ada, "Bob").locator(".count").innerText()).toMatch(/^2\b/u);
  await offer(ada).getByText("2 new in threads").waitFor();
  // It is in nobody's way, though one is at the end.
  const newest = postOf(ada, "Back to the plan.");
  await expect
    .poll(async () => {
      const [post, button] = [await newest.boundingBox(), await offer(ada).boundingBox()];
      return (button?.y ?? 0) - (post?.y ?? 0) - (post?.height ?? 0);
    })
    .toBeGreaterThanOrEqual(0);
  await offer(ada).click();
  await thread(ada).getByTestId("unread-divider").getByText("2 new messages").waitFor();
  await thread(ada).getByText("And column 8.").waitFor();
  await unreadIn(ada, "Bob").waitFor({ state: "detached" });
  await offer(ada).waitFor({ state: "detached" });
  expect(await postOf(ada, "The plan for Thursday.").getByTestId("thread-chip").getByText("new").count()).toBe(0);
  await unreadIn(second, "Bob").waitFor({ state: "detached" });
  await ada.reload();
  await thread(ada).getByText("And column 8.").waitFor();
  expect(await unreadIn(ada, "Bob").count()).toBe(0);
  expect(await thread(ada).getByTestId("unread-divider").count()).toBe(0);
  // While the thread is open and its end is seen, what comes there is read at once.
  await writeInThread(bob, "Found it.");
  await thread(ada).getByText("Found it.").waitFor();
  await unreadIn(ada, "Bob").waitFor({ state: "detached" });
});

test("a mention in a thread whose post isn't here leads there, and it is said that the post is missing", async () => {
  await post(bob, "Only for a while.");
  await posted(ada, "Only for a while.").waitFor();
  await choose(ada, postOf(ada, "Only for a while."), "Delete");
  await ada.getByRole("button", { name: "Delete for me" }).click();
  await expect.poll(() => posted(ada, "Only for a while.").count()).toBe(0);
  await ada.getByRole("button", { name: "Close thread" }).click();
  await choose(bob, postOf(bob, "Only for a while."), "Reply in thread");
  await thread(bob).getByText("Only for a while.").waitFor();
  const field = thread(bob).getByRole("textbox");
  await field.pressSequentially("@ada");
  await bob.getByRole("option").first().click();
  await field.pressSequentially("look at this");
  await field.press("Enter");
  await thread(bob).getByTestId("post-text").filter({ hasText: "look at this" }).waitFor();
  await post(bob, "Something else.");
  await posted(ada, "Something else.").waitFor();
  await offer(ada).getByText("1 new in a thread").click();
  await thread(ada).getByText("look at this").waitFor();
  await thread(ada).getByText("The message this thread is on isn’t on this device.").waitFor();
  await unreadIn(ada, "Bob").waitFor({ state: "detached" });
  await ada.getByRole("button", { name: "Close thread" }).click();
  await offer(ada).waitFor({ state: "detached" });
});

test("what is marked as read in the list is read with its threads", async () => {
  await enterRoom(ada, "hut-8");
  await composer(ada).waitFor();
  await writeInThread(bob, "Are you there, Ada?");
  await choose(bob, postOf(bob, "The plan for Thursday."), "Reply in thread");
  await writeInThread(bob, "One more line.");
  await unreadIn(ada, "Bob").waitFor();
  await inList(ada, "Bob").focus();
  await ada.keyboard.press("u");
  await unreadIn(ada, "Bob").waitFor({ state: "detached" });
  await openNamed(ada, "Bob");
  await postOf(ada, "The plan for Thursday.").getByTestId("thread-chip").waitFor();
  expect(await offer(ada).count()).toBe(0);
});
