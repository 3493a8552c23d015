import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPasswordClientAt } from "@sotto/crypto/password-client";
import { DEFAULT_LIMITS, type Rate } from "@sotto/delivery";
import { createEngine, type Engine, type Ports, type SqlValue, type Storage, type Store } from "@sotto/engine";
import { memoryStorage, nodePorts } from "@sotto/platform-node";
import type { ConversationId } from "@sotto/protocol";
import { readConfig, startServer } from "@sotto/server";
import type { Figure } from "../figure.ts";

const SIZES = [10, 100];
const POSTS = 40;
const AGEING = 400;
const TEXT = "All that is written here is sealed. ".repeat(29).slice(0, 1024);
const UNLIMITED: Rate = { burst: 1e9, refillMs: 1 };

/** What whole engines hand to their stores for a post, its author's and a reader's, at a real server. */
export async function measureStore(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of SIZES) figures.push(...(await inGroupOf(size)));
  return figures;
}

async function inGroupOf(size: number): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "sotto-bench-store-"));
  const limits = {
    ...DEFAULT_LIMITS,
    framesPerConnection: UNLIMITED,
    anonymousPerAddress: UNLIMITED,
    signUpsPerAddress: UNLIMITED,
    postsPerAccount: UNLIMITED,
    claimsPerRequester: UNLIMITED,
  };
  const server = await startServer(
    readConfig({}, { host: "127.0.0.1", port: 0, dataDir, webDir: null, logLevel: "silent", limits }),
  );
  const engines: Engine[] = [];
  try {
    const [author, reader] = [new Counter(), new Counter()];
    const origin = server.url;
    for (let i = 0; i < size; i++) {
      const engine = await createEngine(await portsOf(origin, i === 0 ? author : i === 1 ? reader : undefined));
      engines.push(engine);
      await engine.signUp({ username: `bench${i}`, password: "lamp oil before the long gallery", displayName: null });
    }
    const [ann, ben] = engines;
    if (ann === undefined || ben === undefined) throw new Error("a group of fewer than two");
    const usernames = engines.slice(1).map((_, i) => `bench${i + 1}`);
    const conversation = await ann.createGroup({ name: "Bench", usernames });
    for (const engine of engines.slice(2)) await engine.close();
    await talk(ann, ben, conversation, 5);
    const young = await bytesOf(author, reader, () => talk(ann, ben, conversation, POSTS));
    await talk(ann, ben, conversation, AGEING);
    const old = await bytesOf(author, reader, () => talk(ann, ben, conversation, POSTS));
    const figure = (whose: string, value: number): Figure => ({
      part: "mls",
      name: `store, 1 KiB post, group of ${size}, ${whose}`,
      value,
      unit: "bytes",
      bar: { kind: "at-most", value: 4096 },
    });
    return [
      figure("author", young.author),
      figure(`author, ${AGEING} posts on`, old.author),
      figure("reader", young.reader),
      figure(`reader, ${AGEING} posts on`, old.reader),
    ];
  } finally {
    for (const engine of engines) await engine.close();
    await server.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function bytesOf(
  author: Counter,
  reader: Counter,
  work: () => Promise<void>,
): Promise<{ author: number; reader: number }> {
  const [authorBefore, readerBefore] = [author.bytes, reader.bytes];
  await work();
  return { author: (author.bytes - authorBefore) / POSTS, reader: (reader.bytes - readerBefore) / POSTS };
}

/** One after the other: each is sent once its reader has the one before. */
async function talk(ann: Engine, ben: Engine, conversation: ConversationId, posts: number): Promise<void> {
  let arrived = 0;
  let next = (): void => undefined;
  const stop = ben.subscribe((change) => {
    if (change.kind !== "arrived" || change.conversation !== conversation) return;
    arrived++;
    next();
  });
  for (let i = 0; i < posts; i++) {
    const isHere = new Promise<void>((resolve) => (next = () => void (arrived > i && resolve())));
    await ann.send({ conversation, text: TEXT });
    await isHere;
  }
  stop();
  // The author's own copy comes back to it last.
  for (;;) {
    const [newest] = (await ann.timeline({ conversation, limit: 1 })).items.slice(-1);
    if (newest?.kind === "post" && newest.post !== undefined && newest.state.kind === "sent") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function portsOf(origin: string, counter: Counter | undefined): Promise<Ports> {
  const storage = counter === undefined ? memoryStorage() : counter.over(memoryStorage());
  const ports = await nodePorts({ state: { storage }, origin, deviceKind: "terminal" });
  // What a password costs is measured elsewhere.
  const passwords = createPasswordClientAt({ iterations: 1, memory: 8, parallelism: 1 }, { cheapForTests: true });
  return { ...ports, passwords };
}

/** Sums up what is handed to a store to be written. */
class Counter {
  bytes = 0;

  over(storage: Storage): Storage {
    return {
      durability: storage.durability,
      open: async () => this.#count(await storage.open()),
      wipe: () => storage.wipe(),
    };
  }

  #count(store: Store): Store {
    return {
      all: (sql, parameters) => store.all(sql, parameters),
      run: (sql, parameters = []) => {
        for (const parameter of parameters) this.bytes += sizeOf(parameter);
        store.run(sql, parameters);
      },
      transaction: (work) => store.transaction(work),
      close: () => store.close(),
    };
  }
}

function sizeOf(value: SqlValue): number {
  if (value === null) return 0;
  if (typeof value === "string") return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.length : 8;
}
