import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile, type Watch } from "./test/browser.ts";
import { cameraArguments, showToCamera } from "./test/camera.ts";
import {
  composer,
  givePassword,
  inList,
  letIn,
  leaveSettings,
  openDetails,
  post,
  posted,
  settings,
  signInAt,
  signUp,
  write,
} from "./test/people.ts";
import { drawFailures } from "./test/failure-screens.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

const POSTS = 130;
const folder = mkdtempSync(join(tmpdir(), "sotto-camera-"));
const picture = join(folder, "camera.y4m");

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
let second: Page;
let phone: Page;
const watched: Watch[] = [];

async function person(options: Parameters<typeof profile>[2] = {}): Promise<Page> {
  const { page, context, seen } = await profile(browser, server.url, options);
  await context.grantPermissions(["camera"], { origin: server.url });
  watched.push(seen);
  return page;
}

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser(cameraArguments(picture));
  [ada, bob, second, phone] = await Promise.all([
    person(),
    person(),
    person(),
    person({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }),
  ]);
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await write(bob, ["ada"]);
  for (let count = 1; count <= POSTS; count++) await post(bob, `Line ${count} of the tables.`);
  // All of it has come before it is opened: what comes later is no part of what was unread then. A request says nothing of what is in it.
  await bob.getByTestId("post").last().getByText("Sent").waitFor();
  await ada.waitForTimeout(2_000);
  await letIn(ada);
  // What is unread is shown from its first line on, and isn't read by that.
  await ada
    .getByTestId("unread-divider")
    .filter({ hasText: `${POSTS} new messages` })
    .waitFor();
  await posted(ada, "Line 1 of").waitFor();
  await inList(ada, `Line ${POSTS} of`).locator(".count").waitFor();
  await ada.getByRole("button", { name: "Jump to latest" }).click();
  await posted(ada, `Line ${POSTS} of`).waitFor();
  await post(ada, "I have read them all.");
  await posted(bob, "I have read them all.").waitFor({ timeout: 30_000 });
}, 240_000);

afterAll(async () => {
  await browser.close();
  await server.end();
  rmSync(folder, { recursive: true });
});

drawFailures(() => ({ ada, bob, second, phone }));

/** Wheels upwards until the beginning is on the screen. */
async function toTheBeginning(page: Page): Promise<void> {
  await page.getByTestId("log").hover();
  for (let turn = 0; turn < 200; turn++) {
    const state = await page
      .getByTestId("before")
      .getAttribute("data-state", { timeout: 100 })
      .catch(() => null);
    if ((state === "told" || state === "start") && (await page.getByTestId("before").isVisible())) {
      const top = await page.getByTestId("log").evaluate((element) => element.scrollTop);
      if (top < 40) return;
    }
    await page.mouse.wheel(0, -900);
    await page.waitForTimeout(60);
  }
  throw new Error("the beginning didn't come");
}

test("a second browser: every conversation is there at once, back to the first line, and both send and receive", async () => {
  await signInAt(second, server.url, "ada");
  await inList(second, "I have read them all.").click({ timeout: 15_000 });
  await posted(second, "I have read them all.").waitFor({ timeout: 15_000 });
  await toTheBeginning(second);
  await second.getByTestId("before").filter({ hasText: "This is where the conversation begins." }).waitFor();
  await posted(second, "Line 1 of the tables.").first().waitFor();
  await second.getByRole("button", { name: "Jump to latest" }).click();
  await post(second, "From the second browser.");
  await posted(ada, "From the second browser.").waitFor({ timeout: 20_000 });
  await posted(bob, "From the second browser.").waitFor({ timeout: 20_000 });
  await post(bob, "To both of you.");
  await posted(ada, "To both of you.").waitFor({ timeout: 20_000 });
  await posted(second, "To both of you.").waitFor({ timeout: 20_000 });
  await bob.getByTestId("system-line").filter({ hasText: "Ada added a device" }).waitFor({ timeout: 20_000 });
}, 180_000);

test("the first device says that a device was added, until it was seen", async () => {
  const notice = ada.getByTestId("notice").filter({ hasText: "was added to your account" });
  await notice.waitFor({ timeout: 20_000 });
  await notice.getByRole("button", { name: "I have seen it" }).click();
  await notice.waitFor({ state: "detached" });
}, 60_000);

