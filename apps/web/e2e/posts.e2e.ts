import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import {
  composer,
  enterRoom,
  inList,
  leaveSettings,
  letIn,
  post,
  posted,
  settings,
  signUp,
  write,
} from "./test/people.ts";
import { choose, openMenu, openNamed, postOf } from "./test/posts.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
const seen: Watch[] = [];

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  const profiles = await Promise.all([1, 2].map(() => profile(browser, server.url)));
  seen.push(...profiles.map((one) => one.seen));
  [ada, bob] = profiles.map((one) => one.page) as [Page, Page];
  for (const one of [ada, bob]) one.setDefaultTimeout(20_000);
  for (const { context } of profiles) await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await write(ada, ["bob"]);
  await post(ada, "The first programme is sealed.");
  await letIn(bob);
  await post(bob, "And opened here.");
  await posted(ada, "And opened here.").waitFor();
}, 180_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

drawFailures(() => ({ "posts-ada": ada, "posts-bob": bob }));

afterEach(() => {
  for (const one of seen) expect(one).toEqual({ foreign: [], violations: [], errors: [] });
});

const fresh = (page: Page, text: string) => page.getByTestId("post").filter({ hasText: text });

test("a reply quotes the stored post and jumps to it; once that is deleted the quote says so", async () => {
  await choose(ada, postOf(ada, "And opened here."), "Reply");
  await post(ada, "So it is.");
  const quote = fresh(bob, "So it is.").getByTestId("quote");
  await quote.getByText("And opened here.").waitFor();
  await quote.getByRole("button").click();
  await bob.locator("article:focus").filter({ hasText: "And opened here." }).waitFor();
  await post(bob, "This one won't last.");
  await choose(ada, postOf(ada, "This one won't last."), "Reply");
  await post(ada, "Answered in time.");
  await fresh(bob, "Answered in time.").getByText("This one won't last.").waitFor();
  await choose(bob, postOf(bob, "This one won't last."), "Delete");
  await bob.getByRole("button", { name: "Delete for everyone" }).click();
  await fresh(ada, "Answered in time.").getByText("A deleted message").waitFor();
  await ada.getByTestId("tombstone").getByText("Bob deleted this message").waitFor();
  await bob.getByTestId("tombstone").getByText("You deleted this message").waitFor();
});

test("reactions: by the bar, by a pill, by any emoji; counted, named, taken back", async () => {
  const theirs = postOf(bob, "The first programme is sealed.");
  await theirs.hover();
  await theirs.getByRole("button", { name: "React", exact: true }).click();
  await bob.getByRole("button", { name: "React with 👏" }).click();
  const own = postOf(ada, "The first programme is sealed.").getByTestId("reactions");
  const clap = own.getByRole("button", { name: /^👏 1: Bob/u });
  await clap.click();
  await own.getByRole("button", { name: /^👏 2: You and Bob/u }).waitFor();
  await theirs.getByRole("button", { name: /^👏 2:/u }).waitFor();
  await own.getByRole("button", { name: /^👏/u }).click({ button: "right" });
  await ada.getByText("Who reacted").waitFor();
  await ada.keyboard.press("Escape");
  // Another one, from all there are; it has one vote, so it stands behind.
  await theirs.hover();
  await theirs.getByRole("button", { name: "React", exact: true }).click();
  await bob.getByRole("button", { name: "More emoji" }).click();
  await bob.getByPlaceholder("Search emoji").fill("butterfly");
  await bob.getByRole("gridcell").first().click();
  await expect
    .poll(() => own.getByRole("button").allInnerTexts())
    .toEqual(["👏\n2", "🦋\n1", ""].map((text) => expect.stringContaining(text.split("\n")[0] ?? "")));
  await theirs.getByRole("button", { name: /^👏/u }).click();
  await own.getByRole("button", { name: /^👏 1: You/u }).waitFor();
});

test("arrow up edits the last own post; everybody sees that and what it said before", async () => {
  await post(ada, "It ships at half past two.");
  await postOf(ada, "It ships at half past two.").waitFor();
  await ada
    .getByTestId("post-state")
    .filter({ hasText: /Sent|Delivered|Read/u })
    .last()
    .waitFor();
  await composer(ada).press("ArrowUp");
  await expect.poll(() => composer(ada).inputValue()).toBe("It ships at half past two.");
  await composer(ada).fill("It ships at three.");
  await composer(ada).press("Enter");
  const edited = postOf(bob, "It ships at three.");
  await edited.getByRole("button", { name: "Edited" }).click();
  const versions = bob.getByTestId("versions").getByRole("listitem");
  await expect.poll(() => versions.count()).toBe(2);
  expect(await versions.last().innerText()).toContain("It ships at half past two.");
  await bob.keyboard.press("Escape");
  expect(await composer(ada).inputValue()).toBe("");
});

