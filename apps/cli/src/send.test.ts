import type { ConversationState, ConversationSummary } from "@sotto/engine";
import { expect, test } from "vitest";
import { CONVERSATION, SIGNED_IN, directWith, fakeEngine, personCalled, post } from "../test/fake-engine.ts";
import { EXIT } from "./exit.ts";
import { acceptChangedKeys, requireWritable, settled } from "./send.ts";
import { caughtUp, whenOnline, type Run } from "./session.ts";

test.each([
  { state: { kind: "left", because: "removed" }, exit: EXIT.failed },
  { state: { kind: "stopped", because: "fork", code: "conversation/fork" }, exit: EXIT.trust },
  { state: { kind: "stopped", because: "clone", code: "conversation/clone" }, exit: EXIT.trust },
] satisfies { state: ConversationState; exit: number }[])(
  "nothing is written into a conversation that is $state.because",
  ({ state, exit }) => {
    expect(() => requireWritable({ ...directWith(personCalled("bob")), state }, true)).toThrow(
      expect.objectContaining({ exit }),
    );
  },
);

test("changed keys stop a message until the person says otherwise; a block stops it always", async () => {
  const bob = personCalled("bob", "changed");
  const changed: ConversationSummary = {
    ...directWith(bob),
    state: { kind: "paused", because: "identity-changed", people: [bob] },
  };
  expect(() => requireWritable(changed, false)).toThrow(
    expect.objectContaining({
      exit: EXIT.trust,
      message: "Not sent: the keys of @bob changed, and you had verified them.",
      next: ["compare numbers:  sotto verify @bob", 'or send anyway:   sotto send --unverified "@bob"'],
    }),
  );
  expect(() => requireWritable(changed, true)).not.toThrow();
  const blocked: ConversationSummary = { ...directWith(personCalled("bob", "blocked")), state: { kind: "blocked" } };
  expect(() => requireWritable(blocked, true)).toThrow(expect.objectContaining({ exit: EXIT.trust }));
  for (const trust of ["unverified", "verified"] as const)
    expect(() => requireWritable(directWith(personCalled("bob", trust)), false)).not.toThrow();

  const accepted: string[] = [];
  const { engine } = fakeEngine();
  engine.acceptIdentity = async ({ account }) => void accepted.push(account);
  await acceptChangedKeys({ engine }, directWith(bob));
  expect(accepted).toEqual([]);
  await acceptChangedKeys({ engine }, changed);
  expect(accepted).toEqual([bob.account]);
});

test("a post is settled as soon as it is in the log", async () => {
  const { engine, world, tell } = fakeEngine();
  const mine = post(1, null, true);
  world.items = [mine];
  const state = settled({ engine } as Run, CONVERSATION, mine.post, { wait: true });
  world.items = [post(1, 3, true)];
  tell({ kind: "timeline", conversation: CONVERSATION });
  expect(await state).toEqual({ kind: "sent" });
});

test("hundreds that wait look once a change, and one behind a page of waiting posts isn't taken for sent", async () => {
  const { engine, world, tell } = fakeEngine();
  const posts = Array.from({ length: 300 }, (_, at) => post(at + 1, null, true));
  world.items = posts;
  const look = engine.timeline.bind(engine);
  let looks = 0;
  engine.timeline = (request) => {
    looks++;
    return look(request);
  };
  let settledCount = 0;
  const all = posts.map((each) =>
    settled({ engine } as Run, CONVERSATION, each.post, { wait: true }).then((state) => {
      settledCount++;
      return state;
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(settledCount).toBe(0);
  world.items = posts.map((_, at) => post(at + 1, at + 1, true));
  tell({ kind: "timeline", conversation: CONVERSATION });
  expect(new Set((await Promise.all(all)).map(({ kind }) => kind))).toEqual(new Set(["sent"]));
  expect(looks).toBeLessThan(10);
});

test("a device that the server lets in no more doesn't wait", async () => {
  const { engine, world } = fakeEngine();
  world.session = { ...SIGNED_IN, connection: "offline", refusedBecause: "session/device-revoked" };
  const revoked = { code: "session/device-revoked" };
  await expect(
    settled({ engine } as Run, CONVERSATION, post(1, null, true).post, { wait: true }),
  ).rejects.toMatchObject(revoked);
  await expect(whenOnline(engine)).rejects.toMatchObject(revoked);
  await expect(caughtUp({ engine })).rejects.toMatchObject(revoked);
});

test("caught up is what the engine says, not that there is a connection", async () => {
  const { engine, world, tell } = fakeEngine();
  world.session = { ...SIGNED_IN, connection: "online" };
  expect(await whenOnline(engine)).toBe(true);
  let isDone = false;
  const done = caughtUp({ engine }).then((result) => (isDone = result));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isDone).toBe(false);
  world.session = { ...SIGNED_IN, connection: "online", caughtUp: true };
  tell({ kind: "conversations" });
  expect(await done).toBe(true);
  world.session = SIGNED_IN;
  expect(await caughtUp({ engine }, 20)).toBe(false);
});