test("unread counts agree, and what is read on one device is read on the other", async () => {
  for (const page of [ada, second]) {
    await page.evaluate(() => {
      window.location.hash = "#/";
    });
    await composer(page).waitFor({ state: "detached" });
  }
  for (const text of ["One.", "Two.", "Three."]) await post(bob, text);
  for (const page of [ada, second])
    await inList(page, "Three.").locator(".count").filter({ hasText: "3" }).waitFor({ timeout: 20_000 });
  await inList(second, "Three.").click();
  await posted(second, "Three.").waitFor();
  await inList(ada, "Three.").locator(".count").waitFor({ state: "detached", timeout: 20_000 });
  await inList(second, "Three.").locator(".count").waitFor({ state: "detached", timeout: 20_000 });
}, 90_000);

test("drafts, mutes, pins and names given to people are on all devices of the account, and nowhere else", async () => {
  await composer(second).fill("Not yet said");
  await inList(ada, "Not yet said").waitFor({ timeout: 20_000 });
  await composer(second).fill("");
  await openDetails(second);
  const pane = second.getByRole("complementary", { name: "Details" });
  await pane.getByRole("button", { name: "Notifications" }).click();
  await second.getByRole("menuitemradio", { name: "Nothing", exact: true }).click();
  await pane.getByRole("button", { name: "Pin to the top" }).click();
  await ada.locator('[data-testid="conversation"][data-muted="true"][data-pinned="true"]').waitFor({ timeout: 20_000 });
  await second.getByTestId("members").getByText("Bob").click();
  await second.getByRole("button", { name: "Give another name" }).click();
  await second.getByLabel("Your name for them").fill("Bob from the mill");
  await second.getByRole("button", { name: "Save", exact: true }).click();
  await inList(ada, "Bob from the mill").waitFor({ timeout: 20_000 });
  expect(await bob.getByText("Bob from the mill").count()).toBe(0);
  expect(await bob.locator('[data-testid="conversation"][data-muted="true"]').count()).toBe(0);
}, 90_000);

test("[T69] a phone is linked: its code scanned, what asks shown, six digits compared, the password given", async () => {
  await phone.goto(server.url);
  await phone.getByRole("button", { name: "I use Sotto on another device" }).click();
  await phone.getByTestId("link-code").waitFor({ timeout: 20_000 });
  showToCamera(picture, await phone.getByTestId("qr").getAttribute("data-qr"));
  await settings(ada, "Devices");
  await ada.getByRole("button", { name: "Link a device" }).click();
  await ada.getByRole("button", { name: "Scan its code" }).click();
  await ada.getByTestId("link-digits").waitFor({ timeout: 30_000 });
  await phone.getByTestId("link-digits").waitFor();
  expect(await ada.getByTestId("link-digits").innerText()).toMatch(/^\d{3} \d{3}$/u);
  expect(await phone.getByTestId("link-digits").innerText()).toBe(await ada.getByTestId("link-digits").innerText());
  // Nothing is admitted before the digits were compared and the password was given.
  expect(await ada.getByRole("dialog").getByLabel("Your password").count()).toBe(0);
  await ada.getByRole("dialog").getByRole("button", { name: "They match" }).click();
  await givePassword(ada, "Link this device", "not the password");
  await ada.getByRole("dialog").getByRole("alert").waitFor({ timeout: 20_000 });
  await givePassword(ada, "Link this device");
  await ada.getByTestId("link-done").waitFor({ timeout: 30_000 });
  await ada.getByRole("button", { name: "Done" }).click();
  await inList(phone, "Three.").waitFor({ timeout: 30_000 });
  await inList(phone, "Three.").click();
  await posted(phone, "Three.").waitFor({ timeout: 20_000 });
  await toTheBeginning(phone);
  await posted(phone, "Line 1 of the tables.").first().waitFor();
  await expect.poll(() => ada.getByTestId("device").count(), { timeout: 20_000 }).toBe(3);
}, 180_000);

