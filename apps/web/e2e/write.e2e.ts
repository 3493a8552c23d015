import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { composer, inList, letIn, post, posted, signUp, write } from "./test/people.ts";
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
  const profiles = await Promise.all([profile(browser, server.url), profile(browser, server.url)]);
  seen.push(...profiles.map((one) => one.seen));
  [ada, bob] = profiles.map((one) => one.page) as [Page, Page];
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  const third = await profile(browser, server.url);
  await signUp(third.page, server.url, "grace", "Grace Hopper");
  await third.context.close();
  await write(ada, ["bob", "grace"], "Engine");
  await post(ada, "Hello");
  await letIn(bob);
  await posted(bob, "Hello").waitFor();
  // What somebody is called is known once they have written.
  await post(bob, "Hi");
  await posted(ada, "Hi").waitFor();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

/** Types as a person does, key by key. */
const type = (page: Page, text: string) => composer(page).pressSequentially(text);
const value = (page: Page) => composer(page).inputValue();
async function pasteInto(page: Page, data: Record<string, string>): Promise<void> {
  await composer(page).evaluate((area, kinds) => {
    const transfer = new DataTransfer();
    for (const [kind, text] of Object.entries(kinds)) transfer.setData(kind, text);
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
  }, data);
}

test("the format bar comes with a selection, marks it, and is undone like typing", async () => {
  await type(ada, "a plan");
  await composer(ada).press("Shift+Control+ArrowLeft");
  const bar = ada.getByTestId("format-bar");
  await bar.waitFor();
  await bar.getByRole("button", { name: "Bold" }).click();
  expect(await value(ada)).toBe("a **plan**");
  await composer(ada).press("Control+z");
  expect(await value(ada)).toBe("a plan");
  await composer(ada).press("Control+b");
  expect(await value(ada)).toBe("a **plan**");
  await composer(ada).press("Control+b");
  expect(await value(ada)).toBe("a plan");
  await composer(ada).press("Control+Shift+x");
  expect(await value(ada)).toBe("a ~~plan~~");
  await composer(ada).press("Enter");
  await posted(bob, "a plan").locator("s").waitFor();
}, 60_000);

test("what is marked up is read as nodes on the other side: lists, boxes, tables, code in colours, hidden text", async () => {
  await composer(ada).fill(
    "- [x] one\n- [ ] two\n\n| h | i |\n|-|-|\n| 1 | 2 |\n\n```ts\nconst a = 1;\n```\n\nthe butler: ||it was him||",
  );
  await composer(ada).press("Enter");
  const shown = posted(bob, "the butler");
  await shown.waitFor();
  expect(
    await shown.getByRole("checkbox").evaluateAll((all) => all.map((one) => (one as HTMLInputElement).checked)),
  ).toEqual([true, false]);
  expect(await shown.getByRole("columnheader").allInnerTexts()).toEqual(["h", "i"]);
  await shown.locator(".hl-keyword", { hasText: "const" }).waitFor();
  expect(await shown.locator("pre").innerText()).toBe("const a = 1;");
  expect(await shown.innerText()).not.toContain("it was him");
  const hidden = shown.getByRole("button", { name: "Hidden text" });
  expect(await hidden.getAttribute("aria-expanded")).toBe("false");
  await hidden.click();
  expect(await hidden.getAttribute("aria-expanded")).toBe("true");
  expect(await shown.innerText()).toContain("it was him");
  // Nor does the list give it away.
  expect(await inList(bob, "Engine").first().innerText()).not.toContain("it was him");
}, 60_000);

test("a list goes on with the next line and ends with an empty one", async () => {
  await type(ada, "- a");
  await composer(ada).press("Shift+Enter");
  await type(ada, "b");
  await composer(ada).press("Shift+Enter");
  await composer(ada).press("Shift+Enter");
  await type(ada, "end");
  expect(await value(ada)).toBe("- a\n- b\nend");
  await composer(ada).fill("");
}, 30_000);

