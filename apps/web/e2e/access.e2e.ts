import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { emptyPages, settled, violationsOn } from "./test/axe.ts";
import { launchBrowser, profile } from "./test/browser.ts";
import { choose, openMenu, postOf } from "./test/posts.ts";
import { serveFolder } from "./test/static-server.ts";

const folder = fileURLToPath(new URL("../../../.cache/web-dev", import.meta.url));

type Served = Awaited<ReturnType<typeof serveFolder>>;
let served: Served;
let browser: Browser;

beforeAll(async () => {
  await build({ configFile: fileURLToPath(new URL("../dev/vite.config.ts", import.meta.url)), logLevel: "error" });
  served = await serveFolder(folder);
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await served.close();
});

const tap = (name: string) => (page: Page) => page.getByRole("button", { name, exact: true }).click();
const openEngine = (page: Page) => page.getByTestId("conversation").filter({ hasText: "Difference Engine" }).click();

/** From the menu; on a phone the emoji stand in the sheet itself. */
const emojiBar = async (page: Page) => {
  await openMenu(postOf(page, "7041"));
  const item = page.getByRole("menuitem", { name: "React" });
  const bar = page.getByRole("toolbar", { name: "React" });
  await item.or(bar).waitFor();
  if (await item.isVisible()) await item.click();
  await bar.waitFor();
};
const inConversations = (title: string) => (page: Page) =>
  page.getByTestId("conversation").filter({ hasText: title }).first().click();
const typeInto = (label: string, text: string) => (page: Page) => page.getByLabel(label).fill(text);
const linkIs = (linking: unknown) => async (page: Page) => {
  await page.getByTestId("link-code").waitFor();
  await page.evaluate((given) => {
    const { fake } = window as unknown as { fake: { link: (linking: unknown) => void } };
    fake.link(given);
  }, linking);
};
const forgot = [tap("Sign in"), tap("Forgot your password?")];
const alan = [openEngine, tap("Details"), (page: Page) => page.getByTestId("members").getByText("Alan Turing").click()];