test("for oneself only: it is gone here and stays there, and the focus goes to the next one", async () => {
  await choose(bob, postOf(bob, "It ships at three."), "Delete");
  expect(await bob.getByRole("button", { name: "Delete for everyone" }).count()).toBe(0);
  await bob.getByRole("button", { name: "Delete for me" }).click();
  await expect.poll(() => posted(bob, "It ships at three.").count()).toBe(0);
  expect(await posted(ada, "It ships at three.").count()).toBe(1);
});

test("a thread stands in a pane of its own, and its post counts what is in it", async () => {
  await choose(ada, postOf(ada, "And opened here."), "Reply in thread");
  const pane = ada.getByTestId("thread");
  await pane.getByText("And opened here.").waitFor();
  await pane.getByRole("textbox").fill("Only for the thread.");
  await pane.getByRole("textbox").press("Enter");
  await pane.getByTestId("post-text").filter({ hasText: "Only for the thread." }).waitFor();
  const chip = postOf(bob, "And opened here.").getByTestId("thread-chip");
  await chip.getByText("1 reply").waitFor();
  expect(await bob.getByTestId("log").getByText("Only for the thread.").count()).toBe(0);
  await chip.click();
  await bob.getByTestId("thread").getByRole("textbox").fill("And back.");
  await bob.getByTestId("thread").getByRole("textbox").press("Enter");
  await pane.getByText("And back.").waitFor();
  await postOf(ada, "And opened here.").getByTestId("thread-chip").getByText("2 replies").waitFor();
  // It is a place of its own: a reload comes back to it.
  await ada.reload();
  await ada.getByTestId("thread").getByText("And back.").waitFor();
  await ada.getByRole("button", { name: "Close thread" }).click();
  await bob.getByRole("button", { name: "Close thread" }).click();
});

test("pinned for everybody, saved for oneself", async () => {
  await choose(ada, postOf(ada, "So it is."), "Pin for everyone here");
  await bob.getByTestId("pins").getByText("So it is.").waitFor();
  await choose(bob, postOf(bob, "And opened here."), "Pin for everyone here");
  await ada.getByTestId("pins").getByText("1 of 2").waitFor();
  await ada.getByTestId("pins").getByText("And opened here.").click();
  await ada.locator("article:focus").waitFor();
  await ada.getByTestId("pins").getByText("2 of 2").waitFor();
  await ada.getByRole("button", { name: "Show all pinned messages" }).click();
  await ada.getByRole("button", { name: "Unpin for everyone here" }).first().click();
  await ada.keyboard.press("Escape");
  await expect.poll(() => bob.getByTestId("pins").getByText("of 2").count()).toBe(0);
  await choose(bob, postOf(bob, "The first programme is sealed."), "Save for yourself");
  await postOf(bob, "The first programme is sealed.").getByText("Saved", { exact: true }).waitFor();
  expect(await ada.getByText("Saved", { exact: true }).count()).toBe(0);
});

