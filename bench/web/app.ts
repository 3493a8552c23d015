import type { Engine } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import type { BrowserContext, Page } from "playwright-core";
import { createFriend, pause, until } from "../../apps/web/e2e/test/friend.ts";
import { write } from "../../apps/web/e2e/test/people.ts";
import type { Bar, Figure, Unit } from "../figure.ts";
import { median, quantile } from "../statistics.ts";
import { floorOfKeys, floorOfOpening, openFloor } from "./floor.ts";
import { fromKeyToOwnPost, fromSendToPainted, switching } from "./latencies.ts";
import { heapOf, probing } from "./probe.ts";
import { createGroups, fillDatabase } from "./seed.ts";
import { signUpInPage, type World } from "./world.ts";

const CONVERSATIONS = Number(process.env["SOTTO_BENCH_APP_CONVERSATIONS"] ?? 1_000);
const LATENCIES = Number(process.env["SOTTO_BENCH_APP_ROUNDS"] ?? 200);
const MISSED = Number(process.env["SOTTO_BENCH_APP_MISSED"] ?? 10_000);
/** What the list's bars are about: 100,000 posts in all conversations, and as many once more in a single one. */
const EACH = 100;
const LONG = 100_000;
/** Conversations that are switched between, with so many posts each: more than an app would keep at hand. */
const BUSY = 10;
const BUSY_POSTS = 10_000;
const COLD_STARTS = 7;
const SCROLL_MS = 12_000;

const LONG_NAME = "long";
const MISSED_NAME = "missed";
const busyName = (n: number): string => `busy ${String(n).padStart(2, "0")}`;
const begun = performance.now();
const say = (what: string): void => console.error(`   ${((performance.now() - begun) / 1_000).toFixed(0)} s: ${what}`);

type Account = { friend: Engine; ids: Map<string, ConversationId> };

/** An account of 1,000 conversations in one browser, and how that browser feels. */
export async function measureApp(world: World, notes: string[]): Promise<Figure[]> {
  const account = await setUp(world);
  const figures: Figure[] = [];
  try {
    say("cold start");
    figures.push(...(await coldStart(world)));
    say("missed posts");
    figures.push(...(await missedPosts(world, account, notes)));
    const context = await world.browser();
    await probing(context);
    const floor = await openFloor(context, world.url);
    const page = await openApp(context, world);
    say("latencies");
    figures.push(...(await latencies(page, floor, account)));
    say("scrolling");
    figures.push(...(await scrolling(page, floor, account, notes)));
    await context.close();
    return figures;
  } finally {
    await account.friend.close();
  }
}

async function setUp(world: World): Promise<Account> {
  const context = await world.browser();
  const page = await context.newPage();
  const friend = await createFriend(world.url, "ben");
  await signUpInPage(page, world.url, "ada");
  // Whom one has written to is no stranger: what they bring one into is in the list.
  await write(page, ["ben"]);
  await page.locator("#composer").fill("Hello");
  await page.locator("#composer").press("Enter");
  const named = [LONG_NAME, MISSED_NAME, ...Array.from({ length: BUSY }, (_, n) => busyName(n))];
  const rest = Array.from({ length: CONVERSATIONS - named.length }, (_, n) => `group ${n}`);
  say(`${CONVERSATIONS} groups`);
  const names = [...named, ...rest];
  const made = await createGroups(friend, names, ["ada"]);
  const ids = new Map(names.map((name, at) => [name, made[at]!]));
  // Written last, so that they are at the head of the list.
  for (const name of [...ids.keys()].slice(0, named.length).toReversed()) {
    await friend.send({ conversation: ids.get(name)!, text: lastOf(name) });
    await pause(5);
  }
  await until(() => isSent(friend, ids.get(LONG_NAME)!, lastOf(LONG_NAME)));
  // Everything has arrived when the newest of the list says so; the rest is entered before it.
  await page.getByText(lastOf(LONG_NAME)).first().waitFor({ timeout: 300_000 });
  await allEntered(page);
  await page.close();
  say("posts into the database");
  const filling = await context.newPage();
  const posts = { [LONG_NAME]: LONG, ...Object.fromEntries(named.slice(2).map((name) => [name, BUSY_POSTS])) };
  await fillDatabase(filling, world.url, { each: EACH, posts, until: Date.now() - 3_600_000 });
  await context.close();
  return { friend, ids };
}

const lastOf = (name: string): string => `the last one of ${name}`;

async function isSent(engine: Engine, conversation: ConversationId, text: string): Promise<boolean> {
  const { items } = await engine.timeline({ conversation, limit: 1 });
  const last = items.at(-1);
  return last?.kind === "post" && last.text === text && last.state.kind === "sent";
}

