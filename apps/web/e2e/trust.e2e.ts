import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { issueResetCode } from "@sotto/server";
import { launchBrowser, profile, type Watch } from "./test/browser.ts";
import { cameraArguments, showToCamera } from "./test/camera.ts";
import { drawFailures } from "./test/failure-screens.ts";
import {
  composer,
  inList,
  letIn,
  openDetails,
  post,
  posted,
  settings,
  signInAt,
  signUp,
  write,
} from "./test/people.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

const folder = mkdtempSync(join(tmpdir(), "sotto-camera-"));
const picture = join(folder, "camera.y4m");

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
let bobToo: Page;
const watched: Watch[] = [];

async function person(camera = true): Promise<Page> {
  const { page, context, seen } = await profile(browser, server.url);
  if (camera) await context.grantPermissions(["camera"], { origin: server.url });
  watched.push(seen);
  return page;
}

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser(cameraArguments(picture));
  [ada, bob, bobToo] = await Promise.all([person(), person(), person(false)]);
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await write(ada, ["bob"]);
  await post(ada, "Is it you?");
  await letIn(bob);
  await post(bob, "It is.");
  await posted(ada, "It is.").waitFor({ timeout: 30_000 });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await server.end();
  rmSync(folder, { recursive: true });
});

drawFailures(() => ({ ada, bob, bobToo }));

async function openVerify(page: Page, name: string): Promise<void> {
  await openDetails(page);
  if (!(await page.getByTestId("trust").isVisible())) await page.getByTestId("members").getByText(name).click();
  await page
    .getByTestId("trust")
    .getByRole("button", { name: /^(Verify|Compare again)/u })
    .click();
  await page.getByTestId("safety-number").waitFor({ timeout: 20_000 });
}

const numberOn = async (page: Page): Promise<string> =>
  (await page.getByTestId("safety-number").locator("li > span[aria-hidden]").allInnerTexts()).join(" ");

test("[T06] both see the same twelve groups; what differs takes nothing for granted", async () => {
  await openVerify(ada, "Bob");
  await openVerify(bob, "Ada Lovelace");
  const number = await numberOn(ada);
  expect(number).toMatch(/^\d{5}( \d{5}){11}$/u);
  expect(await numberOn(bob)).toBe(number);
  await bob.getByRole("dialog").getByRole("button", { name: "They don’t match" }).click();
  await bob.getByTestId("verify-danger").waitFor();
  await bob.getByRole("button", { name: "Compare again" }).click();
  await bob.keyboard.press("Escape");
  expect(await bob.getByTestId("trust").getAttribute("data-trust")).toBe("unverified");
}, 60_000);

test("[T06] somebody else's code is refused; the right one, scanned, verifies", async () => {
  await openVerify(bob, "Ada Lovelace");
  const code = (await ada.getByTestId("qr").getAttribute("data-qr")) ?? "";
  expect(code).toMatch(/^SOTTO VERIFY /u);
  // Every digit of the number another one.
  const others = code.replaceAll(/\d(?=\d*$)/gu, (digit) => String((Number(digit) + 1) % 10));
  showToCamera(picture, others);
  await bob.getByRole("button", { name: "Scan Ada’s code" }).click();
  await bob.getByRole("dialog").locator('[data-code="trust/mismatch"]').waitFor({ timeout: 20_000 });
  expect(await bob.getByTestId("trust").getAttribute("data-trust")).toBe("unverified");
  showToCamera(picture, code);
  await bob.getByRole("button", { name: "Scan Ada’s code" }).click();
  await bob.getByTestId("verify-verified").waitFor({ timeout: 20_000 });
  await bob.getByRole("button", { name: "Done" }).click();
  await expect.poll(() => bob.getByTestId("trust").getAttribute("data-trust")).toBe("verified");
  await inList(bob, "Ada Lovelace").getByText("Verified").waitFor({ state: "attached" });
  await ada.keyboard.press("Escape");
}, 90_000);

test("a camera that may not be used: said, with the way on", async () => {
  await signInAt(bobToo, server.url, "bob");
  await settings(bobToo, "Devices");
  await bobToo.getByRole("button", { name: "Link a device" }).click();
  await bobToo.getByRole("button", { name: "Scan its code" }).click();
  await bobToo.getByTestId("camera-refused").filter({ hasText: "may not use the camera" }).waitFor();
  await bobToo.getByLabel("Or type its code").waitFor();
  await bobToo.keyboard.press("Escape");
  await bobToo.getByRole("button", { name: "Back to conversations" }).click();
}, 60_000);

test("whom one verified is verified on one's own other device", async () => {
  await inList(bobToo, "Ada Lovelace").getByText("Verified").waitFor({ state: "attached", timeout: 30_000 });
}, 60_000);

