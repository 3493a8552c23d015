import type { Peer } from "@sotto/delivery";
import type { Link, LinkEvents, Transport } from "@sotto/engine";
import { CrashError, type Life } from "./life.ts";
import type { Random } from "./random.ts";
import type { Trace } from "./trace.ts";
import type { Timers } from "./virtual-clock.ts";

/** How badly the network behaves. Frames are never lost in the middle of a living connection: it is a TCP-like stream. */
export type NetworkFaults = {
  delayMs: readonly [number, number];
  /** Chance that a frame waits long, and so do those behind it; other connections overtake it. */
  stall: number;
  stallMs: readonly [number, number];
  /** Chance that a frame arrives twice. */
  duplicate: number;
  /** Chance that sending a frame is the moment at which the connection breaks: what is under way is lost. */
  cut: number;
};

export const CALM: NetworkFaults = { delayMs: [1, 20], stall: 0, stallMs: [0, 0], duplicate: 0, cut: 0 };

/** What the network leads to. */
export interface Service {
  connect(peer: Peer): { receive(frame: Uint8Array): void; closed(): void };
}

/** Looks at each frame on its way to a device and says what arrives in its place: nothing, the same, others. */
export type Tap = (device: string, frame: Uint8Array) => readonly Uint8Array[];

type Direction = { lastAt: number };

/** One connection: two streams that live and die together. */
class Wire {
  isBroken = false;
  readonly up: Direction = { lastAt: 0 };
  readonly down: Direction = { lastAt: 0 };
  server: { receive(frame: Uint8Array): void; closed(): void } | undefined;
}

export class Network {
  faults: NetworkFaults = CALM;
  /** Devices that can't reach the server. */
  readonly cutOff = new Set<string>();
  tap: Tap | undefined;
  /** Sees every frame that is sent, by whichever side. */
  witness: ((device: string, direction: "up" | "down", frame: Uint8Array) => void) | undefined;
  /** Sees every frame that arrives at the service. */
  delivered: ((device: string, frame: Uint8Array) => void) | undefined;
  /** Sees every frame that arrives at a device. */
  arrived: ((device: string, frame: Uint8Array) => void) | undefined;
  readonly #clock: Timers;
  readonly #random: Random;
  readonly #trace: Trace;
  #service: Service | undefined;
  readonly #links = new Map<string, Set<SimulatedLink>>();
  #sent = 0;
  #newestArrival = { sent: 0, device: "" };

  constructor(clock: Timers, random: Random, trace: Trace) {
    this.#clock = clock;
    this.#random = random;
    this.#trace = trace;
  }

  get clock(): Timers {
    return this.#clock;
  }

  get service(): Service | undefined {
    return this.#service;
  }

