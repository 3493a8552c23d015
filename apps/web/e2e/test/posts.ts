import type { Locator, Page } from "playwright-core";

/** The post that says this itself, not by quoting it, with everything that belongs to it. In the log; or in another place. */
export function postOf(page: Page, text: string, place = "log"): Locator {
  return page
    .getByTestId(place)
    .getByTestId("post")
    .filter({ has: page.getByTestId("post-text").filter({ hasText: text }) })
    .filter({ hasNot: page.getByTestId("quote").filter({ hasText: text }) });
}

/**
 * Opens the menu of a post: beside it, or on a phone as a sheet. A log that was only just opened may still move under the pointer, and what
 * was meant for a post meets its neighbour or nothing: then it is tried again, as people do.
 */
export async function openMenu(post: Locator): Promise<void> {
  const page = post.page();
  const bubble = post.locator(".b").last();
  const opened = page.locator(":is([role=menu], [role=dialog]):visible").first();
  for (let tries = 3; ; tries--) {
    // What hovers over a post under the pointer covers the edges of its neighbours; the middle of its start is free.
    await page.mouse.move(1, 1);
    await bubble.scrollIntoViewIfNeeded();
    const box = await bubble.boundingBox();
    await bubble.click({ button: "right", position: { x: 6, y: (box?.height ?? 12) / 2 } });
    const isOpen = await opened.waitFor({ timeout: 5_000 }).then(
      () => true,
      () => false,
    );
    if (isOpen || tries === 1) return;
  }
}

/** Chooses something from the menu of a post. */
export async function choose(page: Page, post: Locator, name: string): Promise<void> {
  await openMenu(post);
  const exactly = { name, exact: true };
  const item = page.getByRole("menuitem", exactly).or(page.getByRole("dialog").getByRole("button", exactly));
  await item.first().click();
}

/** Opens the conversation of this name. */
export async function openNamed(page: Page, name: string): Promise<void> {
  const named = page.locator(".nm", { hasText: new RegExp(`^${name}$`, "u") });
  await page.getByTestId("conversation").filter({ has: named }).click();
  await page.getByTestId("title").filter({ hasText: name }).waitFor();
}
