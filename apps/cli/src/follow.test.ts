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

test("from what is unread on, however much that is", async () => {
  const { shown, running } = await following("unread", (at) => {
    at.items = Array.from({ length: 700 }, (_, index) => post(index + 1, index + 1));
    at.unreadAfter = post(50, 50).order;
  });
  await running.stop();
  expect(shown).toEqual(Array.from({ length: 650 }, (_, index) => String(index + 51)));
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

test("more than a page at once is shown whole and in order", async () => {
  const { world, tell, shown, running } = await following("now", (at) => (at.items = [post(1, 1)]));
  world.items = Array.from({ length: 700 }, (_, index) => post(index + 1, index + 1));
  tell({ kind: "conversations" });
  await turn();
  expect(shown).toEqual(Array.from({ length: 699 }, (_, index) => String(index + 2)));
  world.items.push(post(701, 701));
  tell({ kind: "timeline", conversation: CONVERSATION });
  await running.stop();
  expect(shown.slice(699)).toEqual(["701"]);
});

test("of a conversation that is new here what is unread is shown, and none of the history that comes with it", async () => {
  const { world, tell, shown, running } = await following("now", (at) => (at.conversations = []));
  world.conversations = [{ ...directWith(personCalled("bob")), state: { kind: "joining" } }];
  tell({ kind: "conversations" });
  await turn();
  world.conversations = [directWith(personCalled("bob"))];
  world.items = [post(1, 1), post(2, 2), post(3, 3)];
  world.unreadAfter = post(2, 2).order;
  tell({ kind: "conversations" });
  await turn();
  expect(shown).toEqual(["3"]);
  world.items.push(post(4, 4));
  tell({ kind: "timeline", conversation: CONVERSATION });
  await running.stop();
  expect(shown).toEqual(["3", "4"]);
});

test("a device that enters a conversation in which all is read shows nothing of it, and of much that is unread a page", async () => {
  for (const { unreadAfter, count } of [
    { unreadAfter: null, count: 0 },
    { unreadAfter: 0, count: 200 },
  ]) {
    const { world, tell, shown, running } = await following("now", (at) => (at.conversations = []));
    world.conversations = [directWith(personCalled("bob"))];
    world.items = Array.from({ length: 700 }, (_, index) => post(index + 1, index + 1));
    world.unreadAfter = unreadAfter;
    tell({ kind: "conversations" });
    await turn();
    await running.stop();
    expect(shown).toHaveLength(count);
  }
});

test("messages whose keys come late are shown though later ones were read; history that is fetched is not", async () => {
  const all = Array.from({ length: 260 }, (_, index) => post(index + 1, index + 1));
  const gap = all[240];
  const { world, tell, shown, running } = await following("now", (at) => {
    at.items = all.slice(10).filter((item) => item !== gap);
  });
  world.items = all;
  tell({ kind: "timeline", conversation: CONVERSATION });
  await running.stop();
  expect(shown).toEqual(["241"]);
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
