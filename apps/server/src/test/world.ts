import { createHash, createPrivateKey, sign } from "node:crypto";
import * as v from "valibot";
import {
  createAddDevice,
  createGenesis,
  createLeave,
  generateKeyPair,
  sessionChallengeMessage,
  verifyChain,
  type VerifiedChain,
} from "@sotto/crypto";
import {
  ConversationId,
  ENTRY_KIND,
  OPERATIONS,
  Refusal,
  SendId,
  ServerEvent,
  Username,
  decodeServerFrame,
  encodeCommitBody,
  encodeEnvelope,
  encodeRequest,
  encodeRoster,
  encodeSubmit,
  sortRoster,
  toBase64Url,
  type AccountId,
  type Bundle,
  type DeviceId,
  type LogRow,
  type Operation,
  type Parameters,
  type Result,
  type Role,
  type Seq,
} from "@sotto/protocol";
import {
  createDelivery,
  DEFAULT_LIMITS,
  type Delivery,
  type DeliveryPorts,
  type DeliveryStore,
  type Limits,
  type PasswordServer,
} from "@sotto/delivery";
import { openSqliteStore, type SqliteStore } from "../sqlite-store.ts";

export const ORIGIN = "http://localhost:7788";

/** Bytes that differ from call to call and are the same in every run. */
export function seededRandom(seed: string): (length: number) => Uint8Array {
  let counter = 0;
  return (length) => {
    const parts: Uint8Array[] = [];
    for (let have = 0; have < length; have += 32)
      parts.push(createHash("sha256").update(`${seed}:${counter++}`).digest());
    return new Uint8Array(Buffer.concat(parts).subarray(0, length));
  };
}

/** A password server whose record is the password: the rules around it are what is under test. */
export const plainPasswords: PasswordServer = {
  startRegistration: (_username, request) => (request === "" ? undefined : `registered:${request}`),
  startLogin: (_username, record, request) =>
    request === "" ? undefined : { state: record ?? "nobody", loginResponse: "x".repeat(64) },
  finishLogin: (state, request) => state === request,
};
export const recordOf = (password: string): string =>
  toBase64Url(createHash("sha256").update(password).digest()).padEnd(128, "A");

/** A server in this process: its real rules and its real store, the time set by hand. */
export type World = {
  delivery: Delivery;
  store: SqliteStore;
  random(length: number): Uint8Array;
  now(): number;
  /** @param isLate  the time is over, and its timers haven't rung yet */
  advance(ms: number, isLate?: boolean): void;
  logged: { code: string; fields: Record<string, string | number | boolean> }[];
  /** Another server process on the same data. */
  restart(): Delivery;
  close(): void;
};

export type WorldOptions = {
  limits?: Partial<Limits>;
  signUpOpen?: boolean;
  wrapStore?: (store: DeliveryStore) => DeliveryStore;
};

let worlds = 0;

/** Timers of a clock that is set by hand. */
function createTimers() {
  const waiting = new Set<{ at: number; work: () => void }>();
  return {
    after(at: number, work: () => void): () => void {
      const timer = { at, work };
      waiting.add(timer);
      return () => void waiting.delete(timer);
    },
    ring(now: number): void {
      for (const timer of [...waiting].sort((a, b) => a.at - b.at))
        if (timer.at <= now && waiting.delete(timer)) timer.work();
    },
  };
}

export async function createWorld({
  limits = {},
  signUpOpen = true,
  wrapStore = (store) => store,
}: WorldOptions = {}): Promise<World> {
  let now = 1_700_000_000_000;
  const timers = createTimers();
  const random = seededRandom(`world ${worlds++}`);
  const store = await openSqliteStore(":memory:", () => now);
  const logged: World["logged"] = [];
  const ports: DeliveryPorts = {
    store: wrapStore(store),
    clock: {
      now: () => now,
      after: (delayMs, work) => {
        if (delayMs > 0) return timers.after(now + delayMs, work);
        const immediate = setImmediate(work);
        return () => clearImmediate(immediate);
      },
    },
    random,
    hash: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
    passwords: plainPasswords,
    log: (_level, code, fields) => logged.push({ code, fields }),
    isOwnOrigin: (origin) => origin === ORIGIN,
    signUpOpen,
    limits: { ...DEFAULT_LIMITS, ...limits },
  };
  const world: World = {
    delivery: createDelivery(ports),
    store,
    random,
    logged,
    now: () => now,
    advance: (ms, isLate = false) => {
      now += ms;
      if (!isLate) timers.ring(now);
    },
    restart: () => (world.delivery = createDelivery(ports)),
    close: () => store.close(),
  };
  return world;
}

export type Answer<T> = { kind: "result"; result: T } | { kind: "refused"; refusal: Refusal };

/** Frames out, and a way to hand frames in: a connection in this process or a WebSocket. */
export type Wire = { send(frame: Uint8Array): void; close(): void };
export type Dial = (receive: (frame: Uint8Array) => void, closed: (code: number) => void) => Wire;

