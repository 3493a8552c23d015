import type { Change, Engine } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { disconnected, errorOf, interrupted } from "./failure.ts";
import { CHANNELS, isRepeatable, METHOD_NAMES, type Method, type ToEngine, type ToTab } from "./messages.ts";

type Call = {
  readonly id: number;
  readonly method: Method;
  readonly argument: unknown;
  /** waiting: for an engine; asked: whether it is there; begun: handed over. */
  phase: "waiting" | "asked" | "begun";
  resolve(value: unknown): void;
  reject(error: Error): void;
};

/** A tab's side of [Note: One engine, many tabs]. */
export class EngineCaller {
  readonly tab = crypto.randomUUID();
  readonly #calls = new Map<number, Call>();
  readonly #listeners = new Set<(change: Change) => void>();
  /** Shown here: what of them changed while no engine was there nobody else would tell. */
  readonly #timelines = new Set<ConversationId>();
  readonly #out = new BroadcastChannel(CHANNELS.engine);
  readonly #toAll = new BroadcastChannel(CHANNELS.tabs);
  readonly #toMe = new BroadcastChannel(CHANNELS.tab(this.tab));
  #engine: string | undefined;
  #lastCall = 0;
  #isClosed = false;

  constructor() {
    this.#toAll.onmessage = this.#toMe.onmessage = ({ data }: MessageEvent<ToTab>) => this.#receive(data);
    this.greet();
  }

  /** Asks an engine that is already there to announce itself. */
  greet(): void {
    this.#post({ kind: "hello", tab: this.tab });
  }

  call(method: Method, argument: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(disconnected());
      const call: Call = { id: ++this.#lastCall, method, argument, phase: "waiting", resolve, reject };
      const queuedBefore = [...this.#calls.values()].some(({ phase }) => phase === "asked");
      this.#calls.set(call.id, call);
      this.#remember(call);
      if (this.#engine !== undefined) this.#make(call, this.#engine, queuedBefore);
    });
  }

  subscribe(listener: (change: Change) => void): () => void {
    // One function may be given twice; each is stopped by itself.
    const own = (change: Change): void => listener(change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  close(): void {
    this.#isClosed = true;
    for (const channel of [this.#out, this.#toAll, this.#toMe]) channel.close();
    for (const call of this.#take()) call.reject(disconnected());
    this.#listeners.clear();
  }

  #receive(message: ToTab): void {
    if (message.kind === "ready") return this.#adopt(message.engine);
    if (message.kind === "failed") {
      this.#engine = undefined;
      for (const call of this.#take()) call.reject(errorOf(message.failure));
      return;
    }
    // The last words of an engine that has been followed already.
    if (message.engine !== this.#engine) return;
    if (message.kind === "changes") return message.changes.forEach((change) => this.#emit(change));
    const call = this.#calls.get(message.call);
    if (call === undefined) return;
    if (message.kind === "here") {
      if (call.phase === "asked") this.#begin(call, message.engine);
      return;
    }
    this.#calls.delete(call.id);
    if (message.kind === "returned") call.resolve(message.value);
    else call.reject(errorOf(message.failure));
  }

  #adopt(engine: string): void {
    if (engine === this.#engine) return;
    const isSuccessor = this.#engine !== undefined;
    this.#engine = engine;
    let queuedBefore = false;
    for (const call of this.#take()) {
      if (call.phase === "begun" && !isRepeatable(call.method)) {
        call.reject(interrupted());
        continue;
      }
      this.#calls.set(call.id, call);
      this.#make(call, engine, queuedBefore);
      queuedBefore ||= call.phase === "asked";
    }
    if (!isSuccessor) return;
    this.#emit({ kind: "session" });
    this.#emit({ kind: "conversations" });
    for (const conversation of this.#timelines) this.#emit({ kind: "timeline", conversation });
  }

  /** @param queuedBefore an earlier call is still asking: this one asks too, so that they begin in order. */
  #make(call: Call, engine: string, queuedBefore: boolean): void {
    if (isRepeatable(call.method) && !queuedBefore) return this.#begin(call, engine);
    call.phase = "asked";
    this.#post({ kind: "ask", tab: this.tab, engine, call: call.id });
  }

  #begin(call: Call, engine: string): void {
    call.phase = "begun";
    try {
      this.#post({ kind: "call", tab: this.tab, engine, call: call.id, method: call.method, argument: call.argument });
    } catch (error) {
      // What can't be cloned can't be sent.
      this.#calls.delete(call.id);
      call.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(): Call[] {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    return calls;
  }

  #remember({ method, argument }: Call): void {
    if (method !== "timeline") return;
    const { conversation } = argument as Parameters<Engine["timeline"]>[0];
    this.#timelines.add(conversation);
  }

  #emit(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  #post(message: ToEngine): void {
    this.#out.postMessage(message);
  }
}

/** The engine's own face over a caller. */
export function faceOf(caller: EngineCaller): Omit<Engine, "close"> {
  const methods = Object.fromEntries(
    METHOD_NAMES.map((method) => [method, (argument?: unknown) => caller.call(method, argument)]),
  );
  return {
    ...(methods as Omit<Engine, "subscribe" | "close" | "wake">),
    subscribe: (listener) => caller.subscribe(listener),
    wake: () => void caller.call("wake", undefined).catch(() => {}),
  };
}
