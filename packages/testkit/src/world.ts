import type { Limits } from "@sotto/delivery";
import {
  decodeCbor,
  decodeServerFrame,
  toBase64Url,
  type AccountId,
  type ConversationId,
  type DeviceId,
  type PostId,
} from "@sotto/protocol";
import { FrameScan } from "./canary.ts";
import type { Store } from "@sotto/engine";
import type { StorePlant } from "./crashing-store.ts";
import { KeyWatch } from "./key-watch.ts";
import { Ledger } from "./ledger.ts";
import { CALM, Network } from "./network.ts";
import { Person } from "./person.ts";
import { Random } from "./random.ts";
import { nodeAead, seededProvider } from "./seeded-provider.ts";
import { SimulatedDevice, type DiskImage } from "./simulated-device.ts";
import { SimulatedServer, type DeliveryPlant } from "./simulated-server.ts";
import { standInProvider } from "./stand-in-provider.ts";
import { isOfStrangers, sealedForStrangers, signalIn } from "./strangers.ts";
import { Trace } from "./trace.ts";
import { VirtualClock, settled } from "./virtual-clock.ts";

/** Bugs to plant, each around a port or an adapter of the product. */
export type Plants = { store?: StorePlant; delivery?: DeliveryPlant; forgetsLastAppend?: boolean };

/** `suite`: "stand-in" for the many histories in which nobody breaks keys ({@link standInProvider}). */
export type { Person } from "./person.ts";

/** `strangers`: whether people let everybody in who writes to them, which they do unless a test is about that, and whether at once. */
export type WorldOptions = {
  plants?: Plants;
  suite?: "real" | "stand-in";
  limits?: Partial<Limits>;
  strangers?: "let in" | "hesitate" | "ask";
};

// 2026-03-01: after the lifetimes of nothing and before those of everything.
const START = Date.UTC(2026, 2, 1);

const DOUBT_MS = 60_000;
/** How long people take at most to let strangers in, where they hesitate. */
const HESITATION_MS = 60_000;
const PLENTY = { burst: 1e6, refillMs: 1 };