  /** Undefined: nobody listens, and every connection is gone. */
  serve(service: Service | undefined): void {
    this.#service = service;
    if (service !== undefined) return;
    for (const links of this.#links.values()) for (const link of links) link.break();
  }

  transport(device: string, life: Life, origin: string): Transport {
    return {
      origin,
      connect: (events) => {
        const link = new SimulatedLink(this, device, life, events);
        const links = this.#links.get(device) ?? new Set();
        this.#links.set(device, links.add(link));
        return link;
      },
    };
  }

  /** Breaks what a device has open, as a lost network or a dead process does. */
  cut(device: string): void {
    for (const link of this.#links.get(device) ?? []) link.break();
  }

  /** The process of a device is gone. What it had handed to its system may still arrive. */
  abandon(device: string): void {
    for (const link of this.#links.get(device) ?? []) {
      if (this.#random.chance(0.5)) link.break();
      else link.close();
    }
  }

  forget(device: string, link: SimulatedLink): void {
    this.#links.get(device)?.delete(link);
  }

  connectDelay(): number {
    return this.#random.between(...this.faults.delayMs);
  }

  noticeDelay(): number {
    return this.#random.between(0, 4_000);
  }

  backoff(tries: number): number {
    return this.#random.between(100, Math.min(8_000, 250 * 2 ** tries));
  }

  /** Sends one frame along one direction of a wire. */
  carry(
    wire: Wire,
    direction: "up" | "down",
    device: string,
    frame: Uint8Array,
    arrive: (frame: Uint8Array) => void,
  ): void {
    if (wire.isBroken) return;
    this.witness?.(device, direction, frame);
    const { faults } = this;
    const stream = wire[direction];
    const stalls = this.#random.chance(faults.stall);
    if (stalls) this.#trace.count("fault: delay");
    const delay = this.#random.between(...faults.delayMs) + (stalls ? this.#random.between(...faults.stallMs) : 0);
    const sent = ++this.#sent;
    const schedule = (at: number): void => {
      stream.lastAt = Math.max(stream.lastAt, at);
      this.#clock.after(stream.lastAt - this.#clock.now(), () => {
        if (wire.isBroken) return;
        if (direction === "down") this.#noteOrder(sent, device);
        const arrivals = direction === "down" && this.tap !== undefined ? this.tap(device, frame) : [frame];
        for (const each of arrivals) {
          this.#trace.add(`${device} ${direction === "up" ? ">" : "<"}`, each);
          if (direction === "down") this.arrived?.(device, each);
          else this.delivered?.(device, each);
          arrive(each.slice());
        }
      });
    };
    schedule(this.#clock.now() + delay);
    if (this.#random.chance(faults.duplicate)) {
      this.#trace.count("fault: duplicate");
      schedule(stream.lastAt + this.#random.between(0, 500));
    }
  }

  breaks(): boolean {
    const breaks = this.#random.chance(this.faults.cut);
    if (breaks) this.#trace.count("fault: drop");
    return breaks;
  }

  #noteOrder(sent: number, device: string): void {
    const newest = this.#newestArrival;
    if (sent < newest.sent && device !== newest.device) this.#trace.count("fault: reorder");
    if (sent > newest.sent) this.#newestArrival = { sent, device };
  }
}

/** The device's end: connects by itself, again and again, until it is closed. */
class SimulatedLink implements Link {
  readonly #network: Network;
  readonly #device: string;
  readonly #life: Life;
  readonly #events: LinkEvents;
  #wire: Wire | undefined;
  #isClosed = false;
  #tries = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(network: Network, device: string, life: Life, events: LinkEvents) {
    this.#network = network;
    this.#device = device;
    this.#life = life;
    this.#events = events;
    this.#try(0);
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#life.isOver;
  }

  #try(delayMs: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#network.clock.after(delayMs + this.#network.connectDelay(), () => {
      this.#cancelRetry = undefined;
      if (this.#isOver || this.#wire !== undefined) return;
      const { service, cutOff } = this.#network;
      this.#tries++;
      if (service === undefined || cutOff.has(this.#device)) return this.#try(this.#network.backoff(this.#tries));
      this.#open(service);
    });
  }

  #open(service: Service): void {
    const wire = new Wire();
    this.#wire = wire;
    this.#tries = 0;
    const network = this.#network;
    wire.server = service.connect({
      address: this.#device,
      send: (frame) => {
        if (network.service !== service || wire.isBroken) return;
        if (network.breaks()) return this.#break(wire);
        network.carry(wire, "down", this.#device, frame.slice(), (arrived) => {
          if (this.#wire !== wire || this.#isOver) return;
          try {
            this.#events.frame(arrived);
          } catch (error) {
            // It is being switched off at this moment.
            if (!(error instanceof CrashError)) throw error;
          }
        });
      },
      bufferedBytes: () => 0,
      close: () => {
        // After what was sent before it.
        network.clock.after(Math.max(0, wire.down.lastAt - network.clock.now()) + network.connectDelay(), () =>
          this.#break(wire),
        );
      },
    });
    this.#events.opened();
  }

  send(bytes: Uint8Array): boolean {
    const wire = this.#wire;
    if (wire === undefined || this.#isOver) return false;
    const crash = this.#life.passing("send");
    if (crash === "before") this.#life.crash("before a send");
    if (this.#life.isOver) return false;
    if (this.#network.breaks()) this.#break(wire);
    else {
      const service = this.#network.service;
      this.#network.carry(wire, "up", this.#device, bytes.slice(), (frame) => {
        if (this.#network.service === service) wire.server?.receive(frame);
      });
    }
    if (crash !== undefined) this.#life.crash("after a send");
    return true;
  }

  reconnect(): void {
    if (this.#isOver) return;
    const wire = this.#wire;
    if (wire === undefined) return this.#try(0);
    this.#end(wire);
    this.#wire = undefined;
    this.#events.closed();
    this.#try(0);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#network.forget(this.#device, this);
    const wire = this.#wire;
    this.#wire = undefined;
    if (wire === undefined) return;
    // What was sent before arrives before the end does.
    this.#network.clock.after(
      Math.max(0, wire.up.lastAt - this.#network.clock.now()) + this.#network.connectDelay(),
      () => this.#end(wire),
    );
  }

  /** The connection is lost; each side notices when it does. */
  break(): void {
    if (this.#wire !== undefined) this.#break(this.#wire);
  }

  #break(wire: Wire): void {
    if (wire.isBroken) return;
    this.#end(wire, this.#network.noticeDelay());
    const notice = this.#life.isOver ? 0 : this.#network.noticeDelay();
    this.#network.clock.after(notice, () => {
      if (this.#wire !== wire) return;
      this.#wire = undefined;
      if (this.#isOver) return;
      this.#events.closed();
      this.#try(this.#network.backoff(this.#tries));
    });
  }

  #end(wire: Wire, serverNoticesAfterMs = 0): void {
    if (wire.isBroken) return;
    wire.isBroken = true;
    const { server } = wire;
    wire.server = undefined;
    this.#network.clock.after(serverNoticesAfterMs, () => server?.closed());
  }
}
