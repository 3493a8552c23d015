import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  RESET_CODE_BYTES,
  RESET_CODE_MS,
  codeOf,
  createDelivery,
  DEFAULT_LIMITS,
  resetCodeHash,
  type DeliveryStore,
  type Limits,
} from "@sotto/delivery";
import { Username, type AccountId, type ConversationId, type LogRow } from "@sotto/protocol";
import { verifyNatively } from "@sotto/server/signatures";
import { openSqliteStore, type SqliteStore } from "@sotto/server/sqlite-store";
import * as v from "valibot";
import { crashingDeliveryStore } from "./crashing-store.ts";
import { Life, type CrashPoint } from "./life.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";
import { seededPasswordServer } from "./seeded-keys.ts";
import type { Trace } from "./trace.ts";
import type { Timers } from "./virtual-clock.ts";

export const ORIGIN = "https://sotto.example";

/** A place to plant a bug of the server: takes the store that the rules would get, gives the one that they get. */
export type DeliveryPlant = (store: DeliveryStore) => DeliveryStore;

export type ServerOptions = {
  clock: Timers;
  network: Network;
  random: Random;
  trace: Trace;
  plant?: DeliveryPlant;
  limits?: Partial<Limits>;
  /** A planted fault: a crash takes the disk back to before the last append, as if nobody had waited for it. */
  forgetsLastAppend?: boolean;
};

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

const SUFFIXES = ["", "-wal"];

/** How many more key packages a device is told to have here than it has. */
const UNTRUE_KEY_PACKAGES = 45;

/**
 * Devices make fresh key packages up to a hundred when fewer than fifty are left, and making them would be a third of a
 * run's cost. Here they are told of more than there are, and so make do with the first ten and a second pile when those are gone.
 */
function withFewKeyPackages(store: DeliveryStore): DeliveryStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "device") return typeof value === "function" ? value.bind(target) : value;
      return async (...parameters: Parameters<DeliveryStore["device"]>) => {
        const row = await target.device(...parameters);
        return row === undefined ? undefined : { ...row, keyPackagesLeft: row.keyPackagesLeft + UNTRUE_KEY_PACKAGES };
      };
    },
  });
}