/** Devices and the delivery service in one process, under a virtual clock and a simulated network. */
export class World {
  readonly random: Random;
  readonly clock = new VirtualClock(START);
  readonly trace = new Trace(() => this.clock.now());
  readonly network: Network;
  readonly server: SimulatedServer;
  readonly ledger = new Ledger();
  readonly frames = new FrameScan();
  readonly keys = new KeyWatch();
  readonly people: Person[] = [];
  /** What went wrong before anybody looked. */
  readonly findings: string[] = [];
  /** Texts that nobody but the person and their devices may see: recovery keys. */
  readonly secrets = new Set<string>();
  /** Copies of disks, to be put back. */
  readonly images = new Map<SimulatedDevice, DiskImage>();
  /** `account account`: the first has had the second blocked at some time. */
  readonly everBlocked = new Set<string>();
  /** `account conversation epoch`: a device of the account has had keys of the epoch itself, and given by nobody. */
  readonly #hadKeys = new Set<string>();
  readonly #notedKeys = new Set<string>();
  readonly #leaves = new Map<string, number[]>();
  /** `account conversation`: somebody wanted what they had read to be unread again. */
  readonly everMarkedUnread = new Set<string>();
  /** Devices, by name, that somebody tried to revoke, and when: what they wrote shortly before is shown by some and not by others. */
  readonly #doubts = new Map<string, number>();
  #reads: {
    device: SimulatedDevice;
    id: DeviceId;
    conversation: ConversationId;
    order: number;
    thread: PostId | null;
  }[] = [];
  /** The account that was last seen on a device. */
  readonly #lastAccounts = new Map<SimulatedDevice, AccountId>();
  #leapMs = 0;
  readonly #keysBefore = new Map<SimulatedDevice, ReadonlySet<string>>();
  readonly #endedKeys: { account: AccountId; keys: ReadonlySet<string> }[] = [];
  /** Devices that were revoked, and how long each log was when that was done. */
  readonly #ended = new Map<SimulatedDevice, { device: DeviceId; lengths: ReadonlyMap<ConversationId, number> }>();
  onDeviceCrash: ((device: SimulatedDevice, when: string) => void) | undefined;
  readonly #plants: Plants;
  readonly #isReal: boolean;
  readonly #strangers: NonNullable<WorldOptions["strangers"]>;
  #made = 0;
  readonly #stolen: SimulatedDevice[] = [];

  private constructor(seed: string, { plants = {}, suite = "real", limits = {}, strangers = "let in" }: WorldOptions) {
    this.#isReal = suite === "real";
    this.#strangers = strangers;
    this.random = new Random(seed);
    this.#plants = plants;
    this.network = new Network(this.clock, this.random.stream("network"), this.trace);
    this.network.witness = (name, direction, frame) => {
      this.frames.add(frame);
      if (direction === "up") this.#checkSignal(name, frame);
    };
    this.network.delivered = (device, frame) => this.keys.sent(device, frame);
    this.network.arrived = (device, frame) => this.#noteAcceptance(device, frame);
    this.server = new SimulatedServer({
      clock: this.clock,
      network: this.network,
      random: this.random.stream("server"),
      trace: this.trace,
      // One machine stands for a hundred days here: what slows floods down has tests of its own (packages/delivery).
      limits: {
        signUpsPerAddress: PLENTY,
        conversationsPerAccount: PLENTY,
        contactsPerAccount: PLENTY,
        signInsPerAccount: PLENTY,
        recoveriesPerAccount: PLENTY,
        changesPerAccount: PLENTY,
        linksPerAddress: PLENTY,
        linkClaimsPerAccount: PLENTY,
        ...limits,
      },
      ...(plants.delivery === undefined ? {} : { plant: plants.delivery }),
      ...(plants.forgetsLastAppend === undefined ? {} : { forgetsLastAppend: plants.forgetsLastAppend }),
    });
  }

  static async create(seed: string | number, options: WorldOptions = {}): Promise<World> {
    const world = new World(String(seed), options);
    await world.server.start();
    return world;
  }

  get devices(): SimulatedDevice[] {
    return this.people.flatMap(({ devices }) => devices);
  }

  /** With those that are lost. */
  get everyDevice(): SimulatedDevice[] {
    return [...this.devices, ...this.#stolen];
  }

  /** A new person, who has signed up nowhere yet. */
  addPerson(name: string): Person {
    const person = new Person(name);
    this.people.push(person);
    return person;
  }

  /** A new device of theirs, switched on and signed out. */
  async addDevice(person: Person): Promise<SimulatedDevice> {
    const name = `${person.username}/${++this.#made}`;
    const moods = this.random.stream(`mood ${name}`);
    const hesitation = (): number => (this.#strangers === "hesitate" ? moods.between(0, HESITATION_MS) : 0);
    const device = new SimulatedDevice({
      name,
      clock: this.clock,
      network: this.network,
      random: this.random.stream(`device ${name}`),
      trace: this.trace,
      plant: this.#plants.store,
      letsStrangersInAfter: this.#strangers === "ask" ? undefined : hesitation,
      observer: (observed, store, tables) => {
        this.ledger.observe(observed, store, tables);
        if (tables.has("items") && this.#ended.has(observed)) this.#checkEnded(observed, store);
        if (tables.has("archived")) this.#noteKeys(store);
        if (tables.has("journal") || tables.has("pending_commits")) this.#checkSealed(observed, store);
      },
      makeProvider: (random) => (this.#isReal ? seededProvider : standInProvider)(random, this.keys.over(nodeAead)),
    });
    person.devices.push(device);
    device.onCrash = (when) => this.onDeviceCrash?.(device, when);
    await device.start();
    return device;
  }

  /** A device that isn't its person's any more: nothing is expected of it from here on. */
  async lose(device: SimulatedDevice): Promise<void> {
    for (const person of this.people) person.devices = person.devices.filter((each) => each !== device);
    this.images.delete(device);
    this.#stolen.push(device);
    if (device.isRunning) await device.stop();
  }

  /** Someone who has signed up, with the device on which they did. */
  async signedUp(name: string): Promise<SimulatedDevice> {
    const person = this.addPerson(name);
    const device = await this.addDevice(person);
    await this.until(device.engine.signUp(person));
    await this.run(500);
    return device;
  }

  /** Lets time pass until a promise is settled. @throws what it rejects with, or an error after `maxMs` of virtual time */
  async until<T>(work: Promise<T>, maxMs = 120_000): Promise<T> {
    let result: { ok: true; value: T } | { ok: false; error: unknown } | undefined;
    work.then(
      (value) => (result = { ok: true, value }),
      (error: unknown) => (result = { ok: false, error }),
    );
    const end = this.clock.now() + maxMs;
    await settled();
    while (result === undefined) {
      if (this.clock.now() >= end) throw new Error(`nothing came of it in ${maxMs} ms`);
      await this.clock.run(20);
    }
    if (result.ok) return result.value;
    throw result.error;
  }

  /** For the people of a history: resolves when so much time has passed. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  /** Lets a long time pass after the action that is under way. */
  leap(ms: number): void {
    this.#leapMs = Math.max(this.#leapMs, ms);
  }

  /** @returns how long is to pass, once. */
  takeLeap(): number {
    const ms = this.#leapMs;
    this.#leapMs = 0;
    return ms;
  }

  /** Somebody has seen everything up to here: of the conversation itself, or of a thread. */
  noteRead(device: SimulatedDevice, conversation: ConversationId, order: number, thread: PostId | null = null): void {
    const id = deviceOn(device);
    if (id !== undefined) this.#reads.push({ device, id, conversation, order, thread });
  }

  /** A device doesn't know any more what was read on it. */
  forgetReads(device: SimulatedDevice): void {
    this.#reads = this.#reads.filter((read) => read.device !== device);
  }

  /**
   * How far somebody has read, -1 for not at all. On devices that are still there, and the same: what was read on another one may have
   * been gone with it before it told anybody.
   */
  readBy(account: AccountId, conversation: ConversationId, thread: PostId | null = null): number {
    const reads = this.#reads.filter(
      (read) =>
        read.conversation === conversation &&
        read.thread === thread &&
        this.devices.includes(read.device) &&
        accountOn(read.device) === account &&
        deviceOn(read.device) === read.id,
    );
    return Math.max(-1, ...reads.map(({ order }) => order));
  }

  /** Somebody is about to leave: what is said until somebody takes them out isn't for them any more. */
  noteLeave(account: AccountId, conversation: ConversationId): void {
    const name = `${account} ${conversation}`;
    this.#leaves.set(name, [...(this.#leaves.get(name) ?? []), this.clock.now()]);
  }

  /** When somebody has said that they leave. */
  leavesOf(account: AccountId, conversation: ConversationId): readonly number[] {
    return this.#leaves.get(`${account} ${conversation}`) ?? [];
  }

  /** Somebody is about to revoke a device. */
  doubt(device: SimulatedDevice): void {
    if (!this.#doubts.has(device.name)) this.#doubts.set(device.name, this.clock.now());
    // With the person's password it may take more from the vault while this goes on.
    this.#keysBefore.set(device, new Set(archiveKeysOn(device).map(({ key }) => key)));
  }

  /** Was this accepted shortly before its author's device was to be revoked, or later? */
  isInDoubt({ device }: { device: string }, acceptedAt: number): boolean {
    const since = this.#doubts.get(device);
    return since !== undefined && acceptedAt > since - DOUBT_MS;
  }

  /** A device was revoked: from here on it reads nothing that is accepted later. */
  end(device: SimulatedDevice): void {
    const id = deviceOn(device);
    const account = accountOn(device);
    if (id === undefined || account === undefined) return;
    this.#ended.set(device, { device: id, lengths: this.server.lengths() });
    this.#endedKeys.push({ account, keys: this.#keysBefore.get(device) ?? new Set() });
  }

  /** Keys of an account's archive that revoked devices had. */
  keysTakenFrom(account: AccountId): Set<string> {
    return new Set(this.#endedKeys.filter((ended) => ended.account === account).flatMap(({ keys }) => [...keys]));
  }

  newestGenerationOn(device: SimulatedDevice): number {
    return Math.max(-1, ...archiveKeysOn(device).map(({ generation }) => generation));
  }

  #checkEnded(device: SimulatedDevice, store: Store): void {
    const ended = this.#ended.get(device);
    const now = store.all("select device from session")[0]?.["device"];
    if (ended === undefined || now !== ended.device) return void this.#ended.delete(device);
    const rows = store.all("select conversation, max(seq) as seq from items where kind = 'post' group by conversation");
    for (const { conversation, seq } of rows)
      if (Number(seq) > (ended.lengths.get(conversation as ConversationId) ?? 0))
        this.findings.push(
          `${device.name} reads entry ${String(seq)} of ${String(conversation)} though it was revoked`,
        );
  }

  /** May somebody of this account give others keys of an epoch? What they were given themselves isn't passed on. */
  couldGive(account: AccountId, conversation: ConversationId, epoch: string): boolean {
    return this.#hadKeys.has(`${account} ${conversation} ${epoch}`);
  }

  #noteKeys(store: Store): void {
    const account = String(store.all("select account from session")[0]?.["account"]);
    // Names of senders are [1, epoch, leaf].
    for (const row of store.all("select conversation, record_key from archived where record_key like '8301%'")) {
      const noted = `${account} ${String(row["conversation"])} ${String(row["record_key"])}`;
      if (this.#notedKeys.has(noted)) continue;
      this.#notedKeys.add(noted);
      const name = decodeCbor(Buffer.from(String(row["record_key"]), "hex"));
      if (name.kind === "value" && Array.isArray(name.value))
        this.#hadKeys.add(`${account} ${String(row["conversation"])} ${String(name.value[1])}`);
    }
  }

  #checkSealed(device: SimulatedDevice, store: Store): void {
    const account = store.all("select account from session")[0]?.["account"] as AccountId | undefined;
    for (const conversation of account === undefined ? [] : sealedForStrangers(store, account))
      this.findings.push(`${device.name} told strangers something in ${conversation}`);
  }

  #checkSignal(name: string, frame: Uint8Array): void {
    const conversation = signalIn(frame);
    const device = conversation === undefined ? undefined : this.devices.find((each) => each.name === name);
    const account = device === undefined ? undefined : accountOn(device);
    if (conversation === undefined || device === undefined || account === undefined) return;
    if (isOfStrangers(device, account, conversation))
      this.findings.push(`${name} told strangers in ${conversation} who is writing`);
  }

  /** Whose name has gone to a new account has nothing to do with the old one's devices any more. */
  async sortOut(): Promise<void> {
    for (const person of this.people) {
      const accounts = new Set(person.devices.flatMap((device) => accountOn(device) ?? []));
      if (accounts.size < 2) continue;
      const holder = await this.server.holderOf(person.username);
      for (const device of person.devices) {
        const account = accountOn(device);
        if (account === undefined || account === holder) continue;
        this.trace.add(`${device.name} belongs to an account that is over`);
        person.recoveryKeys = [];
        await this.lose(device);
      }
    }
  }

  run(ms: number): Promise<void> {
    return this.clock.run(ms);
  }

  /** Ends every fault: all online, all running. */
  async heal(): Promise<void> {
    this.network.faults = CALM;
    this.network.cutOff.clear();
    this.server.disarm();
    await this.server.start();
    for (const device of this.devices) {
      device.disarm();
      await device.start();
      device.engine.wake();
    }
    this.trace.add("healed");
  }

  #noteAcceptance(name: string, frame: Uint8Array): void {
    // Answers that hold no more than a place and a hash are small.
    if (frame.length > 200) return;
    const read = decodeServerFrame(frame);
    const isOf = (each: SimulatedDevice): boolean => each.name === name;
    const note = (hash: Uint8Array): void => {
      const device = this.everyDevice.find(isOf);
      const now = device === undefined ? undefined : accountOn(device);
      if (device !== undefined && now !== undefined) this.#lastAccounts.set(device, now);
      const account = device === undefined ? undefined : this.#lastAccounts.get(device);
      this.ledger.accepted.set(toBase64Url(hash), { device: name, account });
    };
    if (read?.type === "accepted") note(read.hash);
    if (read?.type !== "response" || typeof read.body !== "object" || read.body === null) return;
    const body = read.body as { seq?: unknown; hash?: unknown };
    if (typeof body.seq === "number" && body.hash instanceof Uint8Array) note(body.hash);
  }

  close(): void {
    for (const device of [...this.devices, ...this.#stolen]) device.dispose();
    this.server.close();
  }
}

/** The account that is signed in on a device. */
export function accountOn(device: SimulatedDevice): AccountId | undefined {
  return device.peek("select account from session")[0]?.["account"] as AccountId | undefined;
}

/** The id of the device that is signed in on a device. */
export function deviceOn(device: SimulatedDevice): DeviceId | undefined {
  return device.peek("select device from session")[0]?.["device"] as DeviceId | undefined;
}

/** Keys of the archive that a device has. */
function archiveKeysOn(device: SimulatedDevice): { generation: number; key: string }[] {
  const bytes = device.peek("select archive_keys from session")[0]?.["archive_keys"];
  const decoded = bytes instanceof Uint8Array ? decodeCbor(bytes) : undefined;
  if (decoded?.kind !== "value" || !Array.isArray(decoded.value)) return [];
  return (decoded.value as [number, Uint8Array][]).map(([generation, key]) => ({ generation, key: toBase64Url(key) }));
}
