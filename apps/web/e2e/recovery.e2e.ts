import { readFileSync } from "node:fs";
import { unzipSync, strFromU8 } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { issueResetCode } from "@sotto/server";
import { launchBrowser, profile, type Watch } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import {
  givePassword,
  inList,
  letIn,
  leaveSettings,
  PASSWORD,
  post,
  posted,
  settings,
  signIn,
  signUp,
  write,
} from "./test/people.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

const SECOND = "carry the one across the column";
const THIRD = "moth under glass beside a relay";

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
let other: Page;
let fresh: Page;
const watched: Watch[] = [];

async function person(options: Parameters<typeof profile>[2] = {}): Promise<Page> {
  const { page, seen } = await profile(browser, server.url, options);
  watched.push(seen);
  return page;
}

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  [ada, bob, other, fresh] = await Promise.all([person(), person(), person(), person()]);
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await write(ada, ["bob"]);
  await post(ada, "Kept through everything.");
  await letIn(bob);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

drawFailures(() => ({ ada, bob, other, fresh }));

const keyOn = async (page: Page): Promise<string> =>
  (await page.getByTestId("recovery-key").locator("li > span[aria-hidden]").allInnerTexts()).join("-");

/** Types the two groups that are asked for. */
async function confirmKey(page: Page, key: string): Promise<void> {
  const groups = key.split("-");
  const legend = await page.locator("legend").innerText();
  const asked = [...legend.matchAll(/\d+/gu)].map(([digits]) => Number(digits));
  expect(asked).toHaveLength(2);
  for (const at of asked) await page.getByLabel(`Group ${at}`, { exact: true }).fill(groups[at - 1] ?? "");
  await page.getByRole("button", { name: "I have it" }).click();
}

let recoveryKey = "";

test("the recovery key: from the banner, behind the password, saved as a file, confirmed by two of its groups", async () => {
  await ada.getByTestId("recovery-banner").getByRole("button", { name: "Save it" }).click();
  await ada.getByRole("button", { name: "Show and save it" }).click();
  await givePassword(ada, "Show it", "not the password");
  await ada.getByRole("dialog").locator('[data-code="account/sign-in-failed"]').waitFor({ timeout: 20_000 });
  await givePassword(ada, "Show it");
  await ada.getByTestId("recovery-key").waitFor({ timeout: 20_000 });
  recoveryKey = await keyOn(ada);
  expect(recoveryKey).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){7}$/u);
  const [download] = await Promise.all([
    ada.waitForEvent("download"),
    ada.getByRole("button", { name: "Save file" }).click(),
  ]);
  expect(readFileSync(await download.path(), "utf8")).toContain(recoveryKey);
  await ada.emulateMedia({ media: "print" });
  expect(await ada.locator(".paper").innerText()).toContain(recoveryKey.split("-")[7] ?? "-");
  expect(await ada.locator("#root").isVisible()).toBe(false);
  await ada.emulateMedia({ media: "screen" });
  expect(await ada.getByRole("button", { name: "I have it" }).isDisabled()).toBe(true);
  await confirmKey(ada, recoveryKey);
  await ada.getByTestId("key-saved").waitFor({ timeout: 20_000 });
  await leaveSettings(ada);
  expect(await ada.getByTestId("recovery-banner").count()).toBe(0);
}, 120_000);

