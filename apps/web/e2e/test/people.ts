import type { Page } from "playwright-core";

export const PASSWORD = "lamp oil before the long gallery";

/** Signs a new person up and waits for the app. */
export async function signUp(page: Page, url: string, username: string, displayName = ""): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Your name").fill(displayName);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByTestId("connection").getByText("Connected").waitFor({ timeout: 30_000 });
}

/** A new browser of an account, until its conversations are there. */
export async function signInAt(page: Page, url: string, username: string, password = PASSWORD): Promise<void> {
  await page.goto(url);
  await signIn(page, username, password);
  await page.getByTestId("connection").getByText("Connected").waitFor({ timeout: 30_000 });
}

export async function settings(page: Page, name: string): Promise<void> {
  const menu = page.getByRole("navigation", { name: "Settings" });
  if (!(await menu.isVisible())) await page.getByRole("button", { name: "Settings" }).click();
  await menu.getByRole("button", { name, exact: true }).click();
}

export async function leaveSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Back to conversations" }).click();
}

/** Gives the password in the dialog that asks for it. */
export async function givePassword(page: Page, verb: string, password = PASSWORD): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill(password);
  await dialog.getByRole("button", { name: verb, exact: true }).click();
}

export async function signIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByRole("button", { name: "Sign in", exact: true }).first().click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Opens a conversation with one person, or makes a group of several. */
export async function write(page: Page, usernames: readonly string[], groupName?: string): Promise<void> {
  await page.getByRole("button", { name: "New message" }).click();
  const to = page.getByRole("combobox");
  for (const username of usernames) {
    await to.fill(username);
    await to.press("Enter");
    await page.getByRole("dialog").locator(".tok").nth(usernames.indexOf(username)).waitFor();
  }
  if (groupName !== undefined) await page.getByLabel("Name of the group").fill(groupName);
  await page.getByRole("button", { name: usernames.length > 1 ? "Create group" : "Start conversation" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await composer(page).waitFor();
}

/** Opens the first of those that only ask to talk, and lets it in. */
export async function letIn(page: Page): Promise<void> {
  await page.getByTestId("requests").click({ timeout: 60_000 });
  await page.getByTestId("conversation").first().click();
  await page.getByTestId("request-bar").getByRole("button", { name: "Accept" }).click();
  await composer(page).waitFor();
  await page.getByRole("button", { name: "All", exact: true }).click();
}

export async function enterRoom(page: Page, room: string): Promise<void> {
  await page.getByRole("button", { name: "New message" }).click();
  await page.getByRole("button", { name: "Open room" }).click();
  await page.getByLabel("Exact name of the room").fill(room);
  await page.getByRole("button", { name: "Look it up" }).click();
  await page.getByRole("button", { name: /^(Create|Join) room$/u }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await composer(page).waitFor();
}

export function composer(page: Page) {
  return page.locator("#composer");
}

export async function post(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** The text of a post in the open conversation. */
export function posted(page: Page, text: string | RegExp) {
  return page.getByTestId("post-text").filter({ hasText: text });
}

/** A row of the list. */
export function inList(page: Page, text: string | RegExp) {
  return page.getByTestId("conversation").filter({ hasText: text });
}

/** Opens the details of the open conversation, if they aren't shown already. */
export async function openDetails(page: Page): Promise<void> {
  const button = page.getByRole("button", { name: "Details", exact: true });
  if ((await button.getAttribute("aria-pressed")) !== "true") await button.click();
  await page.getByRole("complementary", { name: "Details" }).waitFor();
}
