import { afterAll, beforeAll, expect, test } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchBrowser, profile } from "./test/browser.ts";
import { drawFailures } from "./test/failure-screens.ts";
import { composer, inList, letIn, PASSWORD, post, posted, signIn, signUp, write } from "./test/people.ts";
import { testServer } from "./test/server.ts";
import type { TestServer } from "./test/server.ts";

let server: TestServer;
let browser: Browser;
let ada: Page;
let bob: Page;
let adaContext: BrowserContext;

beforeAll(async () => {
  server = await testServer();
  browser = await launchBrowser();
  const [first, second] = await Promise.all([profile(browser, server.url), profile(browser, server.url)]);
  ada = first.page;
  adaContext = first.context;
  bob = second.page;
  await signUp(ada, server.url, "ada", "Ada Lovelace");
  await signUp(bob, server.url, "bob", "Bob");
  await write(ada, ["bob"]);
  await post(ada, "Before anything.");
  await letIn(bob);
  await posted(bob, "Before anything.").waitFor();
}, 180_000);

afterAll(async () => {
  await browser.close();
  await server.end();
});

drawFailures(() => ({ "device-ada": ada, "device-bob": bob }));

test("offline: what is written waits, is said to wait, and goes out in order", async () => {
  await adaContext.setOffline(true);
  await server.stop();
  await ada.getByTestId("offline").waitFor({ timeout: 20_000 });
  for (const text of ["first", "second", "third"]) await post(ada, `While away: ${text}`);
  await posted(ada, "While away: third").waitFor();
  expect(await ada.locator('[data-testid="post"][data-state="sending"]').count()).toBe(3);
  await server.start();
  await adaContext.setOffline(false);
  await posted(bob, "While away: third").waitFor({ timeout: 40_000 });
  const texts = await bob.getByTestId("post-text").filter({ hasText: "While away" }).allInnerTexts();
  expect(texts).toEqual(["While away: first", "While away: second", "While away: third"]);
  await ada.getByTestId("offline").waitFor({ state: "detached" });
  await expect.poll(() => ada.locator('[data-testid="post"][data-state="sending"]').count()).toBe(0);
}, 120_000);

test("the server restarting costs seconds, and nothing is lost", async () => {
  await server.stop();
  await post(bob, "Into a restart");
  await server.start();
  await posted(ada, "Into a restart").waitFor({ timeout: 40_000 });
}, 60_000);

test("two tabs of one account both work and agree", async () => {
  const second = await adaContext.newPage();
  await second.goto(server.url);
  await inList(second, "Into a restart").click();
  await posted(second, "Into a restart").waitFor();
  await post(second, "From the second tab");
  await posted(ada, "From the second tab").waitFor();
  await posted(bob, "From the second tab").waitFor();
  await post(ada, "From the first tab");
  await posted(second, "From the first tab").waitFor();
  await post(bob, "To both");
  await posted(ada, "To both").waitFor();
  await posted(second, "To both").waitFor();
  // The tab that leads goes away: the other one goes on.
  await ada.close();
  await post(second, "From the tab that is left");
  await posted(bob, "From the tab that is left").waitFor();
  ada = second;
}, 90_000);

test("a taken name, a wrong password, a common password: a sentence each, and nothing typed is lost", async () => {
  const { page, context } = await profile(browser, server.url);
  await page.goto(server.url);
  await page.getByLabel("Your name").fill("Somebody Else");
  await page.getByLabel("Username").fill("ada");
  const password = page.getByLabel("Password", { exact: true });
  await password.fill("password1");
  await page
    .getByTestId("password-strength")
    .filter({ hasText: "Weak. A common password." })
    .waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: "Create account" }).click();
  await expect.poll(() => password.getAttribute("aria-invalid")).toBe("true");
  await password.fill(PASSWORD);
  await page.getByTestId("password-strength").filter({ hasText: "Strong." }).waitFor();
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByText("Someone here already has this name.").waitFor({ timeout: 30_000 });
  expect(await page.getByLabel("Your name").inputValue()).toBe("Somebody Else");
  expect(await page.getByLabel("Username").inputValue()).toBe("ada");
  expect(await password.inputValue()).toBe(PASSWORD);
  await signIn(page, "ada", "not the password at all");
  await page.getByText("That username and password don't open an account here.").waitFor({ timeout: 30_000 });
  expect(await page.getByLabel("Username").inputValue()).toBe("ada");
  await server.stop();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The server isn't answering.").waitFor({ timeout: 60_000 });
  expect(await page.getByLabel("Password", { exact: true }).inputValue()).toBe("not the password at all");
  await server.start();
  await context.close();
}, 150_000);

