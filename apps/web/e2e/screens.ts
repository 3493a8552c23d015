// `node apps/web/e2e/screens.ts [name…]`: draws docs/screens/*.png, every screen (or those named) in both themes and both sizes.
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { launchBrowser, profile } from "./test/browser.ts";
import { choose, openMenu, postOf } from "./test/posts.ts";
import { serveFolder } from "./test/static-server.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const folder = process.env["SOTTO_SCREENS"] ?? path("../../../docs/screens");
// The one that the pretended engine has (dev/fake-account.ts).
const RECOVERY_KEY = "TBDE-DMDM-C9A1-7TPY-HJQW-P1PP-T2EA-K1HG";
// 10:42, as in the design: times and days are the same in every picture.
const NOW = new Date("2026-03-04T10:42:00Z");

type Step = (page: Page) => Promise<void>;
type Screen = {
  name: string;
  world: string;
  fragment?: string;
  sizes?: ("wide" | "phone")[];
  steps?: Step[];
  /** Steps on the way rather than places: light on a desktop and dark on a phone show enough. */
  few?: boolean;
};

const tap =
  (name: string): Step =>
  (page) =>
    page.getByRole("button", { name, exact: true }).click();
const opened =
  (title: string): Step =>
  (page) =>
    page.getByTestId("conversation").filter({ hasText: title }).first().click();
const press =
  (keys: string): Step =>
  async (page) => {
    await page.locator(".conv-main").first().waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press(keys);
    await page.getByRole("dialog").waitFor();
  };
const typed =
  (text: string): Step =>
  (page) =>
    page.keyboard.type(text);
const scrolledTo =
  (testId: string): Step =>
  (page) =>
    page.getByTestId(testId).scrollIntoViewIfNeeded();
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
  await choose(page, page.getByTestId("post").last(), "What the server sees");
  await page.getByTestId("server-table").waitFor();
};

const typeKey: Step = async (page) => {
  await page.getByLabel("Username").fill("joan");
  await page.getByLabel("Recovery key").fill(RECOVERY_KEY.slice(0, 23));
};
const givePassword =
  (verb: string): Step =>
  async (page) => {
    await page.getByLabel("Your password").fill("lamp oil before the long gallery");
    await tap(verb)(page);
  };
const typeLinkCode: Step = async (page) => {
  await page.getByLabel("Or type its code").fill("7kq29mxd");
  await tap("Continue")(page);
  await page.getByTestId("link-digits").waitFor();
};
const memberOf = (name: string): Step[] => [
  opened("Difference Engine"),
  tap("Details"),
  (page) => page.getByTestId("members").getByText(name).click(),
];

const SCREENS: Screen[] = [
  { name: "sign-up", world: "signed-out", steps: [password] },
  { name: "empty", world: "empty" },
  { name: "list", world: "all", sizes: ["phone"] },
  { name: "chat", world: "all", sizes: ["wide"], steps: [opened("Difference Engine"), tap("Details"), away] },
  { name: "chat", world: "all", sizes: ["phone"], steps: [opened("Difference Engine")] },
  { name: "posts", world: "posts", steps: [opened("Difference Engine")] },
  {
    name: "post-menu",
    few: true,
    world: "posts",
    steps: [opened("Difference Engine"), (page) => openMenu(postOf(page, "Noted, all"))],
  },
  {
    name: "thread",
    world: "posts",
    steps: [opened("Difference Engine"), (page) => page.getByTestId("thread-chip").click()],
  },
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
  {
    name: "link-new-device",
    world: "signed-out",
    steps: [tap("I use Sotto on another device"), (page) => page.getByTestId("link-code").waitFor()],
  },
  { name: "recover", few: true, world: "signed-out", steps: [tap("Sign in"), tap("Forgot your password?"), typeKey] },
  {
    name: "lost",
    few: true,
    world: "signed-out",
    steps: [tap("Sign in"), tap("Forgot your password?"), tap("I don’t have the key")],
  },
  { name: "devices", world: "added", fragment: "#/settings/devices" },
  {
    name: "link-device",
    few: true,
    world: "all",
    fragment: "#/settings/devices",
    steps: [tap("Link a device"), typeLinkCode],
  },
  { name: "sign-out-device", few: true, world: "all", fragment: "#/settings/devices", steps: [tap("Sign out Phone")] },
  {
    name: "recovery-key",
    world: "unsaved",
    fragment: "#/settings/recovery",
    steps: [tap("Show and save it"), givePassword("Show it"), (page) => page.getByTestId("recovery-key").waitFor()],
  },
  {
    name: "your-data",
    few: true,
    world: "all",
    fragment: "#/settings/data",
    steps: [(page) => page.getByTestId("holdings").waitFor()],
  },
  {
    name: "verify",
    world: "all",
    steps: [...memberOf("Alan Turing"), tap("Verify Alan"), (page) => page.getByTestId("safety-number").waitFor()],
  },
  { name: "keys-changed", world: "all", steps: [opened("Hedy Lamarr")] },
  {
    name: "palette",
    world: "all",
    sizes: ["wide"],
    steps: [opened("Difference Engine"), press("Control+k"), typed("al")],
  },
  { name: "keys", few: true, world: "all", steps: [opened("Difference Engine"), press("?")] },
  {
    name: "group-rules",
    world: "all",
    steps: [opened("Difference Engine"), tap("Details"), scrolledTo("rules"), away],
  },
  {
    name: "group-profile",
    few: true,
    world: "all",
    steps: [opened("Difference Engine"), tap("Details"), tap("Change name, topic, picture")],
  },
  {
    name: "invite",
    few: true,
    world: "all",
    steps: [
      opened("Difference Engine"),
      tap("Details"),
      tap("New link"),
      tap("Make link"),
      (page) => page.getByTestId("invite-link").waitFor(),
    ],
  },
  { name: "profile", few: true, world: "all", fragment: "#/settings/profile" },
  { name: "privacy", few: true, world: "all", fragment: "#/settings/privacy" },
  { name: "about", few: true, world: "all", fragment: "#/settings/about" },
  { name: "saved", few: true, world: "all", fragment: "#/saved" },
  { name: "join", few: true, world: "all", fragment: `#join/${"A".repeat(22)}/${"B".repeat(43)}` },
  { name: "account-notice", world: "notices", steps: [opened("Alan Turing")] },
];

const SIZES = {
  wide: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
};

const FEW = { wide: "light", phone: "dark" } as const;

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
const only = process.argv.slice(2);
if (only.length === 0) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const screen of SCREENS.filter(({ name }) => only.length === 0 || only.includes(name)))
  for (const size of screen.sizes ?? (["wide", "phone"] as const))
    for (const theme of screen.few === true ? [FEW[size]] : (["light", "dark"] as const))
      await draw(browser, served.url, screen, size, theme);
await browser.close();
await served.close();
