// `node apps/web/e2e/screens.ts`: draws docs/screens/*.png, every screen in both themes and both sizes.
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { launchBrowser, profile } from "./test/browser.ts";
import { serveFolder } from "./test/static-server.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const folder = path("../../../docs/screens");
// 10:42, as in the design: times and days are the same in every picture.
const NOW = new Date("2026-03-04T10:42:00Z");

type Step = (page: Page) => Promise<void>;
type Screen = { name: string; world: string; fragment?: string; sizes?: ("wide" | "phone")[]; steps?: Step[] };

const tap =
  (name: string): Step =>
  (page) =>
    page.getByRole("button", { name, exact: true }).click();
const opened =
  (title: string): Step =>
  (page) =>
    page.getByTestId("conversation").filter({ hasText: title }).first().click();
const away: Step = (page) => page.mouse.move(700, 40);

const chosen: Step = async (page) => {
  const to = page.getByRole("combobox");
  for (const [count, name] of ["grace", "ada"].entries()) {
    await to.fill(name);
    await to.press("Enter");
    await page.locator(".tok").nth(count).waitFor();
  }
  await to.pressSequentially("a");
};

const password: Step = async (page) => {
  await page.getByLabel("Your name").fill("Joan Clarke");
  await page.getByLabel("Username").fill("joan");
  await tap("Show password")(page);
  await page.getByLabel("Password", { exact: true }).fill("lamp oil before the long gallery");
  await page.getByTestId("password-strength").getByText("Strong.").waitFor({ timeout: 20_000 });
  await page.getByLabel("Password", { exact: true }).focus();
};

const serverSees: Step = async (page) => {
  await page.getByTestId("post").last().getByRole("button", { name: "What the server sees" }).press("Enter");
  await page.getByTestId("server-table").waitFor();
};

const SCREENS: Screen[] = [
  { name: "sign-up", world: "signed-out", steps: [password] },
  { name: "empty", world: "empty" },
  { name: "list", world: "all", sizes: ["phone"] },
  { name: "chat", world: "all", sizes: ["wide"], steps: [opened("Difference Engine"), tap("Details"), away] },
  { name: "chat", world: "all", sizes: ["phone"], steps: [opened("Difference Engine")] },
  { name: "direct", world: "all", steps: [opened("Alan Turing")] },
  { name: "new-message", world: "all", steps: [tap("New message"), chosen, away] },
  { name: "details", world: "all", sizes: ["phone"], steps: [opened("Difference Engine"), tap("Details")] },
  {
    name: "person",
    world: "all",
    steps: [
      opened("Difference Engine"),
      tap("Details"),
      (page) => page.getByTestId("members").getByText("Grace Hopper").click(),
      away,
    ],
  },
  { name: "server-sees", world: "all", steps: [opened("Difference Engine"), serverSees] },
  { name: "settings", world: "all", fragment: "#/settings/appearance" },
  { name: "account", world: "all", fragment: "#/settings/account" },
];

const SIZES = {
  wide: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

async function draw(
  browser: Browser,
  url: string,
  screen: Screen,
  size: "wide" | "phone",
  theme: "light" | "dark",
): Promise<void> {
  const { context, page } = await profile(browser, url, { ...SIZES[size], colorScheme: theme, timezoneId: "UTC" });
  await page.clock.setFixedTime(NOW);
  await page.goto(`${url}/dev/?world=${screen.world}${screen.fragment ?? ""}`);
  for (const step of screen.steps ?? []) await step(page);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  await page.waitForTimeout(600);
  await page.screenshot({ path: `${folder}/${screen.name}-${theme}-${size}.png` });
  await context.close();
}

await build({ configFile: path("../dev/vite.config.ts"), logLevel: "error" });
const served = await serveFolder(path("../../../.cache/web-dev"));
const browser = await launchBrowser();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const screen of SCREENS)
  for (const size of screen.sizes ?? (["wide", "phone"] as const))
    for (const theme of ["light", "dark"] as const) await draw(browser, served.url, screen, size, theme);
await browser.close();
await served.close();