test("signing out asks and wipes; signing in again joins every conversation as a new device", async () => {
  await ada.getByRole("button", { name: "Settings" }).click();
  await ada.getByRole("button", { name: "Sign out of this device" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Cancel" }).click();
  await ada.getByRole("button", { name: "Sign out of this device" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
  await ada.getByRole("heading", { name: "Create your account" }).waitFor({ timeout: 30_000 });
  await signIn(ada, "ada");
  await ada.getByTestId("connection").getByText("Connected").waitFor({ timeout: 30_000 });
  await inList(ada, /bob/iu).click();
  // What was wiped here comes back from the archive, to the first line.
  await posted(ada, "Before anything.").waitFor({ timeout: 20_000 });
  await post(bob, "Welcome back");
  await posted(ada, "Welcome back").waitFor();
  await post(ada, "A new device");
  await posted(bob, "A new device").waitFor();
  await composer(ada).waitFor();
}, 120_000);

test("a damaged database is said so, costs nothing on the server, and one can sign in again", async () => {
  // A page of the same origin without the app: nothing holds the files there.
  await ada.goto(`${server.url}/mark.svg`);
  const damaged = await ada.evaluate(async () => {
    const spoil = async (folder: FileSystemDirectoryHandle): Promise<number> => {
      let files = 0;
      for await (const entry of (folder as unknown as { values: () => AsyncIterable<FileSystemHandle> }).values()) {
        if (entry.kind === "directory") files += await spoil(entry as FileSystemDirectoryHandle);
        else {
          const handle = entry as FileSystemFileHandle;
          const { size } = await handle.getFile();
          const writer = await handle.createWritable({ keepExistingData: true });
          // Behind the first 4 KiB, in which the file system keeps the file's name.
          if (size > 4096)
            await writer.write({ type: "write", position: 4096, data: new Uint8Array(size - 4096).fill(0x5a) });
          await writer.close();
          files += size > 4096 ? 1 : 0;
        }
      }
      return files;
    };
    return spoil(await navigator.storage.getDirectory());
  });
  expect(damaged).toBeGreaterThan(0);
  await ada.goto(server.url);
  await ada.getByRole("heading", { name: "This device lost its memory" }).waitFor({ timeout: 30_000 });
  await ada.getByRole("button", { name: "Sign in again" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Clear and go on" }).click();
  await ada.getByRole("heading", { name: "Create your account" }).waitFor({ timeout: 30_000 });
  await signIn(ada, "ada");
  await inList(ada, /bob/iu).click({ timeout: 30_000 });
  await posted(ada, "Before anything.").waitFor({ timeout: 20_000 });
  await post(bob, "Nothing was lost");
  await posted(ada, "Nothing was lost").waitFor();
}, 120_000);

test("over plain HTTP from another host the page says what to do, and starts nothing", async () => {
  const other = await launchBrowser(["--host-resolver-rules=MAP chat.example 127.0.0.1"]);
  const page = await other.newPage();
  const { port } = new URL(server.url);
  await page.goto(`http://chat.example:${port}/`);
  await page.getByRole("heading", { name: "This address can't keep secrets" }).waitFor();
  await page.getByText(`https://chat.example:${port}`).waitFor();
  expect(await page.getByRole("textbox").count()).toBe(0);
  await other.close();
}, 60_000);
