import {
  encodeAccepted,
  encodeEntry,
  encodeRefused,
  encodeResponse,
  type ConversationId,
  type Seq,
} from "@sotto/protocol";
import type { Hall } from "./hall.ts";
import type { DeliveryPorts } from "./ports.ts";
import { refuse, unavailable, type Refused } from "./refusal.ts";
import type { Session } from "./session.ts";
import type { Arrival, ArrivalOutcome, Key } from "./store.ts";

/** Envelopes of one transaction. */
const BATCH_MAX = 512;
/**
 * A transaction costs the same for one envelope as for many. While every turn of the event loop brings more, so many turns
 * are waited for; an envelope that comes alone is never kept waiting.
 */
const TURNS_MAX = 4;

type Verdict = { kind: "accepted"; seq: Seq; hash: Uint8Array } | { kind: "refused"; refused: Refused };

/** An envelope that waits for the next transaction. `settled` is called once it is answered (bundles, which came as requests). */
type Waiting = {
  arrival: Arrival;
  conversation: ConversationId;
  conversationBytes: Uint8Array;
  session: Session;
  request: number;
  settled: (() => void) | undefined;
  /** Devices that a welcome of this bundle is for. */
  welcomed: readonly { account: Key; device: Key }[];
};

/**
 * Takes what arrived in one tick into the log in one transaction, and only then says "accepted" and passes it on, in the
 * order of the log (DL2, DL3).
 */
export class Appender {
  readonly #ports: DeliveryPorts;
  readonly #hall: Hall;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #isFlushing = false;
  #whenIdle: (() => void)[] = [];
  accepted = 0;
  refused = 0;

  constructor(ports: DeliveryPorts, hall: Hall) {
    this.#ports = ports;
    this.#hall = hall;
  }

  get isFull(): boolean {
    const { waitingEnvelopesMax, waitingEnvelopeBytesMax } = this.#ports.limits;
    return this.#waiting.length >= waitingEnvelopesMax || this.#waitingBytes >= waitingEnvelopeBytesMax;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.arrival.envelope.length;
    this.#schedule();
  }

  /** Resolves once nothing waits. */
  idle(): Promise<void> {
    if (this.#waiting.length === 0 && !this.#isFlushing) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isFlushing) return;
    this.#isScheduled = true;
    this.#afterTurn(this.#waiting.length, 1);
  }

  #afterTurn(before: number, turn: number): void {
    this.#ports.clock.after(0, () => {
      const count = this.#waiting.length;
      const isGrowing = count > 1 && (turn === 1 || count > before);
      if (isGrowing && turn < TURNS_MAX && count < BATCH_MAX) return this.#afterTurn(count, turn + 1);
      this.#isScheduled = false;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#isFlushing = true;
    const batch = this.#waiting.length <= BATCH_MAX ? this.#waiting : this.#waiting.slice(0, BATCH_MAX);
    this.#waiting = this.#waiting.length <= BATCH_MAX ? [] : this.#waiting.slice(BATCH_MAX);
    for (const { arrival } of batch) this.#waitingBytes -= arrival.envelope.length;
    const acceptedAt = this.#ports.clock.now();
    const outcomes = await this.#append(
      batch.map(({ arrival }) => arrival),
      acceptedAt,
    );
    batch.forEach((waiting, index) => this.#conclude(waiting, outcomes[index], acceptedAt));
    this.#isFlushing = false;
    if (this.#waiting.length > 0) return this.#schedule();
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Undefined in the place of what failed. What makes a whole transaction fail must not take its neighbours along. */
  async #append(arrivals: readonly Arrival[], acceptedAt: number): Promise<(ArrivalOutcome | undefined)[]> {
    try {
      return await this.#ports.store.append(arrivals, acceptedAt);
    } catch (error) {
      this.#ports.log("error", "delivery/append-failed", { count: arrivals.length, error: nameOf(error) });
      if (arrivals.length === 1) return [undefined];
    }
    const outcomes: (ArrivalOutcome | undefined)[] = [];
    for (const arrival of arrivals) outcomes.push(...(await this.#append([arrival], acceptedAt)));
    return outcomes;
  }

  #conclude(waiting: Waiting, outcome: ArrivalOutcome | undefined, acceptedAt: number): void {
    if (outcome?.kind !== "stored") return this.#answer(waiting, this.#verdict(waiting, outcome));
    const { arrival, conversation, conversationBytes } = waiting;
    this.#hall.grant({ key: outcome.conversation, conversation }, outcome.gained);
    this.#answer(waiting, { kind: "accepted", seq: outcome.seq, hash: arrival.hash });
    const channel = this.#hall.channel(outcome.conversation);
    if (channel !== undefined)
      this.#hall.deliver(channel, encodeEntry(conversationBytes, outcome.seq, acceptedAt, arrival.envelope));
    this.#hall.withdraw(outcome.conversation, outcome.lost);
    for (const { account, device } of waiting.welcomed)
      for (const session of this.#hall.sessionsOf(account))
        if (session.identity?.deviceKey === device) this.#hall.tell(session, { event: "inbox" });
  }

  #verdict({ arrival }: Waiting, outcome: Exclude<ArrivalOutcome, { kind: "stored" }> | undefined): Verdict {
    if (outcome === undefined) return { kind: "refused", refused: unavailable() };
    switch (outcome.kind) {
      case "repeated":
        return {
          kind: "accepted",
          seq: outcome.seq,
          hash: outcome.stored.kind === "erased" ? outcome.stored.hash : this.#ports.hash(outcome.stored.envelope),
        };
      case "stale":
        return {
          kind: "refused",
          refused: refuse("conversation/stale-epoch", { latestCommit: outcome.latestCommit, retryAfterMs: 0 }),
        };
      case "not-a-member":
        return { kind: "refused", refused: refuse("conversation/not-a-member") };
      case "send-reused":
        return { kind: "refused", refused: refuse("request/malformed") };
      case "chunk-missing":
        return { kind: "refused", refused: refuse("conversation/tree-chunk-missing", { retryAfterMs: 0 }) };
      case "conversation-exists":
        return { kind: "refused", refused: refuse("conversation/exists") };
      case "direct-exists":
        return { kind: "refused", refused: refuse("direct/exists", { conversation: outcome.conversation }) };
      case "self-exists":
        return { kind: "refused", refused: refuse("conversation/self-exists", { conversation: outcome.conversation }) };
      case "room-taken":
        // Which rooms exist is public on this server, so the winner may be named.
        return {
          kind: "refused",
          refused: refuse(
            "room/name-taken",
            typeof arrival.conversation === "number" ? {} : { conversation: outcome.conversation },
          ),
        };
    }
  }

  /** Always before the entry itself goes round, so that a device knows its own entry when it comes back. */
  #answer({ request, session, settled }: Waiting, verdict: Verdict): void {
    if (verdict.kind === "refused") this.refused++;
    else this.accepted++;
    if (verdict.kind === "refused") this.#hall.send(session, encodeRefused(request, verdict.refused.refusal));
    else if (settled === undefined) this.#hall.send(session, encodeAccepted(request, verdict.seq, verdict.hash));
    else this.#hall.send(session, encodeResponse(request, { seq: verdict.seq, hash: verdict.hash }));
    settled?.();
  }
}

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);
