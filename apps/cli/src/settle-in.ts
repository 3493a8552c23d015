import { countOf } from "@sotto/views";
import { caughtUp, until, type Run } from "./session.ts";

const CATCH_UP_TIMEOUT_MS = 15_000;
const ENTER_TIMEOUT_MS = 20_000;
/** Fetching what was written last goes on that long; the rest comes when it is looked at. */
const FETCH_TIMEOUT_MS = 10_000;
const LAST_POSTS = 20;

/**
 * A new device enters the conversations of its account and fetches what was written last in each: a command that ends at once
 * would leave that to the next one. Never fails: whatever isn't done now is done later.
 */
export async function settleIn(run: Run): Promise<void> {
  const { engine } = run;
  try {
    if (!(await caughtUp(run, CATCH_UP_TIMEOUT_MS))) return;
    const isIn = await until(engine, ENTER_TIMEOUT_MS, async () =>
      (await engine.conversations()).every(({ state }) => state.kind !== "joining"),
    );
    const conversations = [...(await engine.conversations())].sort((a, b) => b.activeAt - a.activeAt);
    const latest = Date.now() + FETCH_TIMEOUT_MS;
    for (const { conversation } of conversations) {
      if (Date.now() > latest) break;
      await engine.timeline({ conversation, limit: LAST_POSTS });
    }
    const rest = isIn ? "" : " Some are still being entered.";
    if (conversations.length > 0)
      await run.note(`${countOf(conversations.length, "conversation is", "conversations are")} here.${rest}`);
  } catch {
    await run.note("The conversations come the next time that sotto is online.");
  }
}