export const dial =
  (world: World, address = "10.0.0.1", bufferedBytes: () => number = () => 0): Dial =>
  (receive, closed) => {
    const connection = world.delivery.connect({
      address,
      bufferedBytes,
      send: receive,
      close: (code) => {
        closed(code);
        connection.closed();
      },
    });
    return { send: (frame) => connection.receive(frame), close: () => connection.closed() };
  };

/** The same value with Node's Buffers as the plain bytes that they are, so that tests can compare. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  return value;
}

/** One connection: requests with their answers, and everything that came unasked. */
export class Line {
  readonly wire: Wire;
  readonly entries: { conversation: ConversationId; seq: Seq; envelope: Uint8Array }[] = [];
  readonly events: ServerEvent[] = [];
  /** Types of the frames in the order in which they came. */
  readonly order: string[] = [];
  closedWith: number | undefined;
  #next = 1;
  readonly #waiting = new Map<number, (frame: NonNullable<ReturnType<typeof decodeServerFrame>>) => void>();

  constructor(dialing: Dial) {
    this.wire = dialing(
      (frame) => this.#receive(new Uint8Array(frame)),
      (code) => (this.closedWith = code),
    );
  }

  #receive(bytes: Uint8Array): void {
    const frame = decodeServerFrame(bytes);
    if (frame === undefined) throw new Error("the server sent a malformed frame");
    this.order.push(frame.type);
    if (frame.type === "entry") this.entries.push(frame);
    else if (frame.type === "event") this.events.push(v.parse(ServerEvent, frame.body));
    else {
      const settle = this.#waiting.get(frame.request);
      this.#waiting.delete(frame.request);
      settle?.(frame);
    }
  }

  #ask(encode: (request: number) => Uint8Array) {
    return new Promise<NonNullable<ReturnType<typeof decodeServerFrame>>>((resolve) => {
      const request = this.#next++;
      this.#waiting.set(request, resolve);
      this.wire.send(encode(request));
    });
  }

  async try<O extends Operation>(operation: O, parameters: Parameters<O>): Promise<Answer<Result<O>>> {
    const frame = await this.#ask((request) => encodeRequest(request, operation, parameters));
    if (frame.type === "refused") return { kind: "refused", refusal: v.parse(Refusal, frame.body) };
    if (frame.type !== "response") throw new Error(`an answer of type ${frame.type}`);
    return { kind: "result", result: plain(v.parse(OPERATIONS[operation].result, frame.body)) as Result<O> };
  }

  async ask<O extends Operation>(operation: O, parameters: Parameters<O>): Promise<Result<O>> {
    const answer = await this.try(operation, parameters);
    if (answer.kind === "refused") throw new Error(`${operation}: ${answer.refusal.code}`);
    return answer.result;
  }

  /** The code of the refusal, or "ok". */
  async codeOf<O extends Operation>(operation: O, parameters: Parameters<O>): Promise<string> {
    const answer = await this.try(operation, parameters);
    return answer.kind === "refused" ? answer.refusal.code : "ok";
  }

  async page(conversation: ConversationId, after: Seq, limit = 256): Promise<LogRow[]> {
    const frame = await this.#ask((request) => encodeRequest(request, "log.page", { conversation, after, limit }));
    if (frame.type === "refused") throw new Error(v.parse(Refusal, frame.body).code);
    if (frame.type !== "page") throw new Error(`an answer of type ${frame.type}`);
    return frame.rows;
  }

  async submit(
    conversation: ConversationId,
    envelope: Uint8Array,
    send: SendId,
  ): Promise<Answer<{ seq: Seq; hash: Uint8Array }>> {
    const frame = await this.#ask((request) => encodeSubmit({ request, conversation, send, envelope }));
    if (frame.type === "refused") return { kind: "refused", refusal: v.parse(Refusal, frame.body) };
    if (frame.type !== "accepted") throw new Error(`an answer of type ${frame.type}`);
    return { kind: "result", result: { seq: frame.seq, hash: frame.hash } };
  }
}

/** Ed25519 as a platform's own key store does it: apart from the code that verifies. @param seed 32 bytes */
export function signRaw(seed: Uint8Array, message: Uint8Array): Uint8Array {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]); // PKCS #8 (RFC 8410)
  return new Uint8Array(sign(null, message, createPrivateKey({ key: der, format: "der", type: "pkcs8" })));
}

export type Keys = {
  account: AccountId;
  device: DeviceId;
  accountPrivateKey: Uint8Array;
  recoveryKey: Uint8Array;
  signInPrivateKey: Uint8Array;
  leafPrivateKey: Uint8Array;
  chain: Uint8Array[];
};

/** Fresh keys and the chain that binds them. */
export async function makeKeys(random: (length: number) => Uint8Array): Promise<Keys> {
  const { statement, account, accountPrivateKey, recoveryKey } = await createGenesis(random);
  const added = await makeDevice(random, [statement], accountPrivateKey);
  return {
    account,
    accountPrivateKey,
    recoveryKey,
    ...added.keys,
    chain: [new Uint8Array(statement), added.statement],
  };
}

