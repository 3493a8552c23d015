import { ROLE } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf, castOf, say, stateKind, stillTalk, texts, type Cast } from "./hostile.ts";
import { epochOn, trueLogs, unsettled, violations } from "./invariants.ts";

// What the simulator found once, each as a history of its own: a seed's history changes with the code, these don't.

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(() => cast.world.close());

async function isAllWell(): Promise<void> {
  await cast.world.heal();
  await cast.world.run(60_000);
  const logs = await trueLogs(cast.world);
  expect(unsettled(cast.world, logs)).toEqual([]);
  expect(violations(cast.world, logs)).toEqual([]);
}

test("who was removed and added again while away comes back in", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  const account = accountOf(bob);
  await bob.stop();
  await world.until(alice.engine.removeMember({ conversation, account }));
  await say(world, alice, conversation, "without him");
  await world.until(alice.engine.addMembers({ conversation, usernames: ["bobby"] }));
  await world.run(3_000);
  await bob.start();
  await world.run(20_000);
  expect(stateKind(bob, conversation)).toContain("open");
  expect(texts(bob, conversation)).not.toContain("without him");
  expect(await stillTalk(world, [alice, bob, carol], conversation)).toEqual([]);
  await isAllWell();
});

test("a device whose first enrolment was cut short doesn't join as the device that never came to be", async () => {
  const { world, alice, conversation } = cast;
  const person = world.people[0]!;
  const device = await world.addDevice(person);
  // The server learns of the device; its own last write is the one that never happens.
  device.arm({ at: "write", countdown: 2, when: "before" });
  void device.engine.signIn(person).catch(() => undefined);
  await world.run(10_000);
  expect(device.isRunning).toBe(false);
  await device.start();
  await world.until(device.engine.signIn(person));
  await world.run(5_000);
  expect((await alice.engine.person(accountOf(alice))).devices.length).toBe(3);
  // Everyone who adds Alice now adds the ghost as well; one Welcome serves both.
  const other = await world.until(cast.bob.engine.createGroup({ name: "ghosts", usernames: ["alice"] }));
  await world.run(10_000);
  await say(world, device, other, "it's me");
  expect(texts(cast.bob, other)).toContain("it's me");
  expect(texts(alice, other)).toContain("it's me");
  expect(epochOn(device, other)).toBe(epochOn(cast.bob, other));
  expect(stateKind(device, conversation)).toContain("open");
  await isAllWell();
});

test("a role that is given to somebody who is being removed doesn't bring them back", async () => {
  const { world, alice, carol, conversation } = cast;
  const removed = alice.engine.removeMember({ conversation, account: accountOf(carol) });
  const changed = alice.engine.setRole({ conversation, account: accountOf(carol), role: ROLE.admin });
  await world.until(Promise.all([removed, changed]));
  await world.run(10_000);
  const names = (await alice.engine.conversation(conversation)).members.map(({ username }) => username).sort();
  expect(names).toEqual(["alice", "bobby"]);
  await isAllWell();
});

test.each([30, 50, 70, 90, 110])("signing in again %i ms after signing in makes one device", async (pause) => {
  const { world } = cast;
  const person = world.people[1]!;
  const device = await world.addDevice(person);
  const first = device.engine.signIn(person);
  await world.run(pause);
  const second = device.engine.signIn(person);
  const results = await world.until(Promise.allSettled([first, second]));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  await world.run(10_000);
  expect((await device.engine.person(accountOf(device))).devices.filter(({ active }) => active).length).toBe(2);
  await isAllWell();
});

test("a member who removes a leaver and loses the answer follows its own commit", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  await alice.stop();
  await world.until(carol.engine.leave({ conversation }));
  // Bob, who is no admin, removes her with her own statement; the answer that it was taken is lost with him.
  const before = (await world.server.log(conversation)).length;
  for (let waited = 0; (await world.server.log(conversation)).length === before && waited < 20_000; waited++)
    await world.run(1);
  bob.crash();
  // Alice acknowledges the removal: from here on Carol is no leaver any more.
  await alice.start();
  await world.run(5_000);
  await bob.start();
  await world.run(30_000);
  const names = (await bob.engine.conversation(conversation)).members.map(({ username }) => username).sort();
  expect(names).toEqual(["alice", "bobby"]);
  expect(await stillTalk(world, [alice, bob], conversation)).toEqual([]);
  await isAllWell();
});

test("six devices in one new conversation", async () => {
  const { world, alice } = cast;
  for (const person of world.people.slice(0, 3)) {
    const device = await world.addDevice(person);
    await world.until(device.engine.signIn(person));
  }
  await world.run(3_000);
  const conversation = await world.until(alice.engine.createGroup({ name: "many", usernames: ["bobby", "carol"] }));
  await world.run(10_000);
  expect(await stillTalk(world, world.devices, conversation)).toEqual([]);
  await isAllWell();
});

test("what fills several pages of the log is read in order, though the connection is lost on the way", async () => {
  const { world, alice, bob, conversation } = cast;
  await bob.stop();
  const posts = Array.from({ length: 600 }, (_, n) => `page after page ${n}`);
  for (const text of posts) await world.until(alice.engine.send({ conversation, text }));
  await world.run(20_000);
  await bob.start();
  let read = 0;
  for (let cuts = 0; cuts < 400 && read < posts.length; cuts++) {
    await world.run(50);
    const now = texts(bob, conversation).filter((text) => text.startsWith("page after page")).length;
    // Each time that something has come, so that the next page is on its way.
    if (now > read && now < posts.length) world.network.cut(bob.name);
    read = now;
  }
  await world.run(30_000);
  expect(texts(bob, conversation).filter((text) => text.startsWith("page after page"))).toEqual(posts);
  await isAllWell();
}, 120_000);
