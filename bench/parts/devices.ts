import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine } from "@sotto/engine";
import { memoryStorage, nodePorts } from "@sotto/platform-node";
import type { ConversationId } from "@sotto/protocol";
import { archiveSizes } from "../archive-sizes.ts";
import type { Figure } from "../figure.ts";
import { median, quantile } from "../statistics.ts";

/** `SOTTO_BENCH_CONVERSATIONS=200 SOTTO_BENCH_ENTRIES=100000` is what the bars were set for; less is quicker to set up. */
const CONVERSATIONS = Number(process.env["SOTTO_BENCH_CONVERSATIONS"] ?? 200);
const ENTRIES = Number(process.env["SOTTO_BENCH_ENTRIES"] ?? 20_000);
const PASSWORD = "a long enough password for the bench";
const PAGE = 50;
const SCREENFUL = 20;

type World = { url: string; folder: string; server: ChildProcess };

/** A new device in a large account, opening what it never saw, and ending a device that sits everywhere. */
export async function measureDevices(notes: string[]): Promise<Figure[]> {
  const world = await serve();
  try {
    const started = performance.now();
    const first = await account(world, "ada");
    const friend = await account(world, "ben");
    await friend.close();
    const conversations = await fill(first);
    const seconds = ((performance.now() - started) / 1_000).toFixed(0);
    notes.push(
      `devices: ${conversations.length} conversations and ${ENTRIES} entries, written in ${seconds} s by one device in Node, the server in another process on the same machine. "sign in" is without the password's own second.`,
    );
    const figures = [...(await newDevice(world, conversations)), ...(await revocation(world, first))];
    await first.close();
    return [...figures, ...(await archiveFigures())];
  } finally {
    world.server.kill("SIGTERM");
    rmSync(world.folder, { recursive: true, force: true });
  }
}

async function serve(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "sotto-bench-"));
  const script = fileURLToPath(import.meta.resolve("../serve-open.ts"));
  const server = spawn(process.execPath, [...process.execArgv, script, join(folder, "server")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    server.once("exit", () => reject(new Error("the server didn't start")));
    server.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const said = /listening (\S+)/.exec(chunk)?.[1];
      if (said !== undefined) resolve(said);
    });
  });
  return { url, folder, server };
}

const device = async (world: World, state: Parameters<typeof nodePorts>[0]["state"]): Promise<Engine> =>
  createEngine(await nodePorts({ state, origin: world.url, deviceKind: "terminal" }));

async function account(world: World, username: string): Promise<Engine> {
  const engine = await device(world, { storage: memoryStorage() });
  await engine.signUp({ username, password: PASSWORD, displayName: null });
  await until(async () => (await isCaughtUp(engine)) || undefined);
  return engine;
}

async function isCaughtUp(engine: Engine): Promise<boolean> {
  const session = await engine.session();
  return session.kind === "signed-in" && session.caughtUp;
}

async function until<T>(look: () => Promise<T | undefined>, everyMs = 10): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(everyMs);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function fill(engine: Engine): Promise<ConversationId[]> {
  const conversations: ConversationId[] = [];
  for (let made = 0; made < CONVERSATIONS; made++)
    conversations.push(await engine.createGroup({ name: `group ${made}`, usernames: ["ben"] }));
  const each = Math.floor(ENTRIES / CONVERSATIONS);
  const rest = [...conversations];
  const write = async (): Promise<void> => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const conversation = next;
      for (let written = 0; written < each; written++)
        await engine.send({ conversation, text: `message ${written} of some ordinary length, as people write them` });
      await until(async () => {
        const page = await engine.timeline({ conversation, limit: 1 });
        const last = page.items.at(-1);
        if (last?.kind !== "post" || last.state.kind !== "sent") return undefined;
        await engine.markRead({ conversation, upToOrder: last.order });
        return true;
      });
    }
  };
  await Promise.all([write(), write(), write(), write()]);
  await pause(5_000);
  return conversations;
}

