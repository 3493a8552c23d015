import type { ErrorCode, ServerEvent } from "@sotto/protocol";
import { SottoError } from "@sotto/protocol";
import { Connection, unreachable } from "../connection.ts";
import type { Ports } from "../ports.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** What a connection of its own hears beside its answers. */
export type ExchangeEvents = { event?: (event: ServerEvent) => void; closed?: () => void };

/** Opens a connection on which nobody is authenticated. Whoever asks for it closes it. @throws connection/unreachable */
export async function openExchange(ports: Ports, events: ExchangeEvents = {}): Promise<Connection> {
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  const connection = new Connection(ports.transport, ports.clock, {
    opened: () => settle?.resolve(),
    closed: () => events.closed?.(),
    entry: () => undefined,
    event: (event) => events.event?.(event),
    malformed: () => ports.log("error", "connection/malformed", {}),
  });
  const cancel = ports.clock.after(CONNECT_TIMEOUT_MS, () => settle?.reject(unreachable()));
  try {
    await ready;
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  } finally {
    cancel();
  }
}

/** Runs one exchange on a connection of its own, and closes it. */
export async function exchange<T>(ports: Ports, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await openExchange(ports);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

const hasCode = (error: unknown, codes: readonly ErrorCode[]): boolean =>
  error instanceof SottoError && codes.includes(error.code);

/**
 * May what was asked have happened all the same? A connection that came back by itself has proved nothing yet, so "not signed in"
 * means the same as a lost answer.
 */
export const isLost = (error: unknown): boolean =>
  hasCode(error, ["connection/unreachable", "request/timeout", "request/not-signed-in", "session/expired"]);

/**
 * Did another device of the account change it at the same moment? Then what was asked is made anew from what is there now. A change
 * takes back what other connections had proved.
 */
export const isStale = (error: unknown): boolean =>
  hasCode(error, ["vault/stale", "account/stale-chain", "request/not-signed-in"]);

/** How often something is made anew before the person is told. */
export const TRIES_MAX = 5;

const PAUSE_MS = 300;

export function pause(ports: Ports, delayMs: number): Promise<void> {
  return new Promise((resolve) => void ports.clock.after(delayMs, resolve));
}

/** A short wait that grows and isn't the same on two devices, so that they don't meet again and again. */
export function pauseBeforeTry(ports: Ports, tries: number): Promise<void> {
  const spread = 1 + (ports.random(1)[0] ?? 0) / 128;
  return pause(ports, PAUSE_MS * tries * spread);
}