test("[T64] the password forgotten: the key opens everything, with a new password; nothing new is ever made", async () => {
  await other.goto(server.url);
  await other.getByRole("button", { name: "Sign in", exact: true }).click();
  await other.getByLabel("Username").fill("ada");
  await other.getByRole("button", { name: "Forgot your password?" }).click();
  const field = other.getByLabel("Recovery key");
  // One wrong character is found at once, before anything is sent.
  const last = recoveryKey.endsWith("0") ? "1" : "0";
  await field.fill(recoveryKey.slice(0, -1) + last);
  await other.getByText("A character is wrong.").waitFor();
  await field.fill(`  ${recoveryKey.toLowerCase().replaceAll("-", "")} `);
  await other.getByText("The key is whole.").waitFor();
  await other.getByLabel("New password", { exact: true }).fill(SECOND);
  await other.getByRole("button", { name: "Open my account" }).click();
  await other.getByTestId("connection").getByText("Connected").waitFor({ timeout: 40_000 });
  await inList(other, "Bob").click({ timeout: 20_000 });
  await posted(other, "Kept through everything.").waitFor({ timeout: 20_000 });
  await post(other, "With a new password.");
  await posted(bob, "With a new password.").waitFor({ timeout: 20_000 });
  // The old device is still the account's, and hears of it.
  await ada.getByTestId("notice").waitFor({ timeout: 20_000 });
}, 120_000);

test("a wrong key and an unknown name say the same, and lead on", async () => {
  await fresh.goto(server.url);
  await fresh.getByRole("button", { name: "Sign in", exact: true }).click();
  await fresh.getByRole("button", { name: "Forgot your password?" }).click();
  await fresh.getByLabel("Username").fill("nobody");
  await fresh.getByLabel("Recovery key").fill(recoveryKey);
  await fresh.getByText("The key is whole.").waitFor();
  await fresh.getByLabel("New password", { exact: true }).fill(SECOND);
  await fresh.getByRole("button", { name: "Open my account" }).click();
  await fresh.locator('[data-code="account/recovery-failed"]').waitFor({ timeout: 30_000 });
  await fresh.getByRole("button", { name: "I don’t have the key" }).click();
  await fresh.getByRole("heading", { name: "What do you still have?" }).waitFor();
  for (const [way, heading] of [
    ["Link this device", "Use another device"],
    ["Use the recovery key", "Forgot your password"],
    ["I have a code", "Start again under your name"],
    ["Create an account", "Create your account"],
  ] as const) {
    await fresh.getByRole("button", { name: way }).click();
    await fresh.getByRole("heading", { name: heading }).waitFor();
    await fresh.reload();
    await fresh.getByRole("button", { name: "Sign in", exact: true }).click();
    await fresh.getByRole("button", { name: "Forgot your password?" }).click();
    await fresh.getByRole("button", { name: "I don’t have the key" }).click();
  }
}, 90_000);

test("the password is changed, and the devices are shown; the old one opens nothing any more", async () => {
  await settings(ada, "Account");
  await ada.getByRole("button", { name: "Change", exact: true }).click();
  await ada.getByLabel("Password now").fill(PASSWORD);
  await ada.getByLabel("New password", { exact: true }).fill(THIRD);
  await ada.getByRole("button", { name: "Change password" }).click();
  await ada.getByRole("dialog").locator('[data-code="account/sign-in-failed"]').waitFor({ timeout: 20_000 });
  await ada.getByLabel("Password now").fill(SECOND);
  await ada.getByRole("button", { name: "Change password" }).click();
  await ada.getByRole("heading", { name: "Your password is changed" }).waitFor({ timeout: 30_000 });
  await ada.getByRole("button", { name: "Look through my devices" }).click();
  await expect.poll(() => ada.getByTestId("device").count()).toBe(2);
  await other.getByTestId("notice").filter({ hasText: "Your password was changed" }).waitFor({ timeout: 20_000 });
}, 120_000);

