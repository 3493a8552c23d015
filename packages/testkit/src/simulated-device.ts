import { createEngine, type Engine, type SqlRow, type SqlValue, type Storage, type Store } from "@sotto/engine";
import type { Provider } from "@sotto/mls";
import { KIND, type ConversationId } from "@sotto/protocol";
import { migrate } from "@sotto/engine/schema";
import { memoryStorage } from "@sotto/platform-node";
import { CrashError, Life, type CrashPoint } from "./life.ts";
import { crashingStorage, type StorePlant } from "./crashing-store.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import { seededPasswordClient, seededSignInKeys } from "./seeded-keys.ts";
import { ORIGIN } from "./simulated-server.ts";
import type { Trace } from "./trace.ts";
import type { Timers } from "./virtual-clock.ts";

export type DeviceOptions = {
  name: string;
  clock: Timers;
  network: Network;
  random: Random;
  trace: Trace;
  plant?: StorePlant | undefined;
  /** Its person lets in everybody who writes to them, so long after they notice, in ms. Undefined: nobody, unasked. */
  letsStrangersInAfter?: (() => number) | undefined;
  makeProvider: (random: (length: number) => Uint8Array) => Promise<Provider>;
  /** After every commit to the device's store. */
  observer: (device: SimulatedDevice, store: Store, tables: ReadonlySet<string>) => void;
};

/** A device's disk as it was once, as the bytes of its database. */
export type DiskImage = Uint8Array;

/** A device: a real engine over a storage that outlives its crashes. */
export class SimulatedDevice {
  readonly name: string;
  readonly #options: DeviceOptions;
  readonly #inner = memoryStorage();
  #life: Life | undefined;
  #opened: Store | undefined;
  #engine: Engine | undefined;
  #lives = 0;
  #provider: Provider | undefined;
  /** Everything that this device logged. */
  readonly logged: string[] = [];
  /** From the next start on. */
  farBehindCommits: number | undefined;
  /** Its disk was once another's, or older than it had been. */
  wasPutBack = false;
  /** By how much its clock is wrong, from the next start on. */
  clockOffMs = 0;
  onCrash: ((when: string) => void) | undefined;

  constructor(options: DeviceOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#engine !== undefined && this.#life?.isOver === false;
  }