/** Every screen, and how one comes to it. */
const SCREENS: { screen: string; world: string; hash?: string; go?: ((page: Page) => Promise<void>)[] }[] = [
  { screen: "sign-up", world: "signed-out" },
  { screen: "sign-in", world: "signed-out", go: [tap("Sign in")] },
  {
    screen: "link here",
    world: "signed-out",
    go: [tap("I use Sotto on another device"), (page) => page.getByTestId("link-code").waitFor()],
  },
  {
    screen: "link here, digits",
    world: "signed-out",
    go: [
      tap("I use Sotto on another device"),
      linkIs({ kind: "compare", digits: "627014", asks: null, expiresAt: 9e12 }),
    ],
  },
  {
    screen: "link here, failed",
    world: "signed-out",
    go: [
      tap("I use Sotto on another device"),
      linkIs({ kind: "failed", failure: { code: "link/mismatch", message: "", remedy: { kind: "none" } } }),
    ],
  },
  { screen: "recover", world: "signed-out", go: [...forgot, typeInto("Recovery key", "TBDE DMDM C9A1")] },
  {
    screen: "recover, wrong key",
    world: "signed-out",
    go: [
      ...forgot,
      typeInto("Recovery key", "0".repeat(32)),
      (page) => page.getByText("A character is wrong").waitFor(),
    ],
  },
  { screen: "lost", world: "signed-out", go: [...forgot, tap("I don’t have the key")] },
  { screen: "reset code", world: "signed-out", go: [...forgot, tap("I don’t have the key"), tap("I have a code")] },
  { screen: "empty", world: "empty" },
  { screen: "list", world: "all" },
  { screen: "conversation", world: "all", go: [openEngine] },
  { screen: "posts", world: "posts", go: [openEngine] },
  { screen: "post, menu", world: "posts", go: [openEngine, (page) => openMenu(postOf(page, "Noted, all"))] },
  { screen: "post, emoji", world: "posts", go: [openEngine, emojiBar] },
  {
    screen: "post, who reacted",
    world: "posts",
    go: [
      openEngine,
      (page) => postOf(page, "Noted, all").getByRole("button", { pressed: false }).first().click({ button: "right" }),
      (page) => page.getByText("Who reacted").waitFor(),
    ],
  },
  {
    screen: "post, delete",
    world: "posts",
    go: [openEngine, (page) => choose(page, postOf(page, "Noted, all"), "Delete")],
  },
  {
    screen: "post, forward",
    world: "posts",
    go: [
      openEngine,
      (page) => choose(page, postOf(page, "Noted, all"), "Forward"),
      (page) => page.getByTestId("forward-target").nth(1).click(),
    ],
  },
  {
    screen: "post, versions",
    world: "posts",
    go: [openEngine, tap("Edited"), (page) => page.getByTestId("versions").getByRole("listitem").first().waitFor()],
  },
  {
    screen: "posts selected",
    world: "posts",
    go: [
      openEngine,
      (page) => choose(page, postOf(page, "Noted, all"), "Select"),
      (page) => postOf(page, "7041").click(),
    ],
  },
  { screen: "pins", world: "posts", go: [openEngine, tap("Show all pinned messages")] },
  {
    screen: "thread",
    world: "posts",
    go: [
      openEngine,
      (page) => page.getByTestId("thread-chip").click(),
      (page) => page.getByTestId("thread-log").waitFor(),
    ],
  },
  { screen: "details", world: "all", go: [openEngine, tap("Details")] },
  {
    screen: "person",
    world: "all",
    go: [openEngine, tap("Details"), (page) => page.getByTestId("members").getByText("Grace Hopper").click()],
  },
  { screen: "new message", world: "all", go: [tap("New message")] },
  { screen: "open room", world: "all", go: [tap("New message"), tap("Open room")] },
  {
    screen: "what the server sees",
    world: "all",
    go: [
      openEngine,
      async (page) => {
        await choose(page, page.getByTestId("post").last(), "What the server sees");
        await page.getByTestId("server-table").waitFor();
      },
    ],
  },
  {
    screen: "emoji",
    world: "all",
    go: [openEngine, tap("Emoji"), (page) => page.getByRole("gridcell").first().waitFor()],
  },
  { screen: "appearance", world: "all", hash: "#/settings/appearance" },
  { screen: "account", world: "all", hash: "#/settings/account" },
  { screen: "change password", world: "all", hash: "#/settings/account", go: [tap("Change")] },
  { screen: "take over", world: "all", hash: "#/settings/account", go: [tap("Take over…")] },
  { screen: "devices", world: "all", hash: "#/settings/devices", go: [tap("1 device that is gone")] },
  { screen: "rename", world: "all", hash: "#/settings/devices", go: [tap("Rename Phone")] },
  { screen: "sign a device out", world: "all", hash: "#/settings/devices", go: [tap("Sign out Phone")] },
  { screen: "link a device", world: "all", hash: "#/settings/devices", go: [tap("Link a device")] },
  {
    screen: "link a device, digits",
    world: "all",
    hash: "#/settings/devices",
    go: [
      tap("Link a device"),
      typeInto("Or type its code", "7KQ29MXD"),
      tap("Continue"),
      (page) => page.getByTestId("link-digits").waitFor(),
      tap("They match"),
    ],
  },
  {
    screen: "link a device, unknown code",
    world: "all",
    hash: "#/settings/devices",
    go: [
      tap("Link a device"),
      typeInto("Or type its code", "ZZZZZZZZ"),
      tap("Continue"),
      (page) => page.getByTestId("link-failed").waitFor(),
    ],
  },
  { screen: "recovery key asked for", world: "unsaved", hash: "#/settings/recovery", go: [tap("Show and save it")] },
  {
    screen: "recovery key",
    world: "unsaved",
    hash: "#/settings/recovery",
    go: [
      tap("Show and save it"),
      typeInto("Your password", "anything"),
      tap("Show it"),
      (page) => page.getByTestId("recovery-key").waitFor(),
      (page) =>
        page
          .getByLabel(/^Group/u)
          .first()
          .fill("0000"),
    ],
  },
  {
    screen: "your data",
    world: "all",
    hash: "#/settings/data",
    go: [(page) => page.getByTestId("holdings").waitFor()],
  },
  { screen: "export", world: "all", hash: "#/settings/data", go: [tap("Export…")] },
  { screen: "delete", world: "all", hash: "#/settings/data", go: [tap("Delete…")] },
  {
    screen: "verify",
    world: "all",
    go: [...alan, tap("Verify Alan"), (page) => page.getByTestId("safety-number").waitFor()],
  },
  {
    screen: "numbers differ",
    world: "all",
    go: [...alan, tap("Verify Alan"), tap("They don’t match"), (page) => page.getByTestId("verify-danger").waitFor()],
  },
  {
    screen: "verified",
    world: "all",
    go: [...alan, tap("Verify Alan"), tap("They match"), (page) => page.getByTestId("verify-verified").waitFor()],
  },
  { screen: "name for somebody", world: "all", go: [...alan, tap("Give another name")] },
  { screen: "block", world: "all", go: [...alan, tap("Block Alan")] },
  { screen: "keys changed", world: "all", go: [inConversations("Hedy Lamarr")] },
  { screen: "name moved", world: "moved", go: [inConversations("Alan Turing")] },
  {
    screen: "keys of an entry",
    world: "all",
    go: [
      openEngine,
      (page) => choose(page, page.getByTestId("post").last(), "What the server sees"),
      tap("Show its keys…"),
      tap("Show them"),
      (page) => page.getByTestId("entry-keys").waitFor(),
    ],
  },
  { screen: "blocked", world: "all", go: [inConversations("Charles Babbage")] },
  { screen: "lines", world: "lines", go: [inConversations("Alan Turing")] },
  { screen: "notices", world: "notices" },
  { screen: "put out", world: "revoked", go: [tap("Sign in again")] },
  { screen: "cloned", world: "cloned" },
  { screen: "sign-out", world: "all", hash: "#/settings/menu", go: [tap("Sign out of this device")] },
  { screen: "offline", world: "offline", go: [openEngine, (page) => page.getByTestId("offline").waitFor()] },
  {
    screen: "not sent",
    world: "trouble",
    go: [(page) => page.getByTestId("conversation").filter({ hasText: "Ada Lovelace" }).click()],
  },
  { screen: "damaged", world: "damaged" },
  { screen: "memory only", world: "memory" },
];