test("a new recovery key: the old one opens nothing any more", async () => {
  await settings(ada, "Recovery key");
  await ada.getByRole("button", { name: "New key to recover the account with" }).click();
  await givePassword(ada, "Make a new key", THIRD);
  await ada.getByTestId("recovery-key").waitFor({ timeout: 30_000 });
  const next = await keyOn(ada);
  expect(next).not.toBe(recoveryKey);
  await confirmKey(ada, next);
  await ada.getByTestId("key-saved").waitFor({ timeout: 20_000 });
  await fresh.goto(server.url);
  await fresh.getByRole("button", { name: "Sign in", exact: true }).click();
  await fresh.getByRole("button", { name: "Forgot your password?" }).click();
  await fresh.getByLabel("Username").fill("ada");
  await fresh.getByLabel("Recovery key").fill(recoveryKey);
  await fresh.getByLabel("New password", { exact: true }).fill(SECOND);
  await fresh.getByText("The key is whole.").waitFor();
  await fresh.getByRole("button", { name: "Open my account" }).click();
  await fresh.locator('[data-code="account/recovery-failed"]').waitFor({ timeout: 30_000 });
  recoveryKey = next;
}, 120_000);

test("a takeover is announced; another device stops it by signing the announcer out", async () => {
  await settings(other, "Account");
  await other.getByRole("button", { name: "Take over…" }).click();
  await other.getByRole("alertdialog").getByRole("button", { name: "Announce it" }).click();
  await other.getByRole("button", { name: "Waiting" }).waitFor({ timeout: 20_000 });
  const strip = ada.getByTestId("notice").filter({ hasText: "is taking over your account" });
  await strip.waitFor({ timeout: 20_000 });
  expect(await strip.getByRole("button", { name: "I have seen it" }).count()).toBe(0);
  await strip.getByRole("button", { name: "Stop it" }).click();
  await ada
    .getByTestId("device")
    .filter({ hasNotText: "This device" })
    .getByRole("button", { name: /^Sign out/u })
    .click();
  await givePassword(ada, "Sign it out", THIRD);
  await ada.getByRole("dialog").getByRole("button", { name: "Done" }).click({ timeout: 60_000 });
  await strip.waitFor({ state: "detached", timeout: 20_000 });
  await other.getByTestId("refused").waitFor({ timeout: 30_000 });
}, 150_000);