test("@ completes the names of who is here, and a mention is read by the reader's own name for them", async () => {
  await type(ada, "hi @gr");
  const list = ada.getByTestId("completion");
  await list.getByRole("option", { name: /grace/u }).waitFor();
  expect(await composer(ada).getAttribute("aria-activedescendant")).not.toBeNull();
  await composer(ada).press("Enter");
  expect(await value(ada)).toBe("hi @grace ");
  await type(ada, "and @bo");
  await list.getByRole("option").first().waitFor();
  await composer(ada).press("Tab");
  await composer(ada).press("Enter");
  const shown = posted(bob, "hi @");
  await shown.waitFor();
  const mentions = shown.locator(".mention");
  await expect.poll(() => mentions.allInnerTexts()).toEqual(["@grace", "@Bob"]);
  expect(await shown.locator(".mention.self").innerText()).toBe("@Bob");
  // Escape leaves the word as it is, and Enter sends it.
  await type(ada, "not @bo");
  await list.waitFor();
  await composer(ada).press("Escape");
  await list.waitFor({ state: "detached" });
  await composer(ada).press("Enter");
  await posted(bob, "not @bo").waitFor();
}, 60_000);

test("who may mentions everybody; a draft with a mention is still one after the page was loaded again", async () => {
  await type(ada, "@al");
  await ada
    .getByTestId("completion")
    .getByRole("option", { name: /Everyone here/u })
    .waitFor();
  await composer(ada).press("Tab");
  await type(ada, "and @Bob come");
  expect(await value(ada)).toBe("@all and @Bob come");
  // The draft is kept a moment after the last key.
  await ada.waitForTimeout(600);
  await ada.reload();
  await composer(ada).waitFor();
  await expect.poll(() => value(ada)).toBe("@all and @Bob come");
  await ada.getByRole("button", { name: "Send", exact: true }).click();
  const shown = posted(bob, "come");
  await expect.poll(() => shown.locator(".mention").allInnerTexts()).toEqual(["@all", "@Bob"]);
}, 60_000);

test("a message of its own time says so before and after it is sent", async () => {
  await ada.getByRole("button", { name: "More to send" }).click();
  await ada.getByRole("menuitem", { name: "Disappears" }).click();
  await ada.getByRole("menuitemradio", { name: "5 minutes" }).click();
  await ada.getByText("Gone 5 minutes after sending").waitFor();
  await composer(ada).fill("soon gone");
  await composer(ada).press("Enter");
  await posted(bob, "soon gone").waitFor();
  await bob
    .getByTestId("post")
    .filter({ hasText: "soon gone" })
    .getByText(/Gone in/u)
    .waitFor();
  // For one message only.
  await ada.getByText("Gone 5 minutes after sending").waitFor({ state: "detached" });
}, 60_000);

test(":shortcode: completes, and typed out becomes the emoji", async () => {
  await type(ada, ":tad");
  await ada
    .getByTestId("completion")
    .getByRole("option", { name: /:tada:/u })
    .waitFor();
  await composer(ada).press("Tab");
  expect(await value(ada)).toBe("🎉 ");
  await type(ada, ":+1:");
  expect(await value(ada)).toBe("🎉 👍");
  await composer(ada).press("Enter");
  await posted(bob, "🎉 👍").waitFor();
}, 30_000);

test("[T54] rich text is pasted as Markdown, and nothing but text comes in", async () => {
  await pasteInto(ada, {
    "text/html": `<p>see <b>this</b> <a href="https://x.example/a">page</a><img src="https://evil.example/x.png" onerror="document.title=1"><script>document.title=1</script></p><ul><li>one</li><li>two</li></ul>`,
    "text/plain": "see this page",
  });
  await expect.poll(() => value(ada)).toBe("see **this** [page](https://x.example/a)\n\n- one\n- two");
  await composer(ada).press("Enter");
  await posted(bob, "see this").locator("li", { hasText: "two" }).waitFor();
  await pasteInto(ada, { "text/html": '<div style="color:red"><span>let a</span></div>', "text/plain": "let a" });
  await expect.poll(() => value(ada)).toBe("let a");
  await composer(ada).fill("");
}, 60_000);