export async function makeDevice(
  random: (length: number) => Uint8Array,
  chain: readonly Uint8Array[],
  accountPrivateKey: Uint8Array,
) {
  const [signIn, leafKey] = [generateKeyPair(random), generateKeyPair(random)];
  const { statement, device } = await createAddDevice({
    chain,
    accountPrivateKey,
    signInPublicKey: signIn.publicKey,
    signWithSignInKey: (message) => Promise.resolve(signRaw(signIn.privateKey, message)),
    leafKey,
    kind: "web",
    addedAt: 1,
  });
  return {
    statement: new Uint8Array(statement),
    keys: { device, signInPrivateKey: signIn.privateKey, leafPrivateKey: leafKey.privateKey },
  };
}

export function verified(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid") throw new Error(`a test's chain is invalid: ${verdict.because}`);
  return verdict.chain;
}

export const username = (name: string): Username => v.parse(Username, name);

/** A signed-in device of a new account. */
export class Person {
  readonly name: Username;
  readonly keys: Keys;
  readonly random: (length: number) => Uint8Array;
  line: Line;
  static #people = 0;

  constructor(name: string, random: (length: number) => Uint8Array, keys: Keys, line: Line) {
    this.name = username(name);
    this.random = random;
    this.keys = keys;
    this.line = line;
  }

  /** Someone who isn't signed up anywhere yet. */
  static async stranger(name: string, line: Line): Promise<Person> {
    const random = seededRandom(`person ${Person.#people++} ${name}`);
    return new Person(name, random, await makeKeys(random), line);
  }

  static async join(world: World, name: string, keyPackages = 3): Promise<Person> {
    const person = await Person.stranger(name, new Line(dial(world)));
    await person.signUp(keyPackages);
    await person.authenticate();
    return person;
  }

  get account(): AccountId {
    return this.keys.account;
  }

  signUpParameters(keyPackages = 3): Parameters<"sign-up.finish"> {
    return {
      username: this.name,
      resetCode: null,
      registrationRecord: recordOf("secret"),
      vault: this.random(100),
      chain: this.keys.chain,
      device: this.keys.device,
      keyPackages: Array.from({ length: keyPackages }, () => this.random(64)),
      lastResort: this.random(64),
    };
  }

  async signUp(keyPackages = 3): Promise<void> {
    await this.line.ask("sign-up.start", { username: this.name, registrationRequest: "hello", resetCode: null });
    await this.line.ask("sign-up.finish", this.signUpParameters(keyPackages));
  }

  async proof(line = this.line, origin = ORIGIN): Promise<Parameters<"session.authenticate">> {
    const { challenge } = await line.ask("session.challenge", {});
    const { account, device, signInPrivateKey } = this.keys;
    return {
      account,
      device,
      origin,
      signature: signRaw(signInPrivateKey, sessionChallengeMessage({ origin, challenge, account, device })),
    };
  }

  async authenticate(line = this.line, origin = ORIGIN): Promise<Result<"session.authenticate">> {
    return line.ask("session.authenticate", await this.proof(line, origin));
  }

  /** A second connection of the same device, as after a lost link. */
  async reconnect(world: World): Promise<Line> {
    this.line.wire.close();
    this.line = new Line(dial(world));
    await this.authenticate();
    return this.line;
  }

  newConversation(): ConversationId {
    return v.parse(ConversationId, toBase64Url(this.random(16)));
  }

  newSend(): SendId {
    return v.parse(SendId, toBase64Url(this.random(16)));
  }

  bundle(seen: Seq, applied: Seq, rows: readonly [Person, Role][], extra: Partial<Bundle> = {}): Bundle {
    const roster = sortRoster(
      rows.map(([person, role]) => [person.account, role] as const).map(([account, role]) => [account, role]),
    );
    const body = encodeCommitBody({ commit: this.random(60), roster: encodeRoster(roster) });
    const chunk = this.random(80);
    return {
      send: this.newSend(),
      envelope: encodeEnvelope({ kind: ENTRY_KIND.commit, seen, applied, body }),
      groupInfo: this.random(50),
      treeChunks: [new Uint8Array(createHash("sha256").update(chunk).digest())],
      newChunks: [chunk],
      welcomes: [],
      welcomeFor: [],
      ...extra,
    };
  }

  post(seen: Seq, applied: Seq = seen, body: Uint8Array = this.random(40)): Uint8Array {
    return encodeEnvelope({ kind: ENTRY_KIND.application, seen, applied, body });
  }

  say(conversation: ConversationId, seen: Seq, applied: Seq = seen): Promise<Answer<{ seq: Seq; hash: Uint8Array }>> {
    return this.line.submit(conversation, this.post(seen, applied), this.newSend());
  }

  leave(conversation: ConversationId): Uint8Array {
    return createLeave({
      conversation,
      account: this.account,
      device: this.keys.device,
      epoch: 1n,
      leafPrivateKey: this.keys.leafPrivateKey,
    });
  }
}

/** Lets everything under way come to its end. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