// The policy would keep the checker out as well.
const sized = (size: string, theme: "light" | "dark", viewport: { width: number; height: number }) => ({
  size,
  theme,
  pages: emptyPages(
    () => browser,
    () => served.url,
    { viewport, colorScheme: theme, bypassCSP: true },
  ),
});
const SIZES = [
  sized("wide", "light", { width: 1440, height: 900 }),
  sized("phone", "dark", { width: 390, height: 844 }),
];

test.each(SIZES.flatMap((size) => SCREENS.map((screen) => ({ ...screen, ...size }))))(
  "axe finds nothing on: $screen, $size, $theme",
  async ({ world, hash, go, pages }) => {
    const page = await pages.next();
    onTestFailed(pages.drop);
    await page.goto(`${served.url}/dev/?world=${world}${hash ?? ""}`);
    for (const step of go ?? []) await step(page);
    await settled(page);
    expect(await violationsOn(page)).toEqual([]);
  },
);

test("axe finds what is amiss, and the next screen knows nothing of it", async () => {
  const { pages } = SIZES[0]!;
  const page = await pages.next();
  await page.goto(`${served.url}/dev/?world=all`);
  await settled(page);
  await page.evaluate(() => {
    localStorage.setItem("left", "behind");
    document.querySelector("main")?.append(document.createElement("img"), document.createElement("button"));
  });
  const found = await violationsOn(page);
  expect(found.map((line) => line.replace(/:.*/su, "")).sort()).toEqual(["button-name", "image-alt"]);
  const next = await pages.next();
  await next.goto(`${served.url}/dev/?world=all`);
  await settled(next);
  expect(await next.evaluate(() => localStorage.getItem("left"))).toBeNull();
  expect(await violationsOn(next)).toEqual([]);
});

