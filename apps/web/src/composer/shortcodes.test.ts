import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { exact, loadShortcodes, matching } from "./shortcodes.ts";

test("a shortcode is the emoji that people mean, drawn as one", async () => {
  const data = readFileSync(new URL(import.meta.resolve("emojibase-data/en/shortcodes/iamcal.json")), "utf8");
  vi.stubGlobal("fetch", async (address: string) => {
    expect(address).toBe("/emoji/en/shortcodes.json");
    return new Response(data);
  });
  const all = await loadShortcodes();
  expect(exact(all, "tada")).toBe("🎉");
  expect(exact(all, "heart")).toBe("❤️");
  expect(exact(all, "+1")).toBe("👍");
  expect(matching(all, "smil")[0]?.code.startsWith("smil")).toBe(true);
  expect(matching(all, "thumbsup").map(({ emoji }) => emoji)[0]).toBe("👍");
  expect(matching(all, "nothinglikethis")).toEqual([]);
  // Everything that is offered is shown as an emoji, not as a letter.
  for (const { emoji } of all) expect(emoji).toMatch(/\p{Emoji_Presentation}|\uFE0F|\u20E3/u);
  vi.unstubAllGlobals();
});
