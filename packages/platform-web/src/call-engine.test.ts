import type { Change, Engine } from "@sotto/engine";
import type { ConversationId, PostId } from "@sotto/protocol";
import { afterEach, expect, test } from "vitest";
import { EngineCaller, faceOf } from "./call-engine.ts";
import { CHANNELS, type ToEngine, type ToTab } from "./messages.ts";
import { serveEngine } from "./serve-engine.ts";

// BroadcastChannels are in Node too, so the protocol between tabs and engine is tested message by message.

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const conversation = "c" as ConversationId;

function tab() {
  const caller = new EngineCaller();
  closing.push(() => caller.close());
  return { caller, engine: faceOf(caller) };
}

/** An engine's side that says only what the test makes it say. */
function scripted() {
  const calls = new BroadcastChannel(CHANNELS.engine);
  const tabs = new BroadcastChannel(CHANNELS.tabs);
  const heard: ToEngine[] = [];
  calls.onmessage = ({ data }) => void heard.push(data as ToEngine);
  closing.push(() => [calls, tabs].forEach((channel) => channel.close()));
  return {
    heard,
    kinds: (engine: string) =>
      heard.filter((message) => "engine" in message && message.engine === engine).map(({ kind }) => kind),
    tell: (message: ToTab) => tabs.postMessage(message),
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

test("a deed that was never begun is done by the next engine, once", async () => {
  const { engine } = tab();
  const script = scripted();
  script.tell({ kind: "ready", engine: "one" });
  await settle();
  const sent = engine.send({ conversation, text: "x" });
  await settle();
  expect(script.kinds("one")).toEqual(["ask"]);
  script.tell({ kind: "ready", engine: "two" });
  await settle();
  expect(script.kinds("two")).toEqual(["ask"]);
  // What the first one had to say comes late.
  script.tell({ kind: "here", engine: "one", call: 1 });
  script.tell({ kind: "here", engine: "two", call: 1 });
  script.tell({ kind: "here", engine: "two", call: 1 });
  await settle();
  expect(script.kinds("one")).toEqual(["ask"]);
  expect(script.kinds("two")).toEqual(["ask", "call"]);
  script.tell({ kind: "returned", engine: "two", call: 1, value: "post" });
  expect(await sent).toBe("post");
});

test("a deed that was begun is never begun again; a question is", async () => {
  const { engine } = tab();
  const script = scripted();
  script.tell({ kind: "ready", engine: "one" });
  await settle();
  const question = engine.conversations();
  const deed = engine.send({ conversation, text: "x" }).catch((error: unknown) => error);
  await settle();
  script.tell({ kind: "here", engine: "one", call: 2 });
  await settle();
  expect(script.kinds("one")).toEqual(["call", "ask", "call"]);
  script.tell({ kind: "ready", engine: "two" });
  expect(await deed).toMatchObject({ code: "request/unavailable" });
  await settle();
  expect(script.kinds("two")).toEqual(["call"]);
  script.tell({ kind: "returned", engine: "one", call: 1, value: ["late"] });
  script.tell({ kind: "returned", engine: "two", call: 1, value: [] });
  expect(await question).toEqual([]);
});

test("calls begin in the order in which they were made, questions and deeds alike", async () => {
  const { engine } = tab();
  const calls = Array.from({ length: 12 }, (_, n) =>
    n % 3 === 0 ? engine.saveDraft({ conversation, text: `${n}` }) : engine.send({ conversation, text: `${n}` }),
  );
  const heard: string[] = [];
  const fake: Partial<Engine> = {
    subscribe: () => () => {},
    send: async ({ text }) => {
      heard.push(text);
      return text as PostId;
    },
    saveDraft: async ({ text }) => void heard.push(text),
  };
  closing.push(serveEngine(fake as Engine));
  await Promise.all(calls);
  calls.push(
    ...Array.from({ length: 12 }, (_, n) =>
      n % 3 === 1
        ? engine.saveDraft({ conversation, text: `${12 + n}` })
        : engine.send({ conversation, text: `${12 + n}` }),
    ),
  );
  await Promise.all(calls);
  expect(heard).toEqual(Array.from({ length: 24 }, (_, n) => `${n}`));
});

test("T84 nothing of the engine is within reach but its methods", async () => {
  let touched = 0;
  const fake = {
    subscribe: () => () => {},
    close: () => void touched++,
    ports: () => void touched++,
    session: async () => ({ kind: "signed-out" }),
  };
  closing.push(serveEngine(fake as unknown as Engine));
  const { caller } = tab();
  for (const method of ["close", "subscribe", "ports", "constructor", "__proto__", "toString", "session.constructor"]) {
    await expect(caller.call(method as "session", undefined)).rejects.toMatchObject({
      code: "request/unknown-operation",
    });
  }
  expect(await caller.call("session", undefined)).toEqual({ kind: "signed-out" });
  expect(touched).toBe(0);
});

test("an engine that can't start rejects what waits for it, and the next one serves what comes after", async () => {
  const { engine } = tab();
  const script = scripted();
  const waiting = [engine.session(), engine.send({ conversation, text: "x" })].map((call) =>
    call.catch((error: unknown) => error),
  );
  await settle();
  script.tell({ kind: "failed", failure: { code: "store/in-use", message: "In use.", remedy: { kind: "none" } } });
  for (const call of waiting) expect(await call).toMatchObject({ code: "store/in-use", message: "In use." });
  const later = engine.session();
  script.tell({ kind: "ready", engine: "two" });
  await settle();
  script.tell({ kind: "returned", engine: "two", call: 3, value: { kind: "signed-out" } });
  expect(await later).toEqual({ kind: "signed-out" });
});

test("what can't be cloned is an error of its call alone", async () => {
  const { caller, engine } = tab();
  closing.push(
    serveEngine({ subscribe: () => () => {}, session: async () => ({ kind: "signed-out" }) } as unknown as Engine),
  );
  await engine.session();
  await expect(caller.call("person", () => {})).rejects.toThrow();
  expect(await engine.session()).toEqual({ kind: "signed-out" });
});

test("an answer that can't be cloned is a failure, not a silence", async () => {
  const { caller } = tab();
  closing.push(
    serveEngine({ subscribe: () => () => {}, session: async () => ({ work: () => {} }) } as unknown as Engine),
  );
  await expect(caller.call("session", undefined)).rejects.toMatchObject({ code: "internal/unexpected" });
});

test("what changes at once goes out as one message, in order", async () => {
  const listeners: ((change: Change) => void)[] = [];
  const said: string[] = [];
  const channel = new BroadcastChannel(CHANNELS.tabs);
  channel.onmessage = ({ data }: MessageEvent<ToTab>) => said.push(data.kind);
  const { caller, engine } = tab();
  const heard: string[] = [];
  engine.subscribe(({ kind }) => heard.push(kind));
  closing.push(
    serveEngine({
      subscribe: (listener: (change: Change) => void) => {
        listeners.push(listener);
        return () => {};
      },
      markRead: async () => {
        for (const kind of ["session", "conversations", "people"] as const)
          for (const listener of listeners) listener({ kind });
      },
    } as unknown as Engine),
  );
  await caller.call("markRead", {}).then(() => heard.push("answered"));
  await settle();
  channel.close();
  expect(heard.toSorted()).toEqual(["answered", "conversations", "people", "session"]);
  expect(heard.filter((kind) => kind !== "answered")).toEqual(["session", "conversations", "people"]);
  expect(said).toEqual(["ready", "changes"]);
});

test("changes reach every listener of every tab until it stops; after a change of engine each asks again", async () => {
  const [one, two] = [tab(), tab()];
  const script = scripted();
  const heard: Change["kind"][] = [];
  const stop = one.engine.subscribe(({ kind }) => heard.push(kind));
  two.engine.subscribe(({ kind }) => heard.push(kind));
  script.tell({ kind: "ready", engine: "one" });
  script.tell({ kind: "changes", engine: "one", changes: [{ kind: "session" }] });
  script.tell({ kind: "changes", engine: "nobody", changes: [{ kind: "session" }] });
  await settle();
  expect(heard).toEqual(["session", "session"]);
  stop();
  void two.engine.timeline({ conversation, limit: 1 }).catch(() => {});
  script.tell({ kind: "ready", engine: "two" });
  script.tell({ kind: "ready", engine: "two" });
  await settle();
  expect(heard.slice(2)).toEqual(["session", "conversations", "timeline"]);
});

test("a closed tab rejects what waits and what comes", async () => {
  const { caller, engine } = tab();
  const waiting = engine.session();
  caller.close();
  await expect(waiting).rejects.toMatchObject({ code: "request/unavailable" });
  await expect(engine.session()).rejects.toMatchObject({ code: "request/unavailable" });
  engine.wake();
});