test("[T69] digits that differ admit nobody, and the new device can begin again at once", async () => {
  const stranger = await person();
  await stranger.goto(server.url);
  await stranger.getByRole("button", { name: "I use Sotto on another device" }).click();
  const code = await stranger.getByTestId("link-code").innerText({ timeout: 20_000 });
  const before = await ada.getByTestId("device").count();
  await ada.getByRole("button", { name: "Link a device" }).click();
  await ada.getByLabel("Or type its code").pressSequentially(code.toLowerCase());
  await ada.getByRole("button", { name: "Continue" }).click();
  await ada.getByTestId("link-digits").waitFor({ timeout: 20_000 });
  await ada.getByRole("button", { name: "They differ" }).click();
  await ada.locator('[data-testid="link-failed"][data-code="link/mismatch"]').waitFor();
  await ada.getByRole("button", { name: "Close", exact: true }).last().click();
  await stranger.locator('[data-testid="link-here"][data-state="failed"]').waitFor({ timeout: 20_000 });
  await stranger.getByRole("button", { name: "Show a new code" }).click();
  await stranger.getByTestId("link-code").waitFor({ timeout: 20_000 });
  expect(await stranger.getByTestId("link-code").innerText()).not.toBe(code);
  expect(await ada.getByTestId("device").count()).toBe(before);
  await stranger.context().close();
}, 90_000);

test("a typed code of nobody is refused, with a way on", async () => {
  await ada.getByRole("button", { name: "Link a device" }).click();
  await ada.getByLabel("Or type its code").fill("0000 0000");
  await ada.getByRole("button", { name: "Continue" }).click();
  await ada.locator('[data-testid="link-failed"][data-code="link/unknown"]').waitFor({ timeout: 20_000 });
  await ada.getByRole("button", { name: "Take another code" }).click();
  await ada.getByLabel("Or type its code").waitFor();
  await ada.keyboard.press("Escape");
  await ada.getByRole("dialog").waitFor({ state: "detached" });
}, 60_000);

test("a device is renamed where it stands, and its name is on the other devices", async () => {
  const row = ada.getByTestId("device").filter({ hasText: "This device" });
  await row.getByRole("button", { name: /^Rename/u }).click();
  await ada.getByLabel(/^New name for/u).fill("Analytical desk");
  await ada.keyboard.press("Enter");
  await row.filter({ hasText: "Analytical desk" }).waitFor();
  await settings(second, "Devices");
  await second.getByTestId("device").filter({ hasText: "Analytical desk" }).waitFor({ timeout: 20_000 });
  await leaveSettings(second);
}, 60_000);

test("[T19] [T70] the phone is signed out from afar: it says so, and reads nothing that comes later", async () => {
  const before = await ada.getByTestId("device").count();
  // Which of them is the phone, its own list says.
  await phone.evaluate(() => {
    window.location.hash = "#/settings/devices";
  });
  const own = await phone.locator('[data-testid="device"]', { hasText: "This device" }).getAttribute("data-device");
  const row = ada.locator(`[data-testid="device"][data-device="${own}"]`);
  await row.getByRole("button", { name: /^Sign out/u }).click();
  await givePassword(ada, "Sign it out");
  await ada.getByRole("dialog").getByRole("button", { name: "Done" }).click({ timeout: 60_000 });
  await expect.poll(() => ada.getByTestId("devices").getByTestId("device").count()).toBe(before - 1);
  await ada.getByRole("button", { name: "1 device that is gone" }).click();
  await ada.getByTestId("gone-devices").getByText("Signed out today").waitFor();
  await phone.locator('[data-testid="refused"]').waitFor({ timeout: 30_000 });
  await leaveSettings(ada);
  await post(bob, "After the phone was gone.");
  await inList(ada, "After the phone was gone.").waitFor({ timeout: 20_000 });
  await phone.evaluate(() => {
    window.location.hash = "#/";
  });
  await phone.waitForTimeout(2_000);
  expect(await inList(phone, "After the phone was gone.").count()).toBe(0);
  // What it had stays readable there.
  await inList(phone, "Bob").first().click();
  await posted(phone, "Three.").waitFor();
}, 120_000);

test("the phone signs in again from there, as a new device", async () => {
  await phone.getByTestId("refused").getByRole("button", { name: "Sign in again" }).click();
  await givePassword(phone, "Sign in");
  await phone.getByTestId("refused").waitFor({ state: "detached", timeout: 40_000 });
  await phone.evaluate(() => {
    window.location.hash = "#/";
  });
  await inList(phone, "After the phone was gone.").waitFor({ timeout: 30_000 });
}, 90_000);

test("nothing left the origin, broke the policy or went wrong unseen", () => {
  for (const seen of watched) expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
});
