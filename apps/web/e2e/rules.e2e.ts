import { Buffer } from "node:buffer";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import { composer, inList, letIn, openDetails, post, posted, signUp, write } from "./test/people.ts";
import { choose, openMenu, postOf } from "./test/posts.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

/** A picture of 2 x 2 pixels. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGM4YWMDRAwQCgAlPgUBdJmUYAAAAABJRU5ErkJggg==",
  "base64",
);

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
let cleo: Page;
let eve: Page;
const seen: Watch[] = [];

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  const profiles = await Promise.all([1, 2, 3].map(() => profile(browser, server.url)));
  seen.push(...profiles.map((one) => one.seen));
  [ada, bob, cleo] = profiles.map((one) => one.page) as [Page, Page, Page];
  for (const one of [ada, bob, cleo]) one.setDefaultTimeout(20_000);
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await signUp(cleo, server.url, "cleo", "Cleo");
  await write(ada, ["bob", "cleo"], "Difference Engine");
  await post(ada, "For three.");
  for (const page of [bob, cleo]) {
    await letIn(page);
    await posted(page, "For three.").waitFor();
  }
  // What one is called is told with the first message.
  await post(bob, "Bob is here.");
  await post(cleo, "Cleo, too.");
  for (const page of [ada, bob, cleo])
    for (const text of ["Bob is here.", "Cleo, too."]) await posted(page, text).waitFor();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

drawFailures(() => ({ "rules-ada": ada, "rules-bob": bob, "rules-cleo": cleo }));

afterEach(() => {
  for (const one of seen) expect(one).toEqual({ foreign: [], violations: [], errors: [] });
});

const line = (page: Page, text: string | RegExp) => page.getByTestId("system-line").filter({ hasText: text });
const details = async (page: Page) => {
  const pane = page.getByRole("complementary", { name: "Details" });
  if (!(await pane.isVisible())) await openDetails(page);
  return pane;
};
const rule = async (page: Page, title: string, value: string): Promise<void> => {
  const pane = await details(page);
  await pane.getByTestId("rules").getByRole("button", { name: title }).click();
  await page.getByRole("menuitemradio", { name: value, exact: true }).click();
};
const member = async (page: Page, name: string, ...items: string[]): Promise<void> => {
  const pane = await details(page);
  await pane.getByRole("button", { name: `Actions for ${name}` }).click();
  for (const item of items) await page.getByRole("menuitem", { name: item, exact: true }).click();
};

test("name, topic and picture are changed for everybody, and said", async () => {
  const pane = await details(ada);
  await pane.getByRole("button", { name: "Change name, topic, picture" }).click();
  await ada.getByLabel("Name", { exact: true }).fill("Analytical Engine");
  await ada.getByLabel("Topic").fill("Cards, and what to punch into them");
  await ada
    .getByLabel("Choose a picture")
    .setInputFiles({ name: "engine.png", mimeType: "image/png", buffer: PICTURE });
  await ada.getByRole("img", { name: "The picture" }).waitFor();
  await ada.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  for (const page of [bob, cleo]) {
    await page.getByTestId("title").filter({ hasText: "Analytical Engine" }).waitFor();
    await line(page, "Ada named this group Analytical Engine").waitFor();
    await line(page, "Ada changed the topic").waitFor();
    await line(page, "Ada changed the picture").waitFor();
  }
  await (await details(bob)).getByTestId("topic").filter({ hasText: "Cards" }).waitFor();
  await (await details(bob)).locator("img.photo").first().waitFor();
});

test("where only admins write, others can't, until they are made admins, nor any more once they aren't", async () => {
  await rule(ada, "Who can write", "Admins");
  await bob.getByTestId("may-not-post").waitFor();
  await line(bob, "Ada changed who can write: admins only").waitFor();
  await member(ada, "Bob", "Make admin");
  await line(cleo, "Ada made Bob an admin").waitFor();
  await composer(bob).waitFor();
  await post(bob, "As an admin.");
  await posted(cleo, "As an admin.").waitFor();
  expect(await cleo.getByTestId("may-not-post").count()).toBe(1);
  await member(ada, "Bob", "Make member");
  await line(cleo, "Ada made Bob a member").waitFor();
  await bob.getByTestId("may-not-post").waitFor();
  expect(await composer(bob).count()).toBe(0);
  await rule(ada, "Who can write", "Everyone");
  await composer(cleo).waitFor();
});

test("who may add people and who may pin is set, and what one may not do isn't offered", async () => {
  const add = (await details(bob)).getByRole("button", { name: "Add people" });
  expect(await add.count()).toBe(0);
  await rule(ada, "Who can add people", "Everyone");
  await line(bob, "Ada changed who can add people: everybody here").waitFor();
  await add.waitFor();
  await rule(ada, "Who can add people", "Admins");
  await line(bob, "Ada changed who can add people: admins only").waitFor();
  await add.waitFor({ state: "detached" });
  await rule(ada, "Who can pin", "Admins");
  await line(bob, "Ada changed who can pin messages: admins only").waitFor();
  await openMenu(postOf(bob, "For three."));
  await bob.getByRole("menuitem", { name: "Reply", exact: true }).waitFor();
  expect(await bob.getByRole("menuitem", { name: "Pin for everyone here", exact: true }).count()).toBe(0);
  await bob.keyboard.press("Escape");
  await rule(ada, "Who can pin", "Everyone");
  await line(bob, "Ada changed who can pin messages: everybody here").waitFor();
  await choose(bob, postOf(bob, "For three."), "Pin for everyone here");
  await ada.getByTestId("pins").getByText("For three.").waitFor();
});

test("messages disappear after the time that was set, and everyone sees that it was", async () => {
  await rule(ada, "Disappearing messages", "1 week");
  await line(bob, /1 week/u).waitFor();
  await post(ada, "Not for ever.");
  await bob.getByTestId("post").filter({ hasText: "Not for ever." }).getByTestId("expiry").waitFor();
  await rule(ada, "Disappearing messages", "Off");
  await line(bob, "Ada turned disappearing messages off").waitFor();
});

test("an owner hands over; a banned person is out and stays out until the ban is lifted", async () => {
  await member(ada, "Bob", "Make owner");
  await line(cleo, "Ada made Bob an owner").waitFor();
  await (await details(ada)).getByRole("button", { name: "Actions for Ada Lovelace" }).click();
  await ada.getByRole("menuitem", { name: "Make admin", exact: true }).click();
  await line(cleo, /Ada made Ada\b.* an admin/u).waitFor();
  await member(bob, "Cleo", "Ban");
  await bob.getByRole("alertdialog").getByRole("button", { name: "Ban" }).click();
  await line(cleo, /removed|banned/u)
    .first()
    .waitFor();
  expect(await composer(cleo).count()).toBe(0);
  await (await details(bob)).getByTestId("banned").getByText("Cleo").waitFor();
  await (await details(bob)).getByRole("button", { name: "Lift the ban of Cleo" }).click();
  await (await details(bob)).getByTestId("banned").waitFor({ state: "detached" });
});

const newLink = async (page: Page, isAsked: boolean): Promise<string> => {
  await (await details(page)).getByRole("button", { name: "New link" }).click();
  if (!isAsked) await page.getByLabel(/Ask about each person/u).uncheck();
  await page.getByRole("button", { name: "Make link" }).click();
  const link = await page.getByTestId("invite-link").innerText();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  return link;
};

test("by a link with approval one asks, is let in, and reads what comes", async () => {
  const link = await newLink(ada, true);
  expect(link).toMatch(/\/#join\/[\w-]{22}\/[\w-]{43}$/u);
  await cleo.goto(link);
  await cleo.getByTestId("join").getByText("Analytical Engine").waitFor();
  await cleo.getByRole("button", { name: "Ask to come in" }).click();
  await cleo.getByText("You have asked.").waitFor();
  await (await details(ada)).getByTestId("join-requests").getByText("Cleo").waitFor();
  await (await details(ada)).getByRole("button", { name: "Let Cleo in" }).click();
  await cleo.getByTestId("title").filter({ hasText: "Analytical Engine" }).waitFor({ timeout: 40_000 });
  await post(bob, "Welcome back.");
  await posted(cleo, "Welcome back.").waitFor();
}, 120_000);

test("a link without approval lets in by itself; once ended it lets nobody in", async () => {
  const { page: dora, seen: watched } = await profile(browser, server.url);
  seen.push(watched);
  dora.setDefaultTimeout(20_000);
  await signUp(dora, server.url, "dora", "Dora");
  const link = await newLink(ada, false);
  await dora.goto(link);
  await dora.getByRole("button", { name: "Join", exact: true }).click();
  await dora.getByTestId("title").filter({ hasText: "Analytical Engine" }).waitFor({ timeout: 60_000 });
  await post(dora, "By the link.");
  await posted(bob, "By the link.").waitFor();
  const pane = await details(ada);
  for (let left = await pane.getByRole("button", { name: "End this link" }).count(); left > 0; left--) {
    await pane.getByRole("button", { name: "End this link" }).first().click();
    await expect.poll(() => pane.getByRole("button", { name: "End this link" }).count()).toBe(left - 1);
  }
  const { page, seen: other } = await profile(browser, server.url);
  eve = page;
  seen.push(other);
  eve.setDefaultTimeout(20_000);
  await signUp(eve, server.url, "eve", "Eve");
  await eve.goto(link);
  await eve.getByTestId("join").getByRole("alert").waitFor();
  expect(await eve.getByRole("button", { name: "Join", exact: true }).count()).toBe(0);
}, 120_000);

test("a stranger's first words show only a handle; deleted they are gone, blocked nothing more comes, and neither is told", async () => {
  for (const [page, username] of [
    [ada, "ada"],
    [bob, "bob"],
  ] as const) {
    await write(eve, [username]);
    await post(eve, "Open this quickly");
    await page.getByTestId("requests").click();
    const asking = inList(page, "Wants to talk");
    await asking.waitFor();
    expect(await asking.innerText()).toContain("@eve");
    expect(await asking.innerText()).not.toContain("Open this quickly");
    await asking.click();
    const verb = page === ada ? "Block" : "Delete";
    await page.getByTestId("request-bar").getByRole("button", { name: verb }).click();
    await inList(page, "@eve").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "All", exact: true }).click();
    await inList(page, "Analytical Engine").waitFor();
    expect(await page.getByTestId("requests").count()).toBe(0);
  }
  for (const title of ["@ada", "@bob"]) {
    await inList(eve, title).click();
    await post(eve, "And another");
    await eve.getByTestId("post-state").filter({ hasText: "Sent" }).last().waitFor();
  }
  // Deleted isn't blocked: who goes on asks again.
  await bob.getByTestId("requests").waitFor();
  expect(await ada.getByTestId("requests").count()).toBe(0);
  expect(await eve.getByText(/^(Delivered|Read)/u).count()).toBe(0);
}, 120_000);
