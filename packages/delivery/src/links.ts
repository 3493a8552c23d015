import { LINK_CEREMONY_SECONDS, LINK_CODE_SECONDS } from "@sotto/protocol";
import { LINK_CODE_BYTES, codeOf } from "./codes.ts";
import type { Hall } from "./hall.ts";
import type { DeliveryPorts } from "./ports.ts";
import type { Session } from "./session.ts";

/** Messages that both sides of a link send together; the ceremony has five. */
const MESSAGES_MAX = 32;
/** Links of all connections. */
const LINKS_MAX = 10_000;

type Link = {
  code: string;
  commitment: Uint8Array;
  /** The new device. */
  opener: Session;
  /** The old device, once it took the code. */
  claimer: Session | undefined;
  openedAt: number;
  expiresAt: number;
  messages: number;
  stopTimer: () => void;
};

/**
 * Links between a new device and an old one (DL19): in memory only, bound to the two connections, short-lived. What passes
 * through is sealed or checked by the two; the server brings them together and counts.
 */
export class Links {
  readonly #ports: DeliveryPorts;
  readonly #hall: Hall;
  readonly #byCode = new Map<string, Link>();
  readonly #bySession = new Map<Session, Set<Link>>();

  constructor(ports: DeliveryPorts, hall: Hall) {
    this.#ports = ports;
    this.#hall = hall;
  }

  /** Undefined: this connection, or the server, has as many as it may. */
  open(opener: Session, commitment: Uint8Array): { code: string; expiresAt: number } | undefined {
    const own = this.#bySession.get(opener)?.size ?? 0;
    if (this.#byCode.size >= LINKS_MAX || own >= this.#ports.limits.linksPerConnectionMax) return undefined;
    let code = this.#newCode();
    while (this.#byCode.has(code)) code = this.#newCode();
    const openedAt = this.#ports.clock.now();
    const lifeMs = LINK_CODE_SECONDS * 1_000;
    const link: Link = {
      code,
      commitment,
      opener,
      claimer: undefined,
      openedAt,
      expiresAt: openedAt + lifeMs,
      messages: 0,
      stopTimer: this.#ports.clock.after(lifeMs, () => this.#end(link)),
    };
    this.#byCode.set(code, link);
    this.#join(opener, link);
    return { code, expiresAt: link.expiresAt };
  }

  #newCode(): string {
    return codeOf(this.#ports.random(LINK_CODE_BYTES));
  }

  /** A code is taken once. @returns the commitment of the new device. */
  claim(claimer: Session, code: string): Uint8Array | undefined {
    const link = this.#living(code);
    if (link === undefined || link.claimer !== undefined || link.opener === claimer) return undefined;
    link.claimer = claimer;
    this.#join(claimer, link);
    link.expiresAt = link.openedAt + LINK_CEREMONY_SECONDS * 1_000;
    link.stopTimer();
    link.stopTimer = this.#ports.clock.after(link.expiresAt - this.#ports.clock.now(), () => this.#end(link));
    return link.commitment;
  }

  /** @returns whether there was another side to hand it to. */
  send(from: Session, code: string, message: Uint8Array): boolean {
    const link = this.#living(code);
    const other = link === undefined ? undefined : otherSide(link, from);
    if (link === undefined || other === undefined || link.messages >= MESSAGES_MAX) return false;
    link.messages++;
    this.#hall.tell(other, { event: "link", code, message });
    return true;
  }

  cancel(from: Session, code: string): boolean {
    const link = this.#living(code);
    if (link === undefined || (link.opener !== from && link.claimer !== from)) return false;
    this.#end(link, from);
    return true;
  }

  /** The connection is gone, or isn't this device's any more. */
  leave(session: Session): void {
    for (const link of this.#bySession.get(session) ?? []) this.#end(link, session);
  }

  #join(session: Session, link: Link): void {
    const links = this.#bySession.get(session) ?? new Set();
    this.#bySession.set(session, links.add(link));
  }

  /** The clock decides, not the timer, which may be late. */
  #living(code: string): Link | undefined {
    const link = this.#byCode.get(code);
    return link !== undefined && link.expiresAt > this.#ports.clock.now() ? link : undefined;
  }

  #end(link: Link, by?: Session): void {
    if (!this.#byCode.delete(link.code)) return;
    link.stopTimer();
    for (const side of [link.opener, link.claimer]) {
      if (side === undefined) continue;
      const links = this.#bySession.get(side);
      links?.delete(link);
      if (links?.size === 0) this.#bySession.delete(side);
      if (side !== by) this.#hall.tell(side, { event: "link", code: link.code, message: null });
    }
  }
}

function otherSide({ opener, claimer }: Link, from: Session): Session | undefined {
  if (from === opener) return claimer;
  return from === claimer ? opener : undefined;
}
