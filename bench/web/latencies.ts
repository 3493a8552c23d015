import type { Engine } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import type { Page } from "playwright-core";
import { pause } from "../../apps/web/e2e/test/friend.ts";

const WARM = 10;

/** ms from the event of the Enter key, as the browser dates it, until the author's own post is painted. */
export async function fromKeyToOwnPost(page: Page, rounds: number): Promise<number[]> {
  const all: number[] = [];
  for (let round = -WARM; round < rounds; round++) {
    const text = `own post ${round} of the bench`;
    await page.locator("#composer").fill(text);
    const measured = page.evaluate(async (wanted) => {
      const pressed = new Promise<number>((resolve) =>
        addEventListener("keydown", ({ timeStamp }) => resolve(timeStamp), { capture: true, once: true }),
      );
      const shown = await window.probe.postPainted(wanted);
      return shown - (await pressed);
    }, text);
    await page.locator("#composer").press("Enter");
    const took = await measured;
    if (round >= 0) all.push(took);
    await pause(20);
  }
  return all;
}

/**
 * ms from the moment in which another device is told to send until the post is painted here. More than from the receipt: sealing, the way
 * to the server, its disk and the way here are in it. Both clocks are this machine's.
 */
export async function fromSendToPainted(
  page: Page,
  sender: Engine,
  conversation: ConversationId,
  rounds: number,
): Promise<number[]> {
  const all: number[] = [];
  for (let round = -WARM; round < rounds; round++) {
    const text = `their post ${round} of the bench`;
    const shown = page.evaluate(
      async (wanted) => performance.timeOrigin + (await window.probe.postPainted(wanted)),
      text,
    );
    await pause(20);
    const sent = performance.timeOrigin + performance.now();
    await sender.send({ conversation, text });
    const took = (await shown) - sent;
    if (round >= 0) all.push(took);
  }
  return all;
}

/** ms from the click on a row of the list until the other conversation's end is painted. Each row is `[data-conversation]`. */
export async function switching(
  page: Page,
  targets: readonly { conversation: ConversationId; last: string }[],
  rounds: number,
): Promise<number[]> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { conversation, last } = targets[round % targets.length]!;
    const took = await page.evaluate(
      async ([id, text]) => {
        // Only rows near the window exist.
        const list = document.querySelector('[data-testid="conversations"]')?.closest(".scroll");
        for (let px = 0; document.querySelector(`[data-conversation="${id}"]`) === null && px < 4_000; px += 300) {
          list?.scrollTo(0, px);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        const row = document.querySelector<HTMLElement>(`[data-conversation="${id}"]`);
        if (row === null) throw new Error("the row isn't shown");
        const from = performance.now();
        row.click();
        return (await window.probe.postPainted(text)) - from;
      },
      [conversation, last] as const,
    );
    all.push(took);
    await pause(10);
  }
  return all;
}