test("[T06] a verified person takes their account over: sending stops, the draft and what waits are kept", async () => {
  await composer(bob).fill("What I was about to say");
  await settings(ada, "Account");
  await ada.getByRole("button", { name: "Take over…" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Go on" }).click();
  await ada.getByLabel("New password", { exact: true }).fill("carry the one across the column");
  await ada.getByRole("dialog").getByRole("button", { name: "Finish" }).click();
  await ada.getByTestId("recovery-key").waitFor({ timeout: 40_000 });
  await bob.getByTestId("paused").waitFor({ timeout: 40_000 });
  expect(await composer(bob).count()).toBe(0);
  await bob.getByText("Draft kept: “What I was about to say”").waitFor();
  await inList(bob, "Keys changed. Sending is paused.").waitFor();
  await expect.poll(() => bob.getByTestId("trust").getAttribute("data-trust")).toBe("changed");
  // On the other device as well, and nothing there sends either.
  await inList(bobToo, "Keys changed. Sending is paused.").click({ timeout: 30_000 });
  await bobToo.getByTestId("paused").waitFor();
}, 150_000);

test("to go on without verifying is a choice: it holds on both devices, and the mark is gone", async () => {
  await bob.getByTestId("paused").getByRole("button", { name: "Send without verifying" }).click();
  await bob.getByTestId("paused").waitFor({ state: "detached", timeout: 20_000 });
  expect(await composer(bob).inputValue()).toBe("What I was about to say");
  await composer(bob).press("Enter");
  await bob.locator('[data-testid="post"][data-state="sent"]').last().waitFor({ timeout: 20_000 });
  await expect.poll(() => bob.getByTestId("trust").getAttribute("data-trust")).toBe("unverified");
  await bobToo.getByTestId("paused").waitFor({ state: "detached", timeout: 30_000 });
  await posted(bobToo, "What I was about to say").waitFor({ timeout: 30_000 });
}, 90_000);

test("blocked: nothing of theirs is shown, nothing goes to them; and it can be taken back", async () => {
  await bob.getByRole("button", { name: "Block Ada" }).click();
  await bob.getByRole("alertdialog").getByRole("button", { name: "Block" }).click();
  await bob.getByRole("button", { name: "Unblock Ada" }).first().waitFor({ timeout: 20_000 });
  expect(await composer(bob).count()).toBe(0);
  await expect.poll(() => bob.getByTestId("trust").getAttribute("data-trust")).toBe("blocked");
  await bobToo.getByText("You blocked this person.").waitFor({ timeout: 30_000 });
  await bobToo.getByRole("button", { name: "Unblock Ada" }).first().click();
  await composer(bob).waitFor({ timeout: 30_000 });
}, 90_000);

test("[T06] a verified name that goes to another account: the old conversation stops, and says why", async () => {
  await openVerify(bob, "Ada");
  await bob.getByRole("dialog").getByRole("button", { name: "They match" }).click();
  await bob.getByTestId("verify-verified").waitFor({ timeout: 20_000 });
  await bob.getByRole("button", { name: "Done" }).click();
  const { code } = await issueResetCode(server.dataDir, "ada");
  const impostor = await person(false);
  await impostor.goto(server.url);
  await impostor.getByRole("button", { name: "Sign in", exact: true }).click();
  await impostor.getByLabel("Username").fill("ada");
  await impostor.getByRole("button", { name: "Forgot your password?" }).click();
  await impostor.getByRole("button", { name: "I don’t have the key" }).click();
  await impostor.getByRole("button", { name: "I have a code" }).click();
  await impostor.getByLabel("Your name").fill("Ada Lovelace");
  await impostor.getByLabel("Code from the owner").fill(code);
  await impostor.getByLabel("Password", { exact: true }).fill("moth under glass beside a relay");
  await impostor.getByRole("button", { name: "Create account" }).click();
  await impostor.getByTestId("connection").getByText("Connected").waitFor({ timeout: 40_000 });
  const paused = bob.getByTestId("paused").filter({ hasText: "@ada is another account now" });
  await paused.waitFor({ timeout: 40_000 });
  expect(await composer(bob).count()).toBe(0);
  expect(await paused.getByRole("button", { name: /^Verify/u }).count()).toBe(0);
  // The new account is nobody whom Bob has verified, whatever it calls itself.
  await write(impostor, ["bob"]);
  await post(impostor, "It is me, really.");
  await bob.getByTestId("requests").click({ timeout: 40_000 });
  const asking = inList(bob, "Wants to talk");
  await asking.waitFor();
  expect(await asking.innerText()).toContain("@ada");
  expect(await asking.innerText()).not.toContain("Lovelace");
  expect(await asking.getByText("Verified").count()).toBe(0);
  await asking.click();
  await bob.getByTestId("request-bar").getByRole("button", { name: "Accept" }).click();
  await bob.getByRole("button", { name: "All", exact: true }).click();
  const row = inList(bob, "It is me, really.");
  await row.waitFor({ timeout: 40_000 });
  expect(await row.getByText("Verified").count()).toBe(0);
}, 150_000);

test("nothing left the origin, broke the policy or went wrong unseen", () => {
  for (const seen of watched) expect(seen).toEqual({ foreign: [], violations: [], errors: [] });
});