test("password and key lost, one device left: it takes the account over at once, with new keys and the same messages", async () => {
  await settings(ada, "Account");
  await ada.getByRole("button", { name: "Take over…" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Go on" }).click();
  await ada.getByRole("heading", { name: "Choose a new password" }).waitFor({ timeout: 30_000 });
  await ada.getByLabel("New password", { exact: true }).fill(SECOND);
  await ada.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
  await ada.getByTestId("recovery-key").waitFor({ timeout: 40_000 });
  const next = await keyOn(ada);
  expect(next).not.toBe(recoveryKey);
  await confirmKey(ada, next);
  await ada.getByRole("dialog").waitFor({ state: "detached", timeout: 20_000 });
  await leaveSettings(ada);
  await inList(ada, "Bob").click();
  await posted(ada, "Kept through everything.").waitFor();
  await post(ada, "Still me.");
  await posted(bob, "Still me.").waitFor({ timeout: 30_000 });
  // Bob had not verified her: a quiet line, and nothing is paused.
  await bob.getByTestId("system-line").filter({ hasText: "Ada’s keys changed" }).waitFor({ timeout: 20_000 });
  expect(await bob.getByTestId("paused").count()).toBe(0);
}, 150_000);

test("my data: everything as files, made here", async () => {
  await settings(ada, "Your data");
  await ada.getByTestId("holdings").waitFor({ timeout: 20_000 });
  await ada.getByRole("button", { name: "Export…" }).click();
  const [download] = await Promise.all([
    ada.waitForEvent("download", { timeout: 60_000 }),
    ada.getByRole("button", { name: "Save as one file (.zip)" }).click(),
  ]);
  await ada.getByTestId("export-done").waitFor();
  const files = unzipSync(readFileSync(await download.path()));
  const names = Object.keys(files).map((name) => name.split("/").at(-1));
  expect(names).toEqual(expect.arrayContaining(["index.html", "README.txt", "001-bob.html", "001-bob.json"]));
  const page = Object.entries(files).find(([name]) => name.endsWith("001-bob.html"))?.[1];
  expect(strFromU8(page ?? new Uint8Array())).toContain("Kept through everything.");
  await ada.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  // Nobody can choose a folder here: the browser's private one stands in for it.
  await ada.evaluate(() => {
    Object.assign(window, {
      showDirectoryPicker: async () =>
        (await navigator.storage.getDirectory()).getDirectoryHandle("chosen", { create: true }),
    });
  });
  await ada.getByRole("button", { name: "Export…" }).click();
  await ada.getByRole("button", { name: "Save as a folder" }).click();
  await ada.getByTestId("export-done").waitFor({ timeout: 30_000 });
  const inFolder = await ada.evaluate(async () => {
    type Listing = { entries: () => AsyncIterable<[string, FileSystemHandle]> };
    const chosen = await (await navigator.storage.getDirectory()).getDirectoryHandle("chosen");
    const found: string[] = [];
    for await (const [name] of (chosen as unknown as Listing).entries()) {
      const made = await chosen.getDirectoryHandle(name);
      for await (const [file, handle] of (made as unknown as Listing).entries())
        found.push(`${file} ${(await (handle as FileSystemFileHandle).getFile()).size > 100}`);
    }
    return found.sort();
  });
  expect(inFolder).toEqual(["001-bob.html true", "001-bob.json true", "README.txt true", "index.html true"]);
  await ada.getByRole("dialog").getByRole("button", { name: "Done" }).click();
  await leaveSettings(ada);
}, 90_000);

test("everything lost: the owner’s code gives the name to a new account, and contacts are told loudly", async () => {
  const { code } = await issueResetCode(server.dataDir, "ada");
  await fresh.goto(server.url);
  await fresh.getByRole("button", { name: "Sign in", exact: true }).click();
  await fresh.getByLabel("Username").fill("ada");
  await fresh.getByRole("button", { name: "Forgot your password?" }).click();
  await fresh.getByRole("button", { name: "I don’t have the key" }).click();
  await fresh.getByRole("button", { name: "I have a code" }).click();
  expect(await fresh.getByLabel("Username").inputValue()).toBe("ada");
  await fresh.getByLabel("Your name").fill("Ada again");
  await fresh.getByLabel("Password", { exact: true }).fill(THIRD);
  await fresh.getByLabel("Code from the owner").fill(code.startsWith("0") ? `1${code.slice(1)}` : `0${code.slice(1)}`);
  await fresh.getByRole("button", { name: "Create account" }).click();
  await fresh.locator('[data-code="account/reset-code-wrong"]').waitFor({ timeout: 30_000 });
  await fresh.getByLabel("Code from the owner").fill(code.toLowerCase());
  await fresh.getByRole("button", { name: "Create account" }).click();
  await fresh.getByTestId("connection").getByText("Connected").waitFor({ timeout: 40_000 });
  await ada.getByTestId("refused").waitFor({ timeout: 30_000 });
  // Whatever stays readable on the old device does.
  await inList(ada, "Bob").click();
  await posted(ada, "Kept through everything.").waitFor();
  await bob
    .getByTestId("system-line")
    .filter({ hasText: "gave the name @ada to another account" })
    .waitFor({ timeout: 40_000 });
}, 150_000);

test("the account is deleted: the name typed out, the password given, and nothing opens it any more", async () => {
  await settings(bob, "Your data");
  await bob.getByRole("button", { name: "Delete…" }).click();
  const dialog = bob.getByRole("dialog");
  expect(await dialog.getByRole("button", { name: "Delete my account" }).isDisabled()).toBe(true);
  await dialog.getByLabel(/^Type your username/u).fill("bob");
  await givePassword(bob, "Delete my account");
  await bob.getByRole("heading", { name: "Create your account" }).waitFor({ timeout: 60_000 });
  await signIn(bob, "bob");
  await bob.locator("form [role=alert]").first().waitFor({ timeout: 30_000 });
}, 120_000);

test("nothing left the origin, broke the policy or went wrong unseen", () => {
  for (const seen of watched) expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
});
