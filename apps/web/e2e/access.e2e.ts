import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { launchBrowser, profile } from "./test/browser.ts";
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

/** Every screen, and how one comes to it. */
const SCREENS: { screen: string; world: string; hash?: string; go?: ((page: Page) => Promise<void>)[] }[] = [
  { screen: "sign-up", world: "signed-out" },
  { screen: "sign-in", world: "signed-out", go: [tap("Sign in")] },
  { screen: "empty", world: "empty" },
  { screen: "list", world: "all" },
  { screen: "conversation", world: "all", go: [openEngine] },
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
        await page.getByTestId("post").last().getByRole("button", { name: "What the server sees" }).press("Enter");
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

const SIZES = [
  { size: "wide", theme: "light", viewport: { width: 1440, height: 900 } },
  { size: "phone", theme: "dark", viewport: { width: 390, height: 844 } },
] as const;

test.each(SIZES.flatMap((size) => SCREENS.map((screen) => ({ ...screen, ...size }))))(
  "axe finds nothing on: $screen, $size, $theme",
  async ({ world, hash, go, viewport, theme }) => {
    // The policy would keep the checker out as well.
    const { page, context } = await profile(browser, served.url, { viewport, colorScheme: theme, bypassCSP: true });
    await page.goto(`${served.url}/dev/?world=${world}${hash ?? ""}`);
    for (const step of go ?? []) await step(page);
    await page.waitForTimeout(400);
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { axe: checker } = window as unknown as {
        axe: {
          run: (what: unknown, how: unknown) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
        };
      };
      const { violations } = await checker.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      });
      return violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map(({ html }) => html.slice(0, 160))
            .slice(0, 3)
            .join(" | ")}`,
      );
    });
    expect(found).toEqual([]);
    await context.close();
  },
);

test("by keyboard alone: search, open, write, send, look around", async () => {
  const { page, context, seen } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all`);
  await page.getByTestId("conversation").first().waitFor();
  await page.keyboard.press("Control+k");
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
