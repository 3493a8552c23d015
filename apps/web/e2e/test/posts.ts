import type { Locator, Page } from "playwright-core";

/** The post that says this, with everything that belongs to it. */
export function postOf(page: Page, text: string): Locator {
  return page.getByTestId("post").filter({ has: page.getByTestId("post-text").filter({ hasText: text }) });
}

/** Opens the menu of a post: beside it, or on a phone as a sheet. */
export async function openMenu(post: Locator): Promise<void> {
  await post
    .locator(".b")
    .last()
    .click({ button: "right", position: { x: 6, y: 6 } });
}

/** Chooses something from the menu of a post. */
export async function choose(page: Page, post: Locator, name: string): Promise<void> {
  await openMenu(post);
  const item = page.getByRole("menuitem", { name }).or(page.getByRole("dialog").getByRole("button", { name }));
  await item.first().click();
}
