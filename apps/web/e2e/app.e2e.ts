import { Buffer } from "node:buffer";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import {
  composer,
  inList,
  leaveSettings,
  letIn,
  openDetails,
  post,
  posted,
  settings,
  signUp,
  write,
} from "./test/people.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
const seen: Watch[] = [];

/** A picture of 2 x 2 pixels. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGM4YWMDRAwQCgAlPgUBdJmUYAAAAABJRU5ErkJggg==",
  "base64",
);

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  const profiles = await Promise.all([1, 2].map(() => profile(browser, server.url)));
  seen.push(...profiles.map((one) => one.seen));
  [ada, bob] = profiles.map((one) => one.page) as [Page, Page];
  for (const one of [ada, bob]) one.setDefaultTimeout(20_000);
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await write(ada, ["bob"]);
  await post(ada, "Are the tables here?");
  await letIn(bob);
  await post(bob, "All nine of them.");
  await posted(ada, "All nine of them.").waitFor();
}, 180_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

drawFailures(() => ({ "app-ada": ada, "app-bob": bob }));

afterEach(() => {
  for (const one of seen) expect(one).toEqual({ foreign: [], violations: [], errors: [] });
});

const palette = async (page: Page, typed: string): Promise<void> => {
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog", { name: "Command palette" }).waitFor();
  await page.keyboard.type(typed);
  await page.getByTestId("palette-item").first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Command palette" }).waitFor({ state: "detached" });
};

const theme = (page: Page) => page.evaluate(() => document.documentElement.dataset["theme"]);

test("the palette goes to people and does things, by a few letters", async () => {
  await ada.goto(`${server.url}/#/`);
  await inList(ada, "Bob").waitFor();
  await palette(ada, "bo");
  await ada.getByTestId("title").filter({ hasText: "Bob" }).waitFor();
  await palette(ada, ">dark");
  expect(await theme(ada)).toBe("dark");
  await palette(ada, ">light");
  expect(await theme(ada)).toBe("light");
  await palette(ada, ">privacy");
  await ada.getByRole("switch", { name: "Read receipts" }).waitFor();
  await leaveSettings(ada);
});

test("by keys alone: settings, the list of keys, panes, details, a folded list", async () => {
  await inList(ada, "Bob").click();
  await composer(ada).waitFor();
  await ada.keyboard.press("F6");
  await expect.poll(() => ada.evaluate(() => document.activeElement?.closest("nav.list") !== null)).toBe(true);
  await ada.keyboard.press("?");
  await ada.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("Go to or do anything").waitFor();
  await ada.keyboard.press("Escape");
  await ada.keyboard.press("Control+.");
  await ada.getByRole("complementary", { name: "Details" }).waitFor();
  await ada.keyboard.press("Control+.");
  await ada.getByRole("complementary", { name: "Details" }).waitFor({ state: "detached" });
  const width = () => ada.locator(".pane.list").evaluate((list) => list.getBoundingClientRect().width);
  const wide = await width();
  await ada.keyboard.press("Control+Shift+L");
  await expect.poll(width).toBeLessThan(100);
  await ada.keyboard.press("Control+Shift+L");
  await expect.poll(width).toBe(wide);
  await ada.keyboard.press("Control+,");
  await ada.getByRole("navigation", { name: "Settings" }).waitFor();
  await leaveSettings(ada);
});

const menu = async (page: Page, name: string, ...items: string[]): Promise<void> => {
  await inList(page, name).click({ button: "right" });
  for (const item of items) await page.getByRole("menuitem", { name: item, exact: true }).click();
};
const tab = (page: Page, name: string) => page.getByRole("group", { name: "Show" }).getByRole("button", { name });

test("favourites, the archive and folders hold what is put into them", async () => {
  await menu(ada, "Bob", "Add to favourites");
  await tab(ada, "Favourites").click();
  await inList(ada, "Bob").waitFor();
  await menu(ada, "Bob", "Folders", "New folder…");
  await ada.getByLabel("Name of the folder").fill("Work");
  await ada.getByRole("button", { name: "Make folder" }).click();
  await tab(ada, "Work").click();
  await inList(ada, "Bob").waitFor();
  await ada.getByRole("button", { name: "Actions for this folder" }).click();
  await ada.getByRole("menuitem", { name: "Rename folder" }).click();
  await ada.getByLabel("Name of the folder").fill("Tables");
  await ada.getByRole("button", { name: "Save" }).click();
  await tab(ada, "Tables").waitFor();
  await ada.getByRole("button", { name: "Actions for this folder" }).click();
  await ada.getByRole("menuitem", { name: "Delete folder" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await tab(ada, "Tables").waitFor({ state: "detached" });
  await tab(ada, "All").click();
  await menu(ada, "Bob", "Archive");
  await inList(ada, "Bob").waitFor({ state: "detached" });
  await tab(ada, "Archived").click();
  await menu(ada, "Bob", "Take out of the archive");
  await tab(ada, "All").click();
  await inList(ada, "Bob").waitFor();
});

test("a conversation is marked as unread and read, muted and told of mentions only", async () => {
  await ada.goto(`${server.url}/#/`);
  await menu(ada, "Bob", "Mark as unread");
  await inList(ada, "Bob").getByText("Marked as unread").waitFor({ state: "attached" });
  await tab(ada, "Unread").click();
  await inList(ada, "Bob").waitFor();
  await inList(ada, "Bob").focus();
  await ada.keyboard.press("u");
  await inList(ada, "Bob").waitFor({ state: "detached" });
  await tab(ada, "All").click();
  await menu(ada, "Bob", "Notifications");
  await ada.getByRole("menuitemradio", { name: "Mentions only" }).click();
  await inList(ada, "Bob").getByText("Mentions only").waitFor({ state: "attached" });
  await inList(ada, "Bob").focus();
  await ada.keyboard.press("m");
  await inList(ada, "Bob").getByText("Muted").waitFor({ state: "attached" });
  await ada.keyboard.press("m");
  await inList(ada, "Bob").getByText("Muted").waitFor({ state: "detached" });
});

test("name, picture and status reach the people one writes to, with the next message", async () => {
  await settings(ada, "Profile");
  await ada.getByLabel("Your name").fill("Ada, Countess of Lovelace");
  await ada.getByLabel("Status").fill("In the long gallery");
  await ada.getByLabel("Choose a picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: PICTURE });
  await ada.getByRole("img", { name: "The picture" }).waitFor();
  await ada.getByRole("button", { name: "Save" }).click();
  await ada.getByText("Your profile is saved.").waitFor();
  await leaveSettings(ada);
  await inList(ada, "Bob").click();
  await post(ada, "A new name, too.");
  await posted(bob, "A new name, too.").waitFor();
  await bob.getByTestId("title").filter({ hasText: "Ada, Countess of Lovelace" }).waitFor();
  await openDetails(bob);
  const details = bob.getByRole("complementary", { name: "Details" });
  await details.getByText("In the long gallery").first().waitFor();
  await details.locator("img.photo").first().waitFor();
  await bob.keyboard.press("Control+.");
});

test("typing and reading are told while both want it, and to neither once one has turned it off", async () => {
  // Telling what one reads is for those who want it.
  for (const page of [ada, bob]) {
    await settings(page, "Privacy");
    await page.getByRole("switch", { name: "Read receipts" }).click();
    await page.getByRole("switch", { name: "Read receipts", checked: true }).waitFor();
    await leaveSettings(page);
  }
  await inList(ada, "Bob").click();
  await inList(bob, "Ada").click();
  await composer(bob).pressSequentially("I am writ");
  await ada.getByText("is typing").waitFor();
  await composer(bob).fill("");
  await post(bob, "Have you read this?");
  await posted(ada, "Have you read this?").waitFor();
  await bob
    .getByTestId("post")
    .last()
    .getByText(/^Read by Ada/u)
    .waitFor({ state: "attached", timeout: 45_000 });
  await settings(ada, "Privacy");
  for (const name of ["Read receipts", "Typing"]) {
    await ada.getByRole("switch", { name }).click();
    await ada.getByRole("switch", { name, checked: false }).waitFor();
  }
  await leaveSettings(ada);
  await inList(ada, "Bob").click();
  await composer(bob).pressSequentially("And again");
  await ada.waitForTimeout(1_500);
  expect(await ada.getByText("is typing").count()).toBe(0);
  await composer(bob).fill("");
  await post(bob, "Nor this one?");
  await posted(ada, "Nor this one?").waitFor();
  await post(ada, "Nor mine?");
  await posted(bob, "Nor mine?").waitFor();
  // Longer than it took to be told, at the latest.
  await ada.waitForTimeout(22_000);
  for (const page of [ada, bob])
    expect(
      await page
        .getByTestId("log")
        .getByText(/^(Delivered|Read)\b/u)
        .count(),
    ).toBe(0);
}, 120_000);

test("density and layout are chosen, and the page says what this server holds and its version", async () => {
  await settings(ada, "Appearance and writing");
  await ada.getByRole("radio", { name: "Compact" }).click();
  await ada.getByRole("radio", { name: "Lines" }).click();
  const { density, layout } = await ada.evaluate(() => {
    const { dataset } = document.documentElement;
    return { density: dataset["density"], layout: dataset["layout"] };
  });
  expect([density, layout]).toEqual(["compact", "lines"]);
  await ada.getByRole("radio", { name: "Comfortable" }).click();
  await ada.getByRole("radio", { name: "Bubbles" }).click();
  await settings(ada, "Help and about");
  await ada
    .getByTestId("version")
    .getByText(/Version \d+\.\d+\.\d+/u)
    .waitFor();
  await ada.getByTestId("holdings").getByRole("row").nth(3).waitFor();
  await leaveSettings(ada);
});