  /** @throws {CrashError} when it isn't running: whoever was at work on it has been cut short. */
  get engine(): Engine {
    if (this.#engine === undefined) throw new CrashError();
    return this.#engine;
  }

  /** Of the current life. */
  get provider(): Provider {
    if (this.#provider === undefined) throw new Error(`${this.name} never ran`);
    return this.#provider;
  }

  async start(): Promise<void> {
    if (this.isRunning) return;
    // What a dead process left open: an unfinished transaction is gone with it.
    this.#opened?.close();
    this.#opened = undefined;
    const { clock, network, random, trace, plant, observer, makeProvider } = this.#options;
    const off = this.clockOffMs;
    const life = new Life((when) => this.#crashed(when));
    this.#life = life;
    const own = random.stream(`life ${this.#lives++}`);
    const bytes = (length: number): Uint8Array => own.bytes(length);
    this.#provider = await makeProvider(bytes);
    if (this.#lives === 1) this.#inner.putBack(await freshImage());
    const watched: Storage = {
      durability: this.#inner.durability,
      open: async () => this.#watch(await this.#inner.open()),
      wipe: () => this.#inner.wipe(),
    };
    const engine = await createEngine({
      storage: crashingStorage(watched, life, (store, tables) => observer(this, store, tables), plant),
      signInKeys: seededSignInKeys(bytes),
      transport: network.transport(this.name, life, ORIGIN),
      clock: life.timers(
        off === 0 ? clock : { now: () => clock.now() + off, after: (ms, work) => clock.after(ms, work) },
      ),
      random: bytes,
      provider: this.#provider,
      passwords: seededPasswordClient(bytes),
      deviceKind: "terminal",
      ...(this.farBehindCommits === undefined ? {} : { farBehindCommits: this.farBehindCommits }),
      log: (level, code, fields) => {
        if (life.isOver) return;
        const line = JSON.stringify({ level, code, ...fields });
        this.logged.push(line);
        trace.add(`${this.name} log ${line}`);
      },
    });
    if (life.isOver) return;
    this.#engine = engine;
    const hesitation = this.#options.letsStrangersInAfter;
    if (hesitation === undefined) return;
    engine.subscribe(({ kind }) => {
      if (kind === "conversations") clock.after(hesitation(), () => this.#letStrangersIn(engine));
    });
    // Who has hesitated in an earlier life decides in this one.
    clock.after(hesitation(), () => this.#letStrangersIn(engine));
  }

  #letStrangersIn(engine: Engine): void {
    if (engine !== this.#engine) return;
    const waiting = this.peek(
      `select id from conversations where kind in (?, ?) and created_here = 0
        and not exists (select 1 from sync where key = 'accepted/' || id and value is not null)`,
      [KIND.direct, KIND.group],
    );
    for (const { id } of waiting)
      engine.acceptRequest({ conversation: id as ConversationId }).catch(() => this.logged.push("a request was gone"));
  }

  /** What is closed can't be looked into any more. */
  #watch(store: Store): Store {
    const watched: Store = {
      all: (sql, parameters) => store.all(sql, parameters),
      run: (sql, parameters) => store.run(sql, parameters),
      transaction: (work) => store.transaction(work),
      close: () => {
        if (this.#opened === watched) this.#opened = undefined;
        store.close();
      },
    };
    return (this.#opened = watched);
  }

  arm(point: CrashPoint): void {
    this.#life?.arm(point);
  }

  disarm(): void {
    this.#life?.disarm();
  }

  crash(): void {
    this.#life?.crash();
  }

  #crashed(when: string): void {
    this.#engine = undefined;
    this.#options.network.abandon(this.name);
    this.onCrash?.(when);
  }

  /** Switched off in good order. */
  async stop(): Promise<void> {
    const { engine } = this;
    await engine.close();
    this.#life?.end();
    this.#engine = undefined;
    this.#opened = undefined;
    this.#options.network.cut(this.name);
  }

  /** Looks into the device's database, past the engine. Empty when it isn't open. */
  peek(sql: string, parameters: readonly SqlValue[] = []): SqlRow[] {
    return this.#opened === undefined ? [] : this.#opened.all(sql, parameters);
  }

  /** Changes the device's database behind its engine's back, as a rollback of its disk does. */
  tamper(sql: string, parameters: readonly SqlValue[] = []): void {
    this.#opened?.run(sql, parameters);
  }

  /** Everything on its disk at this moment. Undefined while it isn't open. */
  image(): DiskImage | undefined {
    return this.#opened === undefined ? undefined : this.#inner.image();
  }

  /** Switches it off, puts an older state of its disk back and leaves it switched off. */
  async putBack(image: DiskImage): Promise<void> {
    this.wasPutBack = true;
    if (this.isRunning) await this.stop();
    this.#opened?.close();
    this.#opened = undefined;
    this.#inner.putBack(image);
  }

  dispose(): void {
    this.#life?.end();
    this.#opened?.close();
    void this.#inner.wipe();
  }
}

/** The empty database of this version: made by its migrations once, and not for every device of every history again. */
let fresh: Promise<DiskImage> | undefined;

function freshImage(): Promise<DiskImage> {
  return (fresh ??= (async () => {
    const storage = memoryStorage();
    const store = await storage.open();
    migrate(store);
    const image = storage.image();
    if (image === undefined) throw new Error("an open storage without anything in it");
    store.close();
    await storage.wipe();
    return image;
  })());
}

export const isCrash = (error: unknown): boolean => error instanceof CrashError;