test("by keyboard alone: search, open, write, send, look around", async () => {
  const { page, context, seen } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all`);
  await page.getByTestId("conversation").first().waitFor();
  await page.keyboard.press("Control+k");
  // This soon after the page its code may still be on the way.
  await page
    .getByRole("dialog", { name: "Command palette" })
    .getByRole("combobox")
    .and(page.locator(":focus"))
    .waitFor();
  await page.keyboard.type("alan");
  await page.keyboard.press("Enter");
  await page.getByTestId("title").filter({ hasText: "Alan Turing" }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("composer");
  await page.keyboard.type("Sent without a mouse");
  await page.keyboard.press("Enter");
  await page.getByTestId("post-text").filter({ hasText: "Sent without a mouse" }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("composer");
  await page.keyboard.press("Alt+ArrowDown");
  await page.getByTestId("title").filter({ hasText: "Difference Engine" }).waitFor();
  await page.keyboard.press("Alt+ArrowUp");
  await page.getByTestId("title").filter({ hasText: "Alan Turing" }).waitFor();
  await page.keyboard.press("Control+Shift+O");
  await page.getByRole("dialog").waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("combobox");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByTestId("log").focus();
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("post");
  expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
  await context.close();
});

test("by keyboard alone: a device is linked, and focus comes back to where it was", async () => {
  const { page, context, seen } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all#/settings/devices`);
  const button = page.getByRole("button", { name: "Link a device" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Or type its code").focus();
  await page.keyboard.type("7kq29mxd");
  expect(await page.getByLabel("Or type its code").inputValue()).toBe("7KQ2 9MXD");
  await page.keyboard.press("Enter");
  await page.getByTestId("link-digits").waitFor();
  // What asks is read first, and from there the keyboard goes on.
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H3");
  await page.getByRole("button", { name: "They match" }).focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("password");
  await page.keyboard.type("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").locator('[data-code="account/sign-in-failed"]').waitFor();
  await page.getByLabel("Your password").fill("lamp oil");
  await page.keyboard.press("Enter");
  await page.getByTestId("link-done").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
  await context.close();
});

test("by keyboard alone: a device is renamed, and one is signed out", async () => {
  const { page, context } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all#/settings/devices`);
  await page.getByRole("button", { name: "Rename Phone" }).press("Enter");
  await page.keyboard.type("Pocket");
  await page.keyboard.press("Enter");
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label")))
    .toBe("Rename Pocket");
  await page.getByRole("button", { name: "Sign out Pocket" }).press("Enter");
  await page.getByLabel("Your password").fill("lamp oil");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Pocket is signed out" }).waitFor();
  await page.keyboard.press("Escape");
  expect(await page.getByTestId("device").count()).toBe(2);
  await context.close();
});

test("M mutes and P pins the conversation that has focus", async () => {
  const { page, context } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all`);
  const row = page.getByTestId("conversation").filter({ hasText: "Radia Perlman" });
  await row.focus();
  await page.keyboard.press("m");
  await expect.poll(() => row.getAttribute("data-muted")).toBe("true");
  await page.keyboard.press("p");
  await page.getByTestId("conversation").first().filter({ hasText: "Radia Perlman" }).waitFor();
  await row.click({ button: "right" });
  await page.getByRole("menuitem", { name: "Unpin" }).click();
  await expect.poll(() => row.getAttribute("data-pinned")).toBe("false");
  await context.close();
});

test("a recovery key keeps its caret while gaps come by themselves", async () => {
  const { page, context } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=signed-out`);
  for (const step of forgot) await step(page);
  const field = page.getByLabel("Recovery key");
  await field.pressSequentially("tbded");
  expect(await field.inputValue()).toBe("TBDE D");
  for (let back = 0; back < 4; back++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("9");
  expect(await field.inputValue()).toBe("TB9D ED");
  await page.keyboard.type("8");
  expect(await field.inputValue()).toBe("TB98 DED");
  await context.close();
});

test("a link's code that is over leads to a new one; screen readers hear of its end, not of each second", async () => {
  const { page, context } = await profile(browser, served.url);
  await page.clock.install();
  await page.goto(`${served.url}/dev/?world=signed-out`);
  await tap("I use Sotto on another device")(page);
  await page.getByTestId("link-left").getByText("1:00").waitFor();
  await page.clock.runFor(20_000);
  await page.getByTestId("link-left").getByText("0:40").waitFor();
  expect(await page.getByTestId("announcer").innerText()).toBe("");
  await page.clock.runFor(27_000);
  await page.getByTestId("announcer").getByText("15 more seconds").waitFor();
  await page.clock.runFor(20_000);
  await page.getByTestId("announcer").getByText("The code is over.").waitFor();
  expect(await page.getByTestId("qr").count()).toBe(0);
  await tap("Show a new code")(page);
  await page.getByTestId("link-left").getByText("1:00").waitFor();
  await context.close();
});

test("what can't be reached above is said, and asked for again when one says so", async () => {
  const { page, context } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=lines`);
  await inConversations("Alan Turing")(page);
  const before = page.getByTestId("before");
  await before.getByText("Earlier messages can’t be reached now.").waitFor();
  await page.evaluate(() => {
    const { fake } = window as unknown as { fake: { world: { scenes: { unreachable: boolean }[] } } };
    for (const scene of fake.world.scenes) scene.unreachable = false;
  });
  await before.getByRole("button", { name: "Try again" }).click();
  await before.getByText("This is where the conversation begins.").waitFor();
  await context.close();
});

test("what arrives in the open conversation is said to screen readers, in few words", async () => {
  const { page, context } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all`);
  await openEngine(page);
  await page.getByTestId("post").first().waitFor();
  await page.evaluate(() => {
    const { fake } = window as unknown as {
      fake: { world: { scenes: { conversation: string }[]; people: unknown[] }; arrive: (...what: unknown[]) => void };
    };
    fake.arrive(fake.world.scenes[0]?.conversation, fake.world.people[1], "I can bring the relay");
  });
  await page.getByTestId("announcer").filter({ hasText: "Grace: I can bring the relay" }).waitFor();
  await context.close();
});

