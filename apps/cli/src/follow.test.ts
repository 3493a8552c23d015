import { expect, test } from "vitest";
import { CONVERSATION, directWith, fakeEngine, personCalled, post } from "../test/fake-engine.ts";
import { follow, type FollowOptions } from "./follow.ts";

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

async function following(
  from: FollowOptions["from"],
  prepare: (world: ReturnType<typeof fakeEngine>["world"]) => void,
) {
  const fake = fakeEngine();
  fake.world.conversations = [directWith(personCalled("bob"))];
  prepare(fake.world);
  const shown: string[] = [];
  const running = await follow(fake.engine, {
    from,
    wants: () => true,
    show: async ({ item }) => void shown.push(item.key),
  });
  await turn();
  return { ...fake, shown, running };
}

test("from now on: what is there already isn't shown, what comes is, once", async () => {
  const { world, tell, shown, running } = await following("now", (at) => (at.items = [post(1, 1), post(2, 2)]));
  expect(shown).toEqual([]);
  world.items.push(post(3, 3));
  tell({ kind: "timeline", conversation: CONVERSATION });
  tell({ kind: "conversations" });
  await turn();
  tell({ kind: "arrived", conversation: CONVERSATION, post: post(3, 3).post });
  await turn();
  expect(shown).toEqual(["3"]);
  await running.stop();
});

test("from what is unread on", async () => {
  const { shown, running } = await following("unread", (at) => {
    at.items = [post(1, 1), post(2, 2), post(3, 3)];
    at.unreadAfter = post(1, 1).order;
  });
  expect(shown).toEqual(["2", "3"]);
  await running.stop();
});

test("an own post that has its place before those in front of it have been read hides none of them", async () => {
  const { world, tell, shown, running } = await following("now", (at) => (at.items = [post(1, 1)]));
  world.items.push(post(5, null, true));
  tell({ kind: "timeline", conversation: CONVERSATION });
  await turn();
  world.items = [post(1, 1), post(5, 4, true)];
  tell({ kind: "timeline", conversation: CONVERSATION });
  await turn();
  world.items = [post(1, 1), post(2, 2), post(3, 3), post(5, 4, true)];
  tell({ kind: "timeline", conversation: CONVERSATION });
  await turn();
  expect(shown).toEqual(["5", "2", "3"]);
  await running.stop();
});

test("more than a page at once, and a conversation that is new, are shown whole and in order", async () => {
  const { world, tell, shown, running } = await following("now", (at) => (at.conversations = []));
  world.conversations = [directWith(personCalled("bob"))];
  world.items = Array.from({ length: 700 }, (_, index) => post(index, index + 1));
  tell({ kind: "conversations" });
  await turn();
  expect(shown).toEqual(Array.from({ length: 700 }, (_, index) => String(index)));
  world.items.push(post(700, 701));
  tell({ kind: "timeline", conversation: CONVERSATION });
  await running.stop();
  expect(shown.slice(700)).toEqual(["700"]);
});

test("stop ends the subscription; a failure ends the following", async () => {
  const { listeners, running } = await following("now", () => undefined);
  await running.stop();
  expect(listeners.size).toBe(0);

  const failing = await following("now", (at) => (at.items = [post(1, 1)]));
  failing.engine.timeline = () => Promise.reject(new Error("broken"));
  failing.tell({ kind: "conversations" });
  await expect(failing.running.done).rejects.toThrow("broken");
});
