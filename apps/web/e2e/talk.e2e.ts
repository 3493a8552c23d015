import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import type { Watch } from "./test/browser.ts";
import { composer, enterRoom, inList, letIn, openDetails, post, posted, signUp, write } from "./test/people.ts";
import { choose } from "./test/posts.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
let cleo: Page;
const seen: Watch[] = [];

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  const profiles = await Promise.all([1, 2, 3].map(() => profile(browser, server.url)));
  seen.push(...profiles.map((one) => one.seen));
  [ada, bob, cleo] = profiles.map((one) => one.page) as [Page, Page, Page];
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await signUp(cleo, server.url, "cleo");
}, 180_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

afterEach(() => {
  for (const one of seen) expect(one).toEqual({ foreign: [], violations: [], errors: [] });
});

test("two people write to each other, and each sees it at once", async () => {
  await write(ada, ["bob"]);
  await post(ada, "The first programme is sealed.");
  await letIn(bob);
  await posted(bob, "The first programme is sealed.").waitFor();
  await post(bob, "And opened here.");
  await posted(ada, "And opened here.").waitFor();
  // Own posts right, others' left.
  expect(await ada.getByTestId("post").first().getAttribute("class")).toContain("out");
  expect(await bob.getByTestId("post").first().getAttribute("class")).not.toContain("out");
  await ada.getByTestId("post-state").filter({ hasText: "Sent" }).waitFor();
});

test("a display name reaches only those one writes to", async () => {
  await bob.getByTestId("title").filter({ hasText: "Ada Lovelace" }).waitFor();
  await ada.getByTestId("title").filter({ hasText: "Bob" }).waitFor();
});

test("Shift+Enter breaks the line, Enter sends, and the draft survives a reload", async () => {
  await composer(ada).fill("one");
  await composer(ada).press("Shift+Enter");
  await composer(ada).pressSequentially("two");
  await composer(ada).press("Enter");
  await posted(bob, "one").waitFor();
  expect(await posted(bob, "one").innerText()).toBe("one\ntwo");
  await composer(ada).fill("not finished, so");
  await ada.waitForTimeout(600);
  await ada.reload();
  await composer(ada).waitFor();
  await expect.poll(() => composer(ada).inputValue()).toBe("not finished, so");
  await composer(ada).fill("");
});

test("reload shows everything again from this device", async () => {
  await bob.reload();
  await posted(bob, "The first programme is sealed.").waitFor();
  await posted(bob, "And opened here.").waitFor();
  await posted(bob, "one").waitFor();
});

test("what arrives elsewhere is counted, shown in the list and in the window's title", async () => {
  await bob.goto(`${server.url}/#/`);
  await post(ada, "Are you there?");
  await inList(bob, "Are you there?").locator(".count").waitFor();
  await expect.poll(() => bob.title()).toContain("(1)");
  await inList(bob, "Are you there?").click();
  await bob.getByTestId("unread-divider").waitFor();
  await expect.poll(() => bob.title()).not.toContain("(1)");
});

test("new posts scroll into view only if the reader was at the bottom, else there is a way down with a count", async () => {
  for (let line = 1; line <= 30; line++) await post(ada, `Line ${line}\nwith a second one`);
  await posted(bob, "Line 30").waitFor();
  const end = () => bob.getByTestId("log").evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  await expect.poll(end).toBeLessThan(80);
  await bob.getByTestId("log").hover();
  await bob.mouse.wheel(0, -1200);
  await expect.poll(end).toBeGreaterThan(400);
  const top = await bob.getByTestId("log").evaluate((log) => log.scrollTop);
  await post(ada, "While you read above");
  await bob.getByRole("button", { name: "1 new" }).waitFor();
  expect(Math.abs((await bob.getByTestId("log").evaluate((log) => log.scrollTop)) - top)).toBeLessThan(2);
  await bob.getByRole("button", { name: "1 new" }).click();
  await posted(bob, "While you read above").waitFor();
  await expect.poll(end).toBeLessThan(80);
}, 120_000);

