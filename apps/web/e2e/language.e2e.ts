import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { emptyPages, settled } from "./test/axe.ts";
import { launchBrowser, profile } from "./test/browser.ts";
import { overflowing } from "./test/overflow.ts";
import { serveFolder } from "./test/static-server.ts";

const folder = fileURLToPath(new URL("../../../.cache/web-language", import.meta.url));

type Served = Awaited<ReturnType<typeof serveFolder>>;
let served: Served;
let browser: Browser;

beforeAll(async () => {
  await build({
    configFile: fileURLToPath(new URL("../dev/vite.config.ts", import.meta.url)),
    logLevel: "error",
    build: { outDir: folder, emptyOutDir: true },
  });
  served = await serveFolder(folder);
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await served.close();
});

const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** A desk's window of 1440 by 900, as it is at 200 %. */
const ZOOMED = { width: 720, height: 450 };

const languageOf = (page: Page) => page.evaluate(() => document.documentElement.lang);

/** Screens of one world that are reached without a word of any language. */
const SETTINGS = ["appearance", "account", "devices", "recovery", "data"];
const shown = (page: Page) =>
  page.locator(":is(h1, h2, [data-testid=conversation]):not(.vh):visible").first().waitFor();

async function eachScreen(page: Page, look: (screen: string) => Promise<void>): Promise<void> {
  for (const world of ["signed-out", "empty", "all"]) {
    await page.goto(`${served.url}/dev/?world=${world}`);
    await shown(page);
    await look(world);
  }
  for (const name of SETTINGS) {
    await page.evaluate((hash) => (window.location.hash = hash), `#/settings/${name}`);
    await page.locator(".page h1, .conv-h h1").first().waitFor({ state: "attached" });
    await look(name);
  }
  await page.evaluate(() => (window.location.hash = "#/"));
  await page.getByTestId("conversation").filter({ hasText: "Difference Engine" }).click();
  await page.getByTestId("post").first().waitFor();
  await look("conversation");
}

test("another language is chosen in the settings: every text changes at once, without a reload, and it stays", async () => {
  const { page, context, seen } = await profile(browser, served.url);
  await page.goto(`${served.url}/dev/?world=all#/settings/appearance`);
  await page.getByRole("heading", { name: "Appearance and writing" }).waitFor();
  expect(await languageOf(page)).toBe("en");
  await page.evaluate(() => Object.assign(window, { notReloaded: true }));

  await page.getByRole("radio", { name: "Deutsch" }).click();
  await page.getByRole("heading", { name: "Darstellung und Schreiben" }).waitFor();
  await page.getByRole("navigation", { name: "Einstellungen" }).getByText("Wiederherstellungsschlüssel").waitFor();
  expect(await languageOf(page)).toBe("de");
  expect(await page.evaluate(() => "notReloaded" in window)).toBe(true);
  // The keyboard goes on where it was.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Deutsch");

  await page.reload();
  await page.getByRole("heading", { name: "Darstellung und Schreiben" }).waitFor();
  await page.getByRole("radio", { name: "Automatisch" }).click();
  await page.getByRole("heading", { name: "Appearance and writing" }).waitFor();
  expect(await languageOf(page)).toBe("en");
  expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
  await context.close();
});

test("a German browser starts in German, dates and numbers included; one in a language that we lack in English", async () => {
  const german = await profile(browser, served.url, { locale: "de-AT" });
  await german.page.goto(`${served.url}/dev/?world=signed-out`);
  await german.page.getByRole("heading", { name: "Erstelle dein Konto" }).waitFor();
  expect(await languageOf(german.page)).toBe("de");
  await german.page.goto(`${served.url}/dev/?world=all`);
  await german.page.getByTestId("conversation").filter({ hasText: "Difference Engine" }).click();
  await german.page
    .getByText("Gestern", { exact: true })
    .or(german.page.getByText("Heute", { exact: true }))
    .first()
    .waitFor();
  await german.context.close();

  const french = await profile(browser, served.url, { locale: "fr-FR" });
  await french.page.goto(`${served.url}/dev/?world=signed-out`);
  await french.page.getByRole("heading", { name: "Create your account" }).waitFor();
  expect(await languageOf(french.page)).toBe("en");
  await french.context.close();
});

test.each([
  { what: "German", locale: "de-DE", turned: false, on: "a desk", viewport: WIDE },
  { what: "German", locale: "de-DE", turned: false, on: "a phone", viewport: PHONE },
  { what: "English", locale: "en-GB", turned: false, on: "a desk at 200 %", viewport: ZOOMED },
  { what: "German", locale: "de-DE", turned: false, on: "a desk at 200 %", viewport: ZOOMED },
  { what: "right to left", locale: "en-GB", turned: true, on: "a desk", viewport: WIDE },
  { what: "right to left", locale: "en-GB", turned: true, on: "a phone", viewport: PHONE },
])("nothing sticks out: $what, on $on", async ({ locale, turned, viewport }) => {
  const pages = emptyPages(
    () => browser,
    () => served.url,
    { locale, viewport },
  );
  const page = await pages.next();
  if (turned) await page.addInitScript(() => localStorage.setItem("sotto.dir", "rtl"));
  const found: string[] = [];
  await eachScreen(page, async (screen) => {
    await settled(page);
    found.push(...(await overflowing(page)).map((what) => `${screen}: ${what}`));
  });
  expect(found).toEqual([]);
  await pages.drop();
});

test("from right to left the page is turned round, and what people write keeps its own direction", async () => {
  const { page, context } = await profile(browser, served.url, { viewport: WIDE });
  const placeOfList = async () => {
    const box = await page.getByTestId("conversation").first().boundingBox();
    return box === null ? 0 : box.x + box.width / 2;
  };
  await page.goto(`${served.url}/dev/?world=all`);
  await page.getByTestId("conversation").first().waitFor();
  expect(await placeOfList()).toBeLessThan(WIDE.width / 2);

  await page.evaluate(() => localStorage.setItem("sotto.dir", "rtl"));
  await page.reload();
  await page.getByTestId("conversation").filter({ hasText: "Difference Engine" }).click();
  const text = page.getByTestId("post-text").first();
  await text.waitFor();
  expect(await page.evaluate(() => document.documentElement.dir)).toBe("rtl");
  expect(await placeOfList()).toBeGreaterThan(WIDE.width / 2);
  expect(await text.evaluate((element) => getComputedStyle(element).direction)).toBe("ltr");
  await context.close();
});
