import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import { composer, inList, letIn, openDetails, post, posted, signUp, write } from "./test/people.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
let cleo: Page;
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

test("name and topic are changed for everybody, and said", async () => {
  const pane = await details(ada);
  await pane.getByRole("button", { name: "Change name, topic, picture" }).click();
  await ada.getByLabel("Name", { exact: true }).fill("Analytical Engine");
  await ada.getByLabel("Topic").fill("Cards, and what to punch into them");
  await ada.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  for (const page of [bob, cleo]) {
    await page.getByTestId("title").filter({ hasText: "Analytical Engine" }).waitFor();
    await line(page, "Analytical Engine").waitFor();
  }
  await (await details(bob)).getByTestId("topic").filter({ hasText: "Cards" }).waitFor();
});

test("where only admins write, others can't, until they are made admins", async () => {
  await rule(ada, "Who can write", "Admins");
  await bob.getByTestId("may-not-post").waitFor();
  await line(bob, /Ada.*write/u).waitFor();
  await member(ada, "Bob", "Make admin");
  await composer(bob).waitFor();
  await post(bob, "As an admin.");
  await posted(cleo, "As an admin.").waitFor();
  expect(await cleo.getByTestId("may-not-post").count()).toBe(1);
  await rule(ada, "Who can write", "Everyone");
  await composer(cleo).waitFor();
});

test("messages disappear after the time that was set, and everyone sees that it was", async () => {
  await rule(ada, "Disappearing messages", "1 week");
  await line(bob, /1 week/u).waitFor();
  await post(ada, "Not for ever.");
  await bob.getByTestId("post").filter({ hasText: "Not for ever." }).getByTestId("expiry").waitFor();
  await rule(ada, "Disappearing messages", "Off");
  await line(bob, /no longer disappear|stay/u).waitFor();
});

test("an owner hands over; a banned person is out and stays out until the ban is lifted", async () => {
  await member(ada, "Bob", "Make owner");
  await line(cleo, /owner/u).waitFor();
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
  const { page: eve, seen: other } = await profile(browser, server.url);
  seen.push(other);
  eve.setDefaultTimeout(20_000);
  await signUp(eve, server.url, "eve", "Eve");
  await eve.goto(link);
  await eve.getByTestId("join").getByRole("alert").waitFor();
  expect(await eve.getByRole("button", { name: "Join", exact: true }).count()).toBe(0);

  // A stranger's first words: nothing of them but the handle is shown, and nothing goes back.
  await write(eve, ["ada"]);
  await post(eve, "Open this quickly");
  await ada.getByTestId("requests").click();
  const asking = inList(ada, "Wants to talk");
  await asking.waitFor();
  expect(await asking.innerText()).toContain("@eve");
  expect(await asking.innerText()).not.toContain("Open this quickly");
  await asking.click();
  await ada.getByTestId("request-bar").getByRole("button", { name: "Block" }).click();
  await ada.getByTestId("requests").waitFor({ state: "detached" });
  await post(eve, "And another");
  await eve.getByTestId("post-state").filter({ hasText: "Sent" }).last().waitFor();
  await ada.waitForTimeout(1_500);
  expect(await ada.getByTestId("requests").count()).toBe(0);
  expect(await eve.getByText(/^(Delivered|Read)/u).count()).toBe(0);
}, 180_000);