test("what the server sees is shown beside what is read, and holds no word of it", async () => {
  const shown = posted(ada, "While you read above");
  await choose(ada, ada.getByTestId("post").filter({ has: shown }), "What the server sees");
  const dialog = ada.getByRole("dialog");
  await dialog.getByTestId("server-table").waitFor();
  expect(await dialog.getByTestId("read-text").innerText()).toBe("While you read above");
  expect(await dialog.innerText()).toContain("byte for byte what this device received");
  const bytes = (await dialog.getByTestId("sealed-bytes").innerText())
    .split("\n")
    .flatMap((line) => line.slice(6).split(/\s+/u))
    .map((hex) => Number.parseInt(hex, 16))
    .filter((byte) => !Number.isNaN(byte));
  expect(bytes.length).toBeGreaterThan(200);
  expect(Buffer.from(bytes).includes("While you read above")).toBe(false);
  await ada.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("an entry and its keys, as the panel copies them after a warning, open in a terminal: offline, without an account", async () => {
  await ada.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const shown = posted(ada, "While you read above");
  await choose(ada, ada.getByTestId("post").filter({ has: shown }), "What the server sees");
  await ada.getByRole("button", { name: "Show its keys…" }).click();
  await ada.getByRole("dialog").getByRole("alert").filter({ hasText: "Whoever has these keys" }).waitFor();
  expect(await ada.getByTestId("entry-keys").count()).toBe(0);
  await ada.getByRole("button", { name: "Show them" }).click();
  await ada.getByTestId("entry-keys").waitFor({ timeout: 20_000 });
  await ada.getByRole("button", { name: "Copy all three" }).click();
  await expect.poll(() => ada.evaluate(() => navigator.clipboard.readText())).toMatch(/^entry /u);
  const copied = await ada.evaluate(() => navigator.clipboard.readText());
  const decrypt = (input: string) =>
    spawnSync(process.execPath, [fileURLToPath(new URL("../../cli/src/main.ts", import.meta.url)), "decrypt"], {
      input,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "" },
    });
  expect(decrypt(copied).stdout).toMatch(/^text\s+While you read above$/mu);
  const forged = copied.replace(/^(entry .*)(.{4})$/mu, (_, kept: string, last: string) =>
    last === "AAAA" ? `${kept}BBBB` : `${kept}AAAA`,
  );
  const refused = decrypt(forged);
  expect(refused.stdout).toBe("");
  expect(refused.status).not.toBe(0);
  await ada.keyboard.press("Escape");
}, 60_000);

test("a group with a name: adding, reading, removing, leaving", async () => {
  await write(ada, ["bob", "cleo"], "Difference Engine");
  await post(ada, "For three.");
  await inList(bob, "Difference Engine").click();
  // She shares nothing with any of them yet.
  await letIn(cleo);
  for (const page of [bob, cleo]) await posted(page, "For three.").waitFor();
  await post(cleo, "Read.");
  await posted(ada, "Read.").waitFor();
  await posted(bob, "Read.").waitFor();
  await openDetails(ada);
  await expect.poll(() => ada.getByTestId("members").locator("li").count()).toBe(3);
  await ada.getByRole("button", { name: "Actions for @cleo" }).click();
  await ada.getByRole("menuitem", { name: "Remove" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect.poll(() => ada.getByTestId("members").locator("li").count()).toBe(2);
  await cleo.getByText("You were removed").waitFor();
  await post(ada, "Without Cleo.");
  await posted(bob, "Without Cleo.").waitFor();
  expect(await posted(cleo, "Without Cleo.").count()).toBe(0);
  await openDetails(bob);
  await bob.getByRole("button", { name: "Leave this group" }).click();
  await bob.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
  await ada.getByTestId("system-line").filter({ hasText: "left" }).waitFor();
}, 120_000);

test("an open room: created and joined by exact name, and said to be public", async () => {
  await enterRoom(ada, "general");
  await post(ada, "Welcome.");
  await enterRoom(bob, "general");
  await post(bob, "Thank you.");
  await posted(ada, "Thank you.").waitFor();
  await openDetails(bob);
  await bob.getByTestId("public-note").waitFor();
  await expect.poll(() => bob.getByTestId("members").locator("li").count()).toBe(2);
  await bob.getByRole("button", { name: "Leave this room" }).click();
  await bob.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
  await ada.getByTestId("system-line").filter({ hasText: "left" }).waitFor();
}, 120_000);

test("a person's panel shows account id, key fingerprint, seal and devices", async () => {
  await inList(ada, "While you read above").click();
  await openDetails(ada);
  await ada.getByTestId("members").getByText("Bob").click();
  await ada.getByTestId("fingerprint").waitFor();
  expect(await ada.getByTestId("account-id").innerText()).toMatch(/^[\w-]{43}$/u);
  await ada.getByRole("img", { name: "Seal of Bob" }).waitFor();
});
