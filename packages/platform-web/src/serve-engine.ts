import type { Change, Engine } from "@sotto/engine";
import { SottoError } from "@sotto/protocol";
import { failureOf } from "./failure.ts";
import { CHANNELS, isMethod, type ToEngine, type ToTab } from "./messages.ts";

/** Announces the engine to every tab and answers their calls. @returns ends that. [Note: One engine, many tabs] */
export function serveEngine(engine: Engine): () => void {
  const id = crypto.randomUUID();
  const calls = new BroadcastChannel(CHANNELS.engine);
  const tabs = new BroadcastChannel(CHANNELS.tabs);
  const answers = new Map<string, BroadcastChannel>();

  const tell = (tab: string, message: ToTab): void => {
    let channel = answers.get(tab);
    if (channel === undefined) answers.set(tab, (channel = new BroadcastChannel(CHANNELS.tab(tab))));
    channel.postMessage(message);
  };
  const tellAll = (message: ToTab): void => tabs.postMessage(message);
  // What changes at once is one message: a page of missed posts changes hundreds of things.
  let changes: Change[] = [];
  const tellChanges = (): void => {
    if (changes.length === 0) return;
    tellAll({ kind: "changes", engine: id, changes });
    changes = [];
  };

  const answer = async ({ tab, call, method, argument }: Extract<ToEngine, { kind: "call" }>): Promise<void> => {
    try {
      const value = await invoke(engine, method, argument);
      tellChanges();
      tell(tab, { kind: "returned", engine: id, call, value });
    } catch (error) {
      tell(tab, { kind: "threw", engine: id, call, failure: failureOf(error) });
    }
  };

  calls.onmessage = ({ data }: MessageEvent<ToEngine>) => {
    switch (data.kind) {
      case "hello":
        return tell(data.tab, { kind: "ready", engine: id });
      case "ask":
        if (data.engine === id) tell(data.tab, { kind: "here", engine: id, call: data.call });
        return;
      case "call":
        if (data.engine === id) void answer(data);
        return;
    }
  };
  const stop = engine.subscribe((change) => {
    if (changes.push(change) === 1) queueMicrotask(tellChanges);
  });
  tellAll({ kind: "ready", engine: id });

  return () => {
    stop();
    tellChanges();
    for (const channel of [calls, tabs, ...answers.values()]) channel.close();
  };
}

async function invoke(engine: Engine, method: string, argument: unknown): Promise<unknown> {
  if (!isMethod(method)) {
    throw new SottoError("request/unknown-operation", "This window and the one that leads are of different versions.", {
      kind: "person",
      do: "Close all windows of Sotto, then open it again.",
    });
  }
  // Types end at a channel. The pages that call are ours, and the engine parses what comes from people.
  const call = engine[method] as (argument: unknown) => unknown;
  return call.call(engine, argument);
}