test("a poll: several people choose, see who chose what, and its author closes it", async () => {
  const room = "hut-8";
  await enterRoom(ada, room);
  await enterRoom(bob, room);
  await post(bob, "Tea is at four.");
  await posted(ada, "Tea is at four.").waitFor();
  await ada.getByRole("button", { name: "More to send" }).click();
  await ada.getByRole("menuitem", { name: "Poll" }).click();
  const dialog = ada.getByRole("dialog");
  await dialog.getByLabel("Question").fill("Which evening suits you?");
  await dialog.getByLabel("Answer 1", { exact: true }).fill("Thursday");
  await dialog.getByLabel("Answer 2", { exact: true }).fill("Friday");
  await dialog.getByRole("button", { name: "Send poll" }).click();
  const theirs = bob.getByTestId("poll");
  await theirs.getByRole("button", { name: "Friday 0 votes" }).click();
  const own = ada.getByTestId("poll");
  await own.getByRole("button", { name: "Friday 1 vote" }).waitFor();
  await own.getByRole("button", { name: "Thursday 0 votes" }).click();
  await theirs.getByRole("button", { name: "Thursday 1 vote" }).waitFor();
  await theirs.getByRole("button", { name: "Show who voted" }).click();
  await theirs.getByText("Ada", { exact: true }).waitFor();
  await own.getByRole("button", { name: "Close poll" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Close poll" }).click();
  await theirs.getByText("Closed").waitFor();
  expect(await theirs.getByRole("button", { name: "Close poll" }).count()).toBe(0);
});

test("[T13] who runs a room deletes others' posts, and everybody reads who did", async () => {
  await choose(ada, postOf(ada, "Tea is at four."), "Delete");
  await ada.getByRole("button", { name: "Delete for everyone" }).click();
  await bob.getByTestId("tombstone").getByText("Ada deleted your message").waitFor();
  await ada.getByTestId("tombstone").getByText("You deleted a message by Bob").waitFor();
  await post(ada, "Rules of the hut.");
  await openMenu(postOf(bob, "Rules of the hut."));
  expect(await bob.getByRole("menuitem", { name: "Edit" }).count()).toBe(0);
  await bob.getByRole("menuitem", { name: "Delete" }).click();
  expect(await bob.getByRole("button", { name: "Delete for everyone" }).count()).toBe(0);
  await bob.getByRole("button", { name: "Cancel" }).click();
});

test("several posts are selected, copied, and forwarded with a word of who will read them", async () => {
  await openNamed(bob, "Ada Lovelace");
  await postOf(bob, "So it is.").waitFor();
  await choose(bob, postOf(bob, "The first programme is sealed."), "Select");
  await postOf(bob, "And opened here.").click();
  const bar = bob.getByTestId("select-bar");
  await bar.getByText("2 messages selected").waitFor();
  await bar.getByRole("button", { name: "Forward" }).click();
  await bob.getByTestId("forward-target").filter({ hasText: "#hut-8" }).click();
  await bob.getByRole("dialog").getByText("Ada will be able to read it.").waitFor();
  await bob.getByRole("button", { name: "Forward to 1 conversation" }).click();
  await expect.poll(() => bar.count()).toBe(0);
  const forwarded = postOf(ada, "The first programme is sealed.");
  await forwarded.getByText("Forwarded").waitFor();
  await choose(bob, postOf(bob, "The first programme is sealed."), "Copy text");
  await expect.poll(() => bob.evaluate(() => navigator.clipboard.readText())).toBe("The first programme is sealed.");
});

test("unread from here: the line stands there again, and the list counts from it", async () => {
  await openNamed(ada, "Bob");
  await post(ada, "One more thing.");
  await posted(bob, "One more thing.").waitFor();
  await choose(bob, postOf(bob, "So it is."), "Mark unread from here");
  await bob.getByTestId("unread-divider").waitFor();
  await openNamed(bob, "#hut-8");
  await inList(bob, "Ada Lovelace").and(bob.locator(".unread")).waitFor();
});

test("typing is told at once; delivered and read to those who tell it themselves, and to nobody before", async () => {
  await openNamed(bob, "Ada Lovelace");
  await composer(bob).pressSequentially("I am wri");
  await ada.getByTestId("typing").getByText("Bob is typing").waitFor();
  await composer(bob).fill("");
  await ada.getByTestId("typing").waitFor({ state: "detached" });
  expect(await ada.locator("[data-reached=read]").count()).toBe(0);
  for (const [page, other] of [
    [ada, "Bob"],
    [bob, "Ada Lovelace"],
  ] as const) {
    await settings(page, "Privacy");
    await page.getByRole("switch", { name: "Read receipts" }).click();
    await leaveSettings(page);
    await openNamed(page, other);
  }
  await post(ada, "Have you read this?");
  await posted(bob, "Have you read this?").waitFor();
  const state = postOf(ada, "Have you read this?").getByTestId("post-state");
  await state.and(ada.locator("[data-reached=read]")).waitFor({ timeout: 45_000 });
  expect(await state.innerText()).toContain("Read by Bob");
});

test("by keyboard alone: from the composer to a post, react, reply, menu, delete, and back", async () => {
  await composer(ada).focus();
  await post(ada, "Reached without a mouse.");
  const own = postOf(ada, "Reached without a mouse.");
  await own
    .getByTestId("post-state")
    .getByText(/^(?:Sent|Delivered|Read)/u)
    .first()
    .waitFor();
  await ada.keyboard.press("Shift+Tab");
  await ada.getByTestId("log").focus();
  await ada.keyboard.press("ArrowUp");
  await expect.poll(() => own.evaluate((element) => element === document.activeElement)).toBe(true);
  await ada.keyboard.press("e");
  await ada
    .getByRole("button", { name: /^React with/u })
    .first()
    .waitFor();
  await ada.keyboard.press("ArrowRight");
  await ada.keyboard.press("Enter");
  await own.getByTestId("reactions").waitFor();
  await own.focus();
  await ada.keyboard.press("r");
  await expect.poll(() => ada.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
  await ada.keyboard.press("Escape");
  await own.focus();
  await ada.keyboard.press("Shift+F10");
  await ada.getByRole("menu").waitFor();
  await ada.keyboard.press("Escape");
  await own.focus();
  await ada.keyboard.press("Escape");
  await expect.poll(() => ada.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
  await own.focus();
  await ada.keyboard.press("Delete");
  await ada.getByRole("button", { name: "Delete for everyone" }).focus();
  await ada.keyboard.press("Enter");
  await bob.getByTestId("tombstone").getByText("Ada deleted this message").waitFor();
});
