import type { Page } from "playwright-core";
import { letIn, write } from "../../apps/web/e2e/test/people.ts";
import { launchChromium } from "../chromium.ts";
import type { Figure } from "../figure.ts";
import { median, quantile } from "../statistics.ts";
import { signUpInPage, type World } from "./world.ts";

const ROUNDS = 3;
const POSTS = 70;
const WARM = 10;

/** Two browsers at the real server: from Enter in one to the other's screen. */
export async function fromEnterToScreen(world: World): Promise<Figure[]> {
  const browser = await launchChromium();
  const person = async (username: string): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
    const page = await context.newPage();
    await signUpInPage(page, world.url, username);
    return page;
  };
  try {
    const [ada, bob] = [await person("eva"), await person("bob")];
    await write(ada, ["bob"]);
    await type(ada, "The first one makes the conversation");
    await letIn(bob);
    await bob.getByTestId("post-text").filter({ hasText: "The first one" }).waitFor();
    for (let i = 0; i < WARM; i++) await once(ada, bob, `warm ${i}.`);
    const rounds: number[][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const latencies: number[] = [];
      // Each way in turns: neither browser is only ever a reader.
      const [author, reader] = round % 2 === 0 ? [ada, bob] : [bob, ada];
      for (let i = 0; i < POSTS; i++) latencies.push(await once(author, reader, `round ${round} post ${i}.`));
      rounds.push(latencies);
    }
    const all = rounds.flat();
    return [
      {
        part: "web",
        name: `from Enter to the other's screen, p50 of ${all.length}`,
        value: median(all),
        unit: "ms",
        bar: { kind: "at-most", value: 100 },
      },
      {
        part: "web",
        name: `from Enter to the other's screen, p95 of ${all.length}`,
        value: quantile(all, 0.95),
        unit: "ms",
        bar: { kind: "none" },
      },
    ];
  } finally {
    await browser.close();
  }
}

/** From the key in one page to the frame after the other page's document shows the text. Both clocks are this machine's. */
async function once(author: Page, reader: Page, text: string): Promise<number> {
  const shown = reader.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const isThere = () =>
          [...document.querySelectorAll('[data-testid="post-text"]')]
            .slice(-3)
            .some((each) => each.textContent === wanted);
        const observer = new MutationObserver(() => {
          if (!isThere()) return;
          observer.disconnect();
          // The callback runs before this frame is painted; the one after it, once it has been.
          requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())));
        });
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
      }),
    text,
  );
  await author.locator("#composer").fill(text);
  const pressed = author.evaluate(
    () =>
      new Promise<number>((resolve) =>
        addEventListener("keydown", () => resolve(performance.timeOrigin + performance.now()), {
          capture: true,
          once: true,
        }),
      ),
  );
  await author.locator("#composer").press("Enter");
  const [from, to] = await Promise.all([pressed, shown]);
  return to - from;
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator("#composer").fill(text);
  await page.locator("#composer").press("Enter");
}