/** The delivery service on its real SQLite store, in a folder of its own, as a process that can crash and come back. */
export class SimulatedServer {
  readonly #options: ServerOptions;
  readonly #folder: string;
  #file = 0;
  #life: Life | undefined;
  #store: SqliteStore | undefined;
  #lives = 0;
  #lagged: string | undefined;
  /** Everything that the server logged. */
  readonly logged: string[] = [];
  /** Called when a crash has ended a life. */
  onCrash: ((when: string) => void) | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    const fast = "/dev/shm";
    this.#folder = mkdtempSync(join(existsSync(fast) ? fast : tmpdir(), "sotto-sim-"));
  }

  get isUp(): boolean {
    return this.#life !== undefined && !this.#life.isOver;
  }

  get #path(): string {
    return join(this.#folder, `${this.#file}.db`);
  }

  async start(): Promise<void> {
    if (this.isUp) return;
    this.#copyOfDisk();
    const { clock, network, random, trace, plant, limits } = this.#options;
    const life = new Life((when) => this.#crashed(when));
    this.#life = life;
    const own = random.stream(`life ${this.#lives++}`);
    this.#store = await openSqliteStore(this.#path, () => clock.now());
    const frugal = withFewKeyPackages(this.#store);
    const planted = plant === undefined ? frugal : plant(frugal);
    const store = crashingDeliveryStore(
      this.#options.forgetsLastAppend === true ? this.#lagging(planted) : planted,
      life,
    );
    const delivery = createDelivery({
      store,
      clock: life.timers(clock),
      random: (length) => own.bytes(length),
      hash: sha256,
      verify: verifyNatively,
      passwords: seededPasswordServer((length) => own.bytes(length)),
      log: (level, code, fields) => {
        const line = JSON.stringify({ level, code, ...fields });
        this.logged.push(line);
        trace.add(`server log ${line}`);
      },
      isOwnOrigin: (origin) => origin === ORIGIN,
      signUpOpen: true,
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
    network.serve({
      connect: (peer) =>
        delivery.connect({
          address: peer.address,
          send: (frame) => {
            if (!life.isOver) peer.send(frame);
          },
          bufferedBytes: () => peer.bufferedBytes(),
          close: (code, reason) => {
            if (!life.isOver) peer.close(code, reason);
          },
        }),
    });
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
    this.#options.network.serve(undefined);
    this.onCrash?.(when);
  }

  /**
   * What is on disk at this moment, opened by the next life as a real crash would leave it: the database without its last
   * checkpoint, and the write-ahead log.
   */
  #copyOfDisk(): void {
    if (this.#store === undefined) return;
    const old = this.#path;
    this.#file++;
    this.#copy(this.#lagged ?? old, this.#path);
    this.#store.close();
    for (const suffix of [...SUFFIXES, "-shm"]) rmSync(old + suffix, { force: true });
  }

  #copy(from: string, to: string): void {
    for (const suffix of SUFFIXES) {
      rmSync(to + suffix, { force: true });
      if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix);
    }
  }

  #lagging(store: DeliveryStore): DeliveryStore {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...parameters: unknown[]): unknown => {
          if (name === "append") this.#copy(this.#path, (this.#lagged = join(this.#folder, "lagged")));
          return Reflect.apply(value, target, parameters);
        };
      },
    });
  }

  /** Changes what a stopped server has on disk, as whoever owns it can. */
  alterDisk(change: (path: string) => void): void {
    this.#copyOfDisk();
    this.#store = undefined;
    change(this.#path);
  }

  /** A code of the server's owner, by which a name goes to a new account. Undefined for a name that nobody has. */
  async issueReset(username: string, random: Random): Promise<string | undefined> {
    const name = v.parse(Username, username);
    const code = codeOf(random.bytes(RESET_CODE_BYTES));
    const hash = resetCodeHash(sha256, code);
    const outcome = await this.#open().issueReset(name, hash, this.#options.clock.now() + RESET_CODE_MS);
    return outcome === "issued" ? code : undefined;
  }

  /** The account that has a name now. */
  async holderOf(username: string): Promise<AccountId | undefined> {
    return (await this.#open().accountByName(v.parse(Username, username)))?.account;
  }

  /** An account's statements; its vault and password record unless it is over. */
  async identityOf(
    account: AccountId,
  ): Promise<{ chain: Uint8Array[]; vault: Uint8Array | undefined; passwordRecord: string | undefined } | undefined> {
    const store = this.#open();
    const [row] = await store.accounts([account]);
    if (row === undefined) return undefined;
    const secrets = await store.secretsOf(row.key);
    return { chain: row.chain, vault: secrets?.vault, passwordRecord: secrets?.passwordRecord };
  }

  /** How long every log is. */
  lengths(): Map<ConversationId, number> {
    return this.#read(
      (database) =>
        new Map(
          database
            .prepare("select id, last_seq from conversations")
            .all()
            .map((row) => [row["id"] as ConversationId, Number(row["last_seq"])]),
        ),
    );
  }

  /** Accounts that were closed, or whose name went to another. */
  endedAccounts(): Set<AccountId> {
    return this.#read(
      (database) =>
        new Set(
          database
            .prepare("select id from accounts where closed_at is not null")
            .all()
            .map(({ id }) => id as AccountId),
        ),
    );
  }

  #read<T>(look: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(this.#path, { readOnly: true });
    try {
      return look(database);
    } finally {
      database.close();
    }
  }

  /** What the server says an account is in. */
  async conversationsListedFor(account: AccountId): Promise<{ conversation: ConversationId }[]> {
    const store = this.#open();
    const [row] = await store.accounts([account]);
    return row === undefined ? [] : store.conversationsOf(row.key);
  }

  /** Every byte that the server keeps. */
  disk(): Buffer[] {
    return readdirSync(this.#folder).map((name) => readFileSync(join(this.#folder, name)));
  }

  async log(conversation: ConversationId): Promise<LogRow[]> {
    const store = this.#open();
    const row = await store.conversation(conversation);
    if (row === undefined) return [];
    const rows: LogRow[] = [];
    for (let more = true; more;) {
      const page = await store.logPage(row.key, rows.length, 256, 64 * 1024 * 1024);
      rows.push(...page.rows);
      more = page.more;
    }
    return rows;
  }

  /** Every conversation that it holds, past its rules, with the accounts that have signed that they leave it. */
  conversations(): { conversation: ConversationId; leavers: Set<AccountId> }[] {
    return this.#read((database) => {
      const left = database
        .prepare(
          "select m.conversation, a.id from members m join accounts a on a.key = m.account where m.statement is not null",
        )
        .all();
      return database
        .prepare("select key, id from conversations order by id")
        .all()
        .map(({ key, id }) => ({
          conversation: id as ConversationId,
          leavers: new Set(left.filter((row) => row["conversation"] === key).map((row) => row["id"] as AccountId)),
        }));
    });
  }

  #open(): SqliteStore {
    if (this.#store === undefined) throw new Error("the server never ran");
    return this.#store;
  }

  close(): void {
    this.#life?.end();
    this.#options.network.serve(undefined);
    this.#store?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