test("who wants less motion gets none, and what a newer version wrote says so", async () => {
  const { page, context } = await profile(browser, served.url, { reducedMotion: "reduce" });
  await page.goto(`${served.url}/dev/?world=posts`);
  await openEngine(page);
  await page.getByText("From a newer version of Sotto. Update to see it.").waitFor();
  // The longest of what has moved since the page was there, ms.
  await page.evaluate(() => {
    let longest = 0;
    const look = () => {
      for (const { effect } of document.getAnimations())
        longest = Math.max(longest, Number(effect?.getComputedTiming().activeDuration ?? 0));
      Object.assign(window, { longestMotion: longest });
      requestAnimationFrame(look);
    };
    look();
  });
  await openMenu(postOf(page, "Noted, all"));
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Details", exact: true }).click();
  await page.getByTestId("members").waitFor();
  expect(await page.evaluate(() => (window as unknown as { longestMotion: number }).longestMotion)).toBeLessThan(1);
  await context.close();
});

test("the emoji picker's data comes from our own server", async () => {
  const { page, context, seen } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all`);
  await openEngine(page);
  await page.getByRole("button", { name: "Emoji" }).click();
  await page.getByPlaceholder("Search emoji").fill("butterfly");
  await page.getByRole("gridcell", { name: "Butterfly" }).waitFor();
  await expect.poll(() => page.getByRole("gridcell").count()).toBeLessThan(4);
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("#composer").inputValue()).toBe("🦋");
  expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
  await context.close();
});

test("older posts come in above without moving what is being read", async () => {
  const { page, context } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=long`);
  await openEngine(page);
  await page.getByTestId("post").last().waitFor();
  const log = page.getByTestId("log");
  const height = () => log.evaluate((element) => element.scrollHeight);
  await log.hover();
  for (let turn = 0; turn < 60; turn++) {
    const before = await height();
    await page.mouse.wheel(0, -400);
    // One frame after another: where a post stands may only change by what was scrolled.
    const jump = await log.evaluate(
      (element) =>
        new Promise<number>((resolve) => {
          const first = [...element.querySelectorAll<HTMLElement>("[data-row]")].find(
            (row) => row.getBoundingClientRect().top > 300,
          );
          requestAnimationFrame(() =>
            setTimeout(() => {
              if (first === undefined || !first.isConnected) return resolve(0);
              const top = first.getBoundingClientRect().top;
              setTimeout(() => resolve(first.isConnected ? Math.abs(first.getBoundingClientRect().top - top) : 0), 120);
            }, 60),
          );
        }),
    );
    if ((await height()) > before + 500) expect(jump).toBeLessThan(3);
    if ((await log.evaluate((element) => element.scrollTop)) < 5) break;
  }
  await page.getByText("created this group").waitFor();
  expect(await page.getByTestId("post").count()).toBeLessThan(80);
  await context.close();
}, 120_000);

