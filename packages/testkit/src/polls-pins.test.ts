import { ROLE, type ConversationId, type PostId } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

let world: World;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
});
afterEach(() => world.close());

const accountOf = async (device: SimulatedDevice) => {
  const session = await device.engine.session();
  if (session.kind !== "signed-in") throw new Error(session.kind);
  return session.account;
};

async function group(): Promise<{
  ada: SimulatedDevice;
  bob: SimulatedDevice;
  cleo: SimulatedDevice;
  conversation: ConversationId;
}> {
  const [ada, bob, cleo] = [await world.signedUp("ada"), await world.signedUp("bob"), await world.signedUp("cleo")];
  const conversation = await world.until(ada.engine.createGroup({ name: "trio", usernames: ["bob", "cleo"] }));
  await world.run(10_000);
  for (const device of [bob, cleo]) await device.engine.acceptRequest({ conversation }).catch(() => undefined);
  await world.run(10_000);
  return { ada, bob, cleo, conversation };
}

async function pollOn(device: SimulatedDevice, conversation: ConversationId, post: PostId) {
  const { items } = await device.engine.timeline({ conversation, limit: 50 });
  const item = items.find((one) => one.kind === "post" && one.post === post);
  return item?.kind === "post" ? item.marks.poll : null;
}

const counts = async (device: SimulatedDevice, conversation: ConversationId, post: PostId) =>
  (await pollOn(device, conversation, post))?.options.map(({ votes }) => votes);

test("everyone sees the same votes, one a person, the last one; they can be taken back; a closed poll stays as it was", async () => {
  const { ada, bob, cleo, conversation } = await group();
  const poll = { conversation, question: "When?", options: ["Monday", "Friday", "Never"], multiple: false };
  const post = await ada.engine.sendPoll(poll);
  await world.run(5_000);
  await bob.engine.vote({ conversation, post, options: [0] });
  await cleo.engine.vote({ conversation, post, options: [1] });
  await ada.engine.vote({ conversation, post, options: [1] });
  await world.run(5_000);
  for (const device of [ada, bob, cleo]) expect(await counts(device, conversation, post)).toEqual([1, 2, 0]);
  await bob.engine.vote({ conversation, post, options: [2] });
  await ada.engine.vote({ conversation, post, options: [] });
  await world.run(5_000);
  for (const device of [ada, bob, cleo]) expect(await counts(device, conversation, post)).toEqual([0, 1, 1]);
  expect(await pollOn(bob, conversation, post)).toMatchObject({ voters: 2, mayClose: false, closed: false });
  await expect(bob.engine.closePoll({ conversation, post })).rejects.toMatchObject({ code: "post/not-yours" });
  await ada.engine.closePoll({ conversation, post });
  await world.run(5_000);
  await expect(bob.engine.vote({ conversation, post, options: [0] })).rejects.toMatchObject({ code: "poll/closed" });
  for (const device of [ada, bob, cleo])
    expect(await pollOn(device, conversation, post)).toMatchObject({ voters: 2, closed: true });
});

test("[T13] a poll is closed by its author alone, whatever somebody's client sends; what it doesn't offer is no vote", async () => {
  const { ada, bob, conversation } = await group();
  const post = await ada.engine.sendPoll({ conversation, question: "?", options: ["a", "b"], multiple: false });
  await world.run(5_000);
  for (const options of [[2], [0, 1], [-1], [0.5]])
    await expect(bob.engine.vote({ conversation, post, options })).rejects.toMatchObject({ code: "request/malformed" });
  await expect(bob.engine.edit({ conversation, post, text: "another question" })).rejects.toMatchObject({
    code: "post/not-yours",
  });
  await expect(ada.engine.edit({ conversation, post, text: "another question" })).rejects.toMatchObject({
    code: "post/not-found",
  });
  for (const options of [["a"], ["a", "a"], []])
    await expect(ada.engine.sendPoll({ conversation, question: "?", options, multiple: false })).rejects.toMatchObject({
      code: "poll/malformed",
    });
});

test("what is pinned is the same for all, newest first, and is said in the timeline; only who may pins", async () => {
  const { ada, bob, cleo, conversation } = await group();
  const first = await ada.engine.send({ conversation, text: "first" });
  const second = await bob.engine.send({ conversation, text: "second" });
  await world.run(5_000);
  await ada.engine.setPostPinned({ conversation, post: first, pinned: true });
  await world.run(5_000);
  await bob.engine.setPostPinned({ conversation, post: second, pinned: true });
  await world.run(5_000);
  const pins = async (device: SimulatedDevice) =>
    (await device.engine.pinnedPosts({ conversation })).map((item) => item.kind === "post" && item.text);
  for (const device of [ada, bob, cleo]) expect(await pins(device)).toEqual(["second", "first"]);
  const { items } = await cleo.engine.timeline({ conversation, limit: 50 });
  expect(items.filter((item) => item.kind === "system" && item.line.kind === "pin").length).toBe(2);
  expect(items.flatMap((item) => (item.kind === "post" ? [item.marks.pinned] : []))).toEqual([true, true]);

  await world.until(ada.engine.setRules({ conversation, rules: { pin: "admins" } }));
  await world.run(10_000);
  await expect(bob.engine.setPostPinned({ conversation, post: first, pinned: false })).rejects.toMatchObject({
    code: "conversation/forbidden-change",
  });
  await ada.engine.setPostPinned({ conversation, post: second, pinned: false });
  await world.run(5_000);
  for (const device of [ada, bob, cleo]) expect(await pins(device)).toEqual(["first"]);
  await world.until(ada.engine.setRole({ conversation, account: await accountOf(bob), role: ROLE.admin }));
  await world.run(10_000);
  await bob.engine.setPostPinned({ conversation, post: second, pinned: true });
  await world.run(5_000);
  expect(await pins(cleo)).toEqual(["second", "first"]);
});

test("a new device of one's own knows pins and votes from before it came", async () => {
  const { ada, bob, conversation } = await group();
  const post = await ada.engine.sendPoll({ conversation, question: "?", options: ["a", "b"], multiple: true });
  await world.run(5_000);
  await bob.engine.vote({ conversation, post, options: [0, 1] });
  await ada.engine.setPostPinned({ conversation, post, pinned: true });
  await world.run(20_000);
  const person = world.people.find(({ username }) => username === "bob")!;
  const later = await world.addDevice(person);
  await world.until(later.engine.signIn(person));
  await world.run(30_000);
  expect(await counts(later, conversation, post)).toEqual([1, 1]);
  expect((await later.engine.pinnedPosts({ conversation })).length).toBe(1);
});

test("[T50] a preview travels inside the post, and is about a link in it", async () => {
  const { ada, bob, conversation } = await group();
  const preview = { url: "https://museum.example/plan", title: "Plan", description: "Long gallery" };
  await ada.engine.send({ conversation, text: "See https://museum.example/plan", preview });
  await expect(ada.engine.send({ conversation, text: "See nothing", preview })).rejects.toMatchObject({
    code: "request/malformed",
  });
  await world.run(5_000);
  const { items } = await bob.engine.timeline({ conversation, limit: 10 });
  const item = items.at(-1);
  expect(item?.kind === "post" && item.marks.preview).toEqual(preview);
});
