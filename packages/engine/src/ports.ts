import type { PasswordClient } from "@sotto/crypto/password-client";
import type { Provider } from "@sotto/mls";

/** A value of an SQL parameter or column. */
export type SqlValue = string | number | bigint | Uint8Array | null;
export type SqlRow = Record<string, SqlValue>;

/**
 * The device's encrypted database: one SQLite dialect on every platform, synchronous. Adapters run one contract suite.
 * Statements are cached by text. Integers come back as numbers, blobs as Uint8Array.
 */
export interface Store {
  all(sql: string, parameters?: readonly SqlValue[]): SqlRow[];
  run(sql: string, parameters?: readonly SqlValue[]): void;
  /** All or nothing and durable on return; an exception rolls back and is thrown on. Never nested. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Where the database lives. */
export interface Storage {
  /** "memory" when the platform gives no durable place: the session is gone with the process, and the person is told. */
  readonly durability: "durable" | "memory";
  /** Opens or creates the database. @throws SottoError store/unreadable when it is damaged or its key doesn't fit. */
  open(): Promise<Store>;
  /** Erases the database, its key and the marker. The store must be closed. */
  wipe(): Promise<void>;
  /** A few bytes beside the database, that a copy of the database alone doesn't carry along. Absent where there is no such place. */
  readonly marker?: {
    /** Undefined when none was written, or none that can be read. */
    read(): Promise<Uint8Array | undefined>;
    /** Replaces it as a whole; durable when it resolves. */
    write(bytes: Uint8Array): Promise<void>;
  };
}

/** Signing keys that sign the connection's challenge and nothing else. Not extractable where the platform allows. */
export interface SignInKeys {
  /** @returns `reference`: opaque bytes to keep in the store; `publicKey`: 32 bytes, Ed25519. */
  create(): Promise<{ reference: Uint8Array; publicKey: Uint8Array }>;
  /** @returns 64 bytes. */
  sign(reference: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
}

export interface LinkEvents {
  opened(): void;
  /** One whole frame (protocol/frames). */
  frame(bytes: Uint8Array): void;
  /** Lost; the transport tries again by itself with backoff. */
  closed(): void;
}

/** The connection to the delivery service. It reconnects by itself until closed. */
export interface Link {
  /** Sends one frame; false when it isn't connected (nothing is queued by the transport). */
  send(bytes: Uint8Array): boolean;
  /** Drops the connection and tries again at once, as after "come back online". */
  reconnect(): void;
  close(): void;
}

export interface Transport {
  /** The origin that the device believes it is talking to, such as http://localhost:7788; signed in the challenge. */
  readonly origin: string;
  connect(events: LinkEvents): Link;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `work` once after at least `delayMs`. @returns cancels it. */
  after(delayMs: number, work: () => void): () => void;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What the engine needs from the world. */
export interface Ports {
  storage: Storage;
  signInKeys: SignInKeys;
  transport: Transport;
  clock: Clock;
  random: (length: number) => Uint8Array;
  provider: Provider;
  passwords: PasswordClient;
  /** "web", "terminal", "bot": what other people see as the kind of this device. */
  deviceKind: string;
  /** From how many commits on a device that was away enters anew. Absent: FAR_BEHIND_COMMITS. */
  farBehindCommits?: number;
  /** Codes, ids and numbers only: never text, names or keys. */
  log: (level: LogLevel, code: string, fields: Record<string, string | number | boolean>) => void;
}