/** Until nothing has changed in the list for a while. */
async function allEntered(page: Page): Promise<void> {
  const shape = (): Promise<string> =>
    page.evaluate(() => document.querySelector('[data-testid="conversations"]')?.textContent ?? "");
  for (let before = "", same = 0; same < 5; await pause(1_000)) {
    const now = await shape();
    same = now === before ? same + 1 : 0;
    before = now;
  }
}

async function openApp(context: BrowserContext, world: World): Promise<Page> {
  const page = await context.newPage();
  await page.goto(world.url);
  await page.locator("[data-conversation]").first().waitFor({ timeout: 60_000 });
  return page;
}

/** From the navigation in a browser that was only just started until the list's rows are painted. */
async function coldStart(world: World): Promise<Figure[]> {
  const starts: number[] = [];
  const floors: number[] = [];
  const longest: number[] = [];
  for (let round = 0; round < COLD_STARTS; round++) {
    const context = await world.browser();
    await probing(context);
    const floor = await openFloor(context, world.url);
    floors.push(
      await floor.evaluate(() => window.probe.painted(() => document.querySelectorAll("#list div").length > 0)),
    );
    await floor.close();
    const page = await context.newPage();
    await page.goto(world.url, { waitUntil: "commit" });
    starts.push(
      await page.evaluate(() =>
        window.probe.painted(() => document.querySelectorAll("[data-conversation]").length >= 8),
      ),
    );
    await pause(1_500);
    longest.push(Math.max(0, ...(await page.evaluate(() => window.probe.longTasks()))));
    await context.close();
  }
  const what = `${CONVERSATIONS} conversations, ${(CONVERSATIONS * EACH + LONG + BUSY * BUSY_POSTS).toLocaleString("en")} posts`;
  return [
    {
      ...figure(`cold start to the list, ${what}, median of ${COLD_STARTS}`, median(starts), "ms", 1_500),
      rival: { name: "a bare page", value: median(floors) },
    },
    figure("cold start to the list, slowest", Math.max(...starts), "ms", null),
    figure("cold start, longest task of the page", Math.max(...longest), "ms", null),
  ];
}

/** Somebody writes while the browser is closed. From opening the app until all of it is decrypted and listed. */
async function missedPosts(world: World, { friend, ids }: Account, notes: string[]): Promise<Figure[]> {
  const conversation = ids.get(MISSED_NAME)!;
  const text = (n: number): string => `missed post ${n}, of some ordinary length, as people write them every day`;
  for (let n = 0; n < MISSED; n++) await friend.send({ conversation, text: text(n) });
  await until(() => isSent(friend, conversation, text(MISSED - 1)), 100);
  const context = await world.browser();
  await probing(context);
  const floor = await openFloor(context, world.url);
  const floorSeconds = await floorOfOpening(floor, MISSED);
  await floor.close();
  const page = await context.newPage();
  await page.goto(world.url, { waitUntil: "commit" });
  const listedMs = await page.evaluate(() =>
    window.probe.painted(() => document.querySelectorAll("[data-conversation]").length >= 8),
  );
  const ms = await page.evaluate(
    ([id, start]) =>
      window.probe.painted(
        () => document.querySelector(`[data-conversation="${id}"]`)?.textContent?.includes(start) === true,
      ),
    [conversation, `missed post ${MISSED - 1},`] as const,
  );
  const tasks = await page.evaluate(() => window.probe.longTasks());
  const opened = await page.evaluate(
    async ([id, first]) => {
      const from = performance.now();
      document.querySelector<HTMLElement>(`[data-conversation="${id}"]`)?.click();
      return (
        (await window.probe.painted(
          () => document.querySelectorAll('[data-testid="log"] [data-testid="post-text"]').length > 0 && first !== "",
        )) - from
      );
    },
    [conversation, text(0)] as const,
  );
  await context.close();
  notes.push(
    `web: tasks of the page over 50 ms while ${MISSED} missed posts came in: ${tasks.map((each) => each.toFixed(0)).join(", ") || "none"} ms.`,
  );
  return [
    {
      ...figure(
        `${MISSED.toLocaleString("en")} missed posts, from opening the app to decrypted and listed`,
        ms / 1_000,
        "s",
        6,
      ),
      rival: { name: "cipher and signature alone", value: floorSeconds },
    },
    figure("missed posts: of that, after the list was there", (ms - listedMs) / 1_000, "s", null),
    figure("missed posts: longest task of the page", Math.max(0, ...tasks), "ms", 100),
    figure("missed posts: opening that conversation then", opened, "ms", null),
  ];
}

