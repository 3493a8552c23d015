import type { Page } from "playwright-core";

/**
 * What is wider than the place it has: the page itself, or a box that cuts off what sticks out. A text that ends in "…" is meant to,
 * and so are a field that scrolls while one types and a strip of tabs.
 */
export function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const nameOf = (element: Element) =>
      `${element.tagName.toLowerCase()}.${element.className} ${(element.textContent ?? "").slice(0, 40)}`;
    const { documentElement } = document;
    const page = documentElement.scrollWidth > window.innerWidth ? ["the page"] : [];
    const boxes = [...document.querySelectorAll("body *")].filter((element) => {
      if (!(element instanceof HTMLElement) || element.scrollWidth <= element.clientWidth + 1) return false;
      if (element.matches("input, textarea, pre, .vh, .vh *, .tabs")) return false;
      const style = getComputedStyle(element);
      if (style.textOverflow === "ellipsis" || style.display === "inline") return false;
      return style.overflowX !== "visible";
    });
    return [...page, ...boxes.map(nameOf)];
  });
}