test("what is far from what is loaded is fetched: a pin leads there, and one click leads back to the end", async () => {
  const { page, context } = await profile(browser, served.url, { viewport: { width: 1440, height: 900 } });
  await page.goto(`${served.url}/dev/?world=long`);
  await openEngine(page);
  await page.getByTestId("post").last().waitFor();
  await page.evaluate(async () => {
    type Item = { kind: string; post: string; text?: string };
    type Fake = {
      world: { scenes: { conversation: string; name: string | null; items: Item[] }[] };
      setPostPinned: (request: { conversation: string; post: string; pinned: boolean }) => Promise<void>;
    };
    const { fake } = window as unknown as { fake: Fake };
    const scene = fake.world.scenes.find(({ name }) => name === "Difference Engine");
    const first = scene?.items.find(({ text }) => text?.startsWith("Column 3 ") === true);
    if (scene === undefined || first === undefined) throw new Error("nothing to pin");
    await fake.setPostPinned({ conversation: scene.conversation, post: first.post, pinned: true });
  });
  expect(await page.getByTestId("log").getByText("Column 3 agrees").count()).toBe(0);
  await page.getByTestId("pins").getByText("Column 3 agrees").click();
  await page.locator("article:focus").filter({ hasText: "Column 3 agrees" }).waitFor();
  await expect.poll(() => page.getByTestId("log").getByText("Column 3 agrees").isVisible()).toBe(true);
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await page.getByTestId("post-text").filter({ hasText: "Sheet 14 is the one" }).waitFor();
  await expect.poll(() => page.getByRole("button", { name: "Jump to latest" }).count()).toBe(0);
  await context.close();
});

test("on a phone a finger that rests on a post opens its menu, and lifting it chooses nothing", async () => {
  const { page, context } = await profile(browser, served.url, {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  await page.goto(`${served.url}/dev/?world=posts`);
  await openEngine(page);
  const box = await postOf(page, "7041").getByTestId("post-text").boundingBox();
  const touch = await context.newCDPSession(page);
  const at = { x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 12 };
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("button", { name: "Reply", exact: true }).waitFor();
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  // Longer than what a finger's lifting could still set off.
  await page.waitForTimeout(500);
  await sheet.getByRole("button", { name: "React with ❤️" }).tap();
  await postOf(page, "7041")
    .getByRole("button", { name: /^❤️ 1: You/u })
    .waitFor();
  expect(await sheet.count()).toBe(0);
  await context.close();
});