async function latencies(page: Page, floor: Page, { friend, ids }: Account): Promise<Figure[]> {
  const busy = Array.from({ length: BUSY }, (_, n) => busyName(n)).map((name) => ({
    conversation: ids.get(name)!,
    last: lastOf(name),
  }));
  await page.bringToFront();
  await pause(3_000);
  const first = await switching(page, busy, BUSY);
  const again = await switching(page, busy, LATENCIES);
  const open = busy[0]!.conversation;
  await switching(page, [busy[0]!], 1);
  const keys = await fromKeyToOwnPost(page, LATENCIES);
  const arrivals = await fromSendToPainted(page, friend, open, LATENCIES);
  await floor.bringToFront();
  const floors = await floorOfKeys(floor, LATENCIES);
  const rival = { name: "a bare page", value: quantile(floors, 0.95) };
  await page.bringToFront();
  return [
    {
      ...figure(`key to own post, p95 of ${LATENCIES}, ${BUSY_POSTS} posts there`, quantile(keys, 0.95), "ms", 50),
      rival,
    },
    figure("key to own post, p50", median(keys), "ms", null),
    {
      ...figure(`another device's send to painted here, p95 of ${LATENCIES}`, quantile(arrivals, 0.95), "ms", 50),
      rival,
    },
    figure("another device's send to painted here, p50", median(arrivals), "ms", null),
    {
      ...figure(`another conversation of ${BUSY_POSTS} posts, p95 of ${LATENCIES}`, quantile(again, 0.95), "ms", 100),
      rival,
    },
    figure("another conversation, p50", median(again), "ms", null),
    figure(`another conversation for the first time, slowest of ${BUSY}`, Math.max(...first), "ms", null),
  ];
}

/** Frames while a long conversation and the long list move, and what of it stays in memory. */
async function scrolling(page: Page, floor: Page, { ids }: Account, notes: string[]): Promise<Figure[]> {
  const runs: { name: string; gaps: number[]; long: number[] }[] = [];
  const run = async (of: Page, name: string, selector: string, px: number): Promise<void> => {
    await of.evaluate(() => window.probe.longTasks());
    const gaps = await of.evaluate(([where, by, ms]) => window.probe.scroll(where, by, ms), [
      selector,
      px,
      SCROLL_MS,
    ] as const);
    runs.push({ name, gaps, long: await of.evaluate(() => window.probe.longTasks()) });
  };
  await floor.bringToFront();
  await run(floor, "a bare list", "#list", 4);
  await page.bringToFront();
  await switching(page, [{ conversation: ids.get(LONG_NAME)!, last: lastOf(LONG_NAME) }], 1);
  await pause(1_000);
  const log = '[data-testid="log"]';
  await run(page, "a conversation, reading upwards", log, -20);
  const heapBefore = await heapOf(page);
  await run(page, "a conversation, flung upwards", log, -400);
  const heapMiddle = await heapOf(page);
  await run(page, "a conversation, flung further", log, -400);
  const heapAfter = await heapOf(page);
  await run(page, "a conversation, flung back down", log, 400);
  await page.evaluate(() => {
    document.querySelector('[data-testid="conversations"]')?.closest(".scroll")?.setAttribute("data-bench", "list");
  });
  await run(page, "the list of conversations", '[data-bench="list"]', 40);
  for (const { name, gaps, long } of runs)
    notes.push(
      `web: ${name}: ${gaps.length} frames in ${(SCROLL_MS / 1_000).toFixed(0)} s; gaps p50 ${median(gaps).toFixed(1)}, p95 ${quantile(gaps, 0.95).toFixed(1)}, longest ${Math.max(...gaps).toFixed(1)} ms; tasks over 50 ms: ${long.map((each) => each.toFixed(0)).join(", ") || "none"}.`,
    );
  const [bare, ...own] = runs;
  const rival = { name: "a bare list", value: quantile(bare!.gaps, 0.95) };
  const MIB = 1024;
  return [
    ...own.map(({ name, gaps }) => ({
      ...figure(`scrolling ${name}: gap between frames, p95`, quantile(gaps, 0.95), "ms", 17.5),
      rival,
    })),
    figure("heap of the page, after scrolling a little", heapBefore.bytes / MIB, "KiB", null),
    figure("heap of the page, flung upwards", heapMiddle.bytes / MIB, "KiB", null),
    {
      ...figure("heap of the page, flung twice as far", heapAfter.bytes / MIB, "KiB", null),
      rival: { name: "before", value: heapMiddle.bytes / MIB },
      bar: { kind: "ratio-at-most", value: 1.1, ratio: heapAfter.bytes / heapMiddle.bytes } satisfies Bar,
    },
    figure("nodes of the document then", heapAfter.nodes, "", null),
  ];
}

function figure(name: string, value: number, unit: Unit, max: number | null): Figure {
  return { part: "web", name, value, unit, bar: max === null ? { kind: "none" } : { kind: "at-most", value: max } };
}