async function newDevice(world: World, conversations: readonly ConversationId[]): Promise<Figure[]> {
  const engine = await device(world, { directory: join(world.folder, "second") });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  await engine.signIn({ username: "ada", password: PASSWORD });
  delay.enable();
  const { user, system } = process.cpuUsage();
  const begun = performance.now();
  const since = (): number => performance.now() - begun;
  const named = async (): Promise<number> =>
    (await engine.conversations()).filter(({ name, preview }) => name !== null && preview !== null).length;
  const usable = await until(
    async () => ((await named()) >= Math.min(SCREENFUL, conversations.length) ? since() : undefined),
    50,
  );
  // Somebody opens the one that would come last.
  const listed = new Set((await engine.conversations()).map(({ conversation }) => conversation));
  const target = conversations.find((conversation) => !listed.has(conversation)) ?? conversations.at(-1)!;
  const opened = performance.now();
  await until(async () => {
    const page = await engine.timeline({ conversation: target, limit: PAGE }).catch(() => undefined);
    return (
      (page?.items.filter(({ kind }) => kind === "post").length ?? 0) >= Math.min(PAGE, ENTRIES / CONVERSATIONS - 2) ||
      undefined
    );
  }, 5);
  const openedMs = performance.now() - opened;
  const all = await until(async () => {
    const shown = await engine.conversations();
    const whole = shown.filter(
      ({ name, preview, state }) => name !== null && preview !== null && state.kind === "open",
    );
    return whole.length >= conversations.length ? since() : undefined;
  }, 200);
  delay.disable();
  const spent = process.cpuUsage({ user, system });
  const pages: number[] = [];
  const lastPages: number[] = [];
  for (const conversation of conversations.slice(0, 20)) {
    const before = performance.now();
    const newest = await engine.timeline({ conversation, limit: PAGE });
    lastPages.push(performance.now() - before);
    let beforeOrder = newest.items[0]?.order;
    for (let turn = 0; turn < 2 && beforeOrder !== undefined; turn++) {
      const at = performance.now();
      const page = await engine.timeline({ conversation, limit: PAGE, beforeOrder });
      if (page.items.length === PAGE) pages.push(performance.now() - at);
      beforeOrder = page.items[0]?.order;
    }
  }
  await engine.close();
  const figure = (name: string, value: number, unit: Figure["unit"], max: number | null): Figure => ({
    part: "devices",
    name,
    value,
    unit,
    bar: max === null ? { kind: "none" } : { kind: "at-most", value: max },
  });
  return [
    figure("new device: a screenful of conversations with names and last posts", usable / 1_000, "s", 3),
    figure(`new device: all ${conversations.length} entered, named and previewed`, all / 1_000, "s", null),
    figure("new device: processor time until then", (spent.user + spent.system) / 1e6, "s", null),
    figure("new device: a conversation that isn't entered yet, opened meanwhile", openedMs, "ms", 300),
    figure("new device: longest pause of its thread meanwhile", delay.max / 1e6, "ms", null),
    figure("new device: pause of its thread meanwhile, p99", delay.percentile(99) / 1e6, "ms", null),
    figure("last page after opening", median(lastPages), "ms", 300),
    figure("archived page of 50 posts, median", median(pages), "ms", 100),
    figure("archived page of 50 posts, p95", quantile(pages, 0.95), "ms", null),
  ];
}

/** The second device is ended: until its leaf is out of every group. */
async function revocation(world: World, engine: Engine): Promise<Figure[]> {
  const second = (await engine.devices()).find(({ current, active }) => active && !current)!;
  const count = (await engine.conversations()).length;
  const leaves = async (): Promise<number> => {
    let sum = 0;
    for (const { conversation } of await engine.conversations()) {
      const { members } = await engine.conversation(conversation);
      sum += members.find(({ trust }) => trust === "self")?.devices ?? 0;
    }
    return sum;
  };
  await until(async () => (await leaves()) === 2 * count || undefined, 200);
  const begun = performance.now();
  await engine.revokeDevice({ device: second.device, password: PASSWORD });
  const answered = performance.now() - begun;
  await until(async () => (await leaves()) === count || undefined, 100);
  const out = performance.now() - begun;
  void world;
  return [
    {
      part: "devices",
      name: "ending a device: signed out, statement and vault stored",
      value: answered / 1_000,
      unit: "s",
      bar: { kind: "none" },
    },
    {
      part: "devices",
      name: `ending a device: out of ${count} groups`,
      value: out / 1_000,
      unit: "s",
      bar: { kind: "none" },
    },
  ];
}

async function archiveFigures(): Promise<Figure[]> {
  const { bytesPerPost, postPerReader } = await archiveSizes({ members: 50, speakers: 10, postsPerEpoch: 100 });
  return [
    {
      part: "devices",
      name: "archive of one account for a post: 50 members, 10 speakers, 100 posts an epoch",
      value: bytesPerPost,
      unit: "bytes",
      rival: { name: "each post sealed again for its reader", value: postPerReader },
      bar: { kind: "ratio-at-most", value: 1, ratio: bytesPerPost / postPerReader },
    },
  ];
}
