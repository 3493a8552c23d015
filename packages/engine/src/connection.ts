import * as v from "valibot";
import {
  OPERATIONS,
  Refusal,
  ServerEvent,
  SottoError,
  decodeServerFrame,
  encodeRequest,
  encodeSubmit,
  type ConversationId,
  type LogRow,
  type Operation,
  type Parameters,
  type Result,
  type SendId,
  type Seq,
  type ServerFrame,
} from "@sotto/protocol";
import type { Clock, Link, Transport } from "./ports.ts";

/** A refusal of the delivery service, as an error with the code and remedy that it named. */
export class RefusedError extends SottoError {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(
      refusal.code,
      refusal.message,
      refusal.retryAfterMs === undefined ? { kind: "none" } : { kind: "retry", afterMs: refusal.retryAfterMs },
    );
    this.refusal = refusal;
  }
}

export const unreachable = (): SottoError =>
  new SottoError("connection/unreachable", "The server can't be reached.", { kind: "retry" });

export type LogPage = { more: boolean; rows: LogRow[] };
export type Accepted = { seq: Seq; hash: Uint8Array };

export interface ConnectionEvents {
  /** The link is up; nothing is authenticated yet. */
  opened(): void;
  closed(): void;
  entry(entry: { conversation: ConversationId; seq: Seq; acceptedAt: number; envelope: Uint8Array }): void;
  event(event: ServerEvent): void;
  /** The server sent bytes that no version of the protocol allows. */
  malformed(): void;
}

const ANSWER_TIMEOUT_MS = 30_000;

type Waiting = { settle(frame: ServerFrame | undefined): void; cancelTimeout: () => void };

/**
 * Requests and answers over one link. Answers are held against the operation's schema before anybody sees them; an
 * answer that doesn't fit is a malformed server, not a result. A lost link rejects everything under way.
 */
export class Connection {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #waiting = new Map<number, Waiting>();
  #nextRequest = 1;
  #isOpen = false;
  /** By us: what the transport still has on its way is nobody's any more, and nobody's store is there to take it. */
  #isOver = false;

  constructor(transport: Transport, clock: Clock, events: ConnectionEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#link = transport.connect({
      opened: () => {
        if (this.#isOver) return;
        this.#isOpen = true;
        events.opened();
      },
      frame: (bytes) => {
        if (!this.#isOver) this.#receive(bytes);
      },
      closed: () => {
        if (this.#isOver) return;
        this.#isOpen = false;
        this.#abandon();
        events.closed();
      },
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async request<O extends Operation>(operation: O, parameters: Parameters<O>): Promise<Result<O>> {
    const frame = await this.#ask((request) => encodeRequest(request, operation, parameters));
    if (frame.type !== "response") throw malformedAnswer();
    const parsed = v.safeParse(OPERATIONS[operation].result, frame.body);
    if (!parsed.success) throw malformedAnswer();
    return parsed.output as Result<O>;
  }

  async logPage(conversation: ConversationId, after: Seq, limit: number): Promise<LogPage> {
    const frame = await this.#ask((request) => encodeRequest(request, "log.page", { conversation, after, limit }));
    if (frame.type !== "page") throw malformedAnswer();
    return { more: frame.more, rows: frame.rows };
  }

  async submit(conversation: ConversationId, send: SendId, envelope: Uint8Array): Promise<Accepted> {
    const frame = await this.#ask((request) => encodeSubmit({ request, conversation, send, envelope }));
    if (frame.type !== "accepted") throw malformedAnswer();
    return { seq: frame.seq, hash: frame.hash };
  }

  reconnect(): void {
    this.#link.reconnect();
  }

  close(): void {
    this.#isOver = true;
    this.#isOpen = false;
    this.#link.close();
    this.#abandon();
  }

  #ask(encode: (request: number) => Uint8Array): Promise<ServerFrame> {
    return new Promise((resolve, reject) => {
      const request = this.#nextRequest;
      this.#nextRequest = (this.#nextRequest % 0xffff_fffe) + 1;
      const cancelTimeout = this.#clock.after(ANSWER_TIMEOUT_MS, () => {
        this.#waiting.delete(request);
        reject(new SottoError("request/timeout", "The server didn't answer in time.", { kind: "retry" }));
      });
      this.#waiting.set(request, {
        cancelTimeout,
        settle: (frame) => {
          if (frame === undefined) return reject(unreachable());
          if (frame.type !== "refused") return resolve(frame);
          const refusal = v.safeParse(Refusal, frame.body);
          reject(refusal.success ? new RefusedError(refusal.output) : malformedAnswer());
        },
      });
      if (!this.#isOpen || !this.#link.send(encode(request))) {
        this.#waiting.delete(request);
        cancelTimeout();
        reject(unreachable());
      }
    });
  }

  #receive(bytes: Uint8Array): void {
    const frame = decodeServerFrame(bytes);
    if (frame === undefined) return this.#events.malformed();
    if (frame.type === "entry") return this.#events.entry(frame);
    if (frame.type === "event") {
      const event = v.safeParse(ServerEvent, frame.body);
      return event.success ? this.#events.event(event.output) : this.#events.malformed();
    }
    const waiting = this.#waiting.get(frame.request);
    // An answer to nothing is what remains of a request that timed out.
    if (waiting === undefined) return;
    this.#waiting.delete(frame.request);
    waiting.cancelTimeout();
    waiting.settle(frame);
  }

  #abandon(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) {
      one.cancelTimeout();
      one.settle(undefined);
    }
  }
}

function malformedAnswer(): SottoError {
  return new SottoError("request/malformed", "The server's answer makes no sense.", {
    kind: "person",
    do: "Update Sotto, or tell the server's owner.",
  });
}