test("arrow up in the empty field edits the last own post, Escape gives up, Enter saves, and the draft waits", async () => {
  await post(ada, "It ships at @bob tree");
  await posted(bob, "It ships at").waitFor();
  await expect.poll(() => value(ada)).toBe("");
  await composer(ada).press("ArrowUp");
  await ada.getByTestId("composing").waitFor();
  expect(await value(ada)).toBe("It ships at @Bob tree");
  await composer(ada).press("Escape");
  await ada.getByTestId("composing").waitFor({ state: "detached" });
  expect(await value(ada)).toBe("");
  await composer(ada).press("ArrowUp");
  await ada.getByTestId("composing").waitFor();
  await composer(ada).fill("It ships at **three**, @bob");
  // The name that Enter would complete is complete.
  await composer(ada).press("Escape");
  await ada.getByRole("button", { name: "Save edit" }).click();
  await posted(bob, "It ships at three").locator("strong").waitFor();
  await posted(bob, "It ships at three").locator(".mention.self").waitFor();
  expect(await posted(bob, "tree").count()).toBe(0);
  expect(await value(ada)).toBe("");
}, 60_000);

test("a poll has two answers at least, and a message can wait for its time on this device", async () => {
  await ada.getByRole("button", { name: "More to send" }).click();
  await ada.getByRole("menuitem", { name: "Poll" }).click();
  const dialog = ada.getByRole("dialog", { name: "Poll" });
  await dialog.getByLabel("Question").fill("Tea or coffee?");
  await dialog.getByLabel("Answer 1", { exact: true }).fill("Tea");
  expect(await dialog.getByRole("button", { name: "Send poll" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Answer 2", { exact: true }).fill("Coffee");
  await dialog.getByRole("button", { name: "Send poll" }).click();
  await dialog.waitFor({ state: "detached" });
  await bob.getByText("Tea or coffee?").first().waitFor();

  await type(ada, "in the morning");
  await ada.getByRole("button", { name: "More to send" }).click();
  await ada.getByRole("menuitem", { name: "Send later" }).click();
  const later = ada.getByRole("dialog", { name: "Send later" });
  await later.getByText("kept on this device").waitFor();
  await later.getByRole("button", { name: "Tomorrow, 9:00" }).click();
  await later.getByRole("button", { name: "Schedule" }).click();
  await later.waitFor({ state: "detached" });
  expect(await value(ada)).toBe("");
  await ada.getByRole("button", { name: "More to send" }).click();
  await ada.getByRole("menuitem", { name: "Send later" }).click();
  await later.getByTestId("scheduled").getByText("in the morning").waitFor();
  await later.getByRole("button", { name: "Don’t send it" }).click();
  await later.getByTestId("scheduled").waitFor({ state: "detached" });
  await ada.keyboard.press("Escape");
  expect(await posted(bob, "in the morning").count()).toBe(0);
}, 60_000);

test("[T50] a preview is made of what its sender types, and nobody asks the address for anything", async () => {
  await ada.getByRole("button", { name: "Settings" }).click();
  await ada.getByRole("navigation", { name: "Settings" }).getByRole("button", { name: "Privacy", exact: true }).click();
  await ada.getByRole("switch", { name: /preview/iu }).click();
  await ada.getByRole("button", { name: "Back to conversations" }).click();
  await inList(ada, "Engine").first().click();
  await pasteInto(ada, {
    "text/html": '<a href="https://museum.example/plan">The plan of the engine</a>',
    "text/plain": "https://museum.example/plan",
  });
  await ada.getByRole("button", { name: "Add a preview of museum.example" }).click();
  const card = ada.getByTestId("preview-card");
  await card.getByText("Nobody’s device asks").waitFor();
  expect(await card.getByLabel("Title of the page").inputValue()).toBe("The plan of the engine");
  await card.getByLabel("Description").fill("All sheets");
  await composer(ada).press("Enter");
  await posted(bob, "The plan of the engine").getByText("All sheets").waitFor();
}, 60_000);

test("the page asked nobody but its server, and broke no rule of its policy", () => {
  for (const one of seen) expect(one).toEqual({ foreign: [], violations: [], errors: [] });
});
