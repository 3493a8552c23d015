import type { DeliveryStore } from "./store.ts";
import type { Limits } from "./limits.ts";

/** One device's open connection, as the shell sees it. */
export interface Peer {
  /** Network address, for rate limits only. Never stored, never logged. */
  readonly address: string;
  /** Queues one whole frame. The bytes are shared between peers: nobody may change them afterwards. */
  send(frame: Uint8Array): void;
  /** Bytes handed to `send` that haven't left this process yet. */
  bufferedBytes(): number;
  /** Ends the connection; `code` is a WebSocket close code (RFC 6455 §7.4). */
  close(code: number, reason: string): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `work` once after at least `delayMs`; 0 means: after what is already waiting. @returns cancels it. */
  after(delayMs: number, work: () => void): () => void;
}

/**
 * The server's half of OPAQUE (RFC 9807). Messages are base64url text, as the library makes them. Hostile messages give
 * undefined, never an exception.
 */
export interface PasswordServer {
  /** @returns the registration response, or undefined for a malformed request. */
  startRegistration(username: string, registrationRequest: string): string | undefined;
  /**
   * @param record  the stored registration record; undefined for an unknown username, which gets a fake answer that
   *                looks like any other and is the same each time (RFC 9807 §10.9).
   */
  startLogin(
    username: string,
    record: string | undefined,
    startLoginRequest: string,
  ): { state: string; loginResponse: string } | undefined;
  /** @returns whether the other side knows the password. */
  finishLogin(state: string, finishLoginRequest: string): boolean;
}

export type LogLevel = "debug" | "info" | "warn" | "error";
/** Codes, ids and numbers only: never content, names or addresses of people. */
export type Log = (level: LogLevel, code: string, fields: Record<string, string | number | boolean>) => void;

/** What the server's rules need from the world. Given the same answers they do the same things. */
export interface DeliveryPorts {
  store: DeliveryStore;
  clock: Clock;
  random: (length: number) => Uint8Array;
  /** SHA-256. */
  hash: (bytes: Uint8Array) => Uint8Array;
  /**
   * Ed25519 (RFC 8032 §5.1.7) by the platform, for a key that stands in a verified chain: every device that connects is asked for
   * one. Where it is absent, portable code does it, many times slower.
   */
  verify?: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  passwords: PasswordServer;
  log: Log;
  /** Whether a device may name this origin in its challenge. */
  isOwnOrigin(origin: string): boolean;
  signUpOpen: boolean;
  limits: Limits;
}
