import type { Engine } from "@sotto/engine";
import { postIdOf } from "@sotto/protocol";
import { expect, test } from "vitest";
import { directWith, fakeEngine, personCalled, post } from "../../test/fake-engine.ts";
import { markRead } from "./read.ts";

test("what was shown is read with what came in threads, and how much that was is said", async () => {
  const { engine } = fakeEngine();
  const asked: Parameters<Engine["markRead"]>[0][] = [];
  const notes: string[] = [];
  const run = {
    engine: { ...engine, markRead: async (request: Parameters<Engine["markRead"]>[0]) => void asked.push(request) },
    note: async (text: string) => void notes.push(text),
  };
  const direct = directWith(personCalled("bob"));
  const thread = postIdOf(new Uint8Array(32));
  const threads = [{ thread, unread: 3, mentions: 0, firstPost: thread }];
  await markRead(run, { ...direct, threads }, [post(1, 1), post(2, 2), post(3, null)]);
  await markRead(run, { ...direct, threads }, [post(3, null)]);
  await markRead(run, direct, [post(4, 4)]);
  expect(notes).toEqual(["3 new in threads, which can be read in a browser."]);
  const { conversation } = direct;
  expect(asked).toEqual([
    { conversation, upToOrder: post(2, 2).order, withThreads: true },
    { conversation, upToOrder: post(4, 4).order, withThreads: true },
  ]);
});
