import type { AccountId, DeviceId, Username } from "@sotto/protocol";
import type { Peer } from "./ports.ts";
import type { Key } from "./store.ts";
import type { Channel } from "./hall.ts";

/** Who an authenticated connection speaks for. */
export type Identity = { accountKey: Key; deviceKey: Key; account: AccountId; device: DeviceId; username: Username };

/** A password proof under way. `counted`: under which its attempts are counted. `record`: what it is a proof against; undefined for a name that nobody has. */
export type SignIn = {
  state: string;
  username: Username;
  counted: string;
  record: string | undefined;
  expiresAt: number;
};

/** A proof of the recovery key under way. `username`: undefined for what can't be a name. */
export type Recovery = { challenge: Uint8Array; username: Username | undefined; expiresAt: number };

/** How long a connection speaks for the account whose password or recovery key it has proved. */
export const PROOF_MS = 10 * 60_000;

/** One connection. Plain state: what it may do is decided where it asks. */
export class Session {
  readonly peer: Peer;
  identity: Identity | undefined;
  /** Single use, this connection only. */
  challenge: Uint8Array | undefined;
  recovery: Recovery | undefined;
  /** A sign-up that was begun here has been counted. */
  hasBegunSignUp = false;
  /** The hour in which this connection's device was last written down as seen. */
  seenAt: number | undefined;
  /** Accounts whose password or recovery key was proved here, and until when that counts. */
  readonly proven = new Map<AccountId, number>();
  readonly signIns = new Map<string, SignIn>();
  readonly channels = new Set<Channel>();
  readonly waiting: { request: number; body: Uint8Array }[] = [];
  waitingBytes = 0;
  /** A request is being worked on. */
  isBusy = false;
  isClosed = false;
  #ending: { code: number; reason: string } | undefined;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** Closes the connection, but not before the request under way has its answer. */
  end(code: number, reason: string): void {
    if (this.isBusy) this.#ending = { code, reason };
    else if (!this.isClosed) {
      this.isClosed = true;
      this.peer.close(code, reason);
    }
  }

  /** The request under way has its answer. */
  answered(): void {
    this.isBusy = false;
    if (this.#ending !== undefined) this.end(this.#ending.code, this.#ending.reason);
  }

  hasProven(account: AccountId, now: number): boolean {
    return (this.proven.get(account) ?? 0) > now;
  }
}
