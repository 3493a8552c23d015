import type { ConversationId } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf, castOf, say, texts, type Cast } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

// What becomes of people while somebody's only device is off: told when it comes back, before anything of theirs is read.

let cast: Cast;
let direct: ConversationId;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
  direct = await cast.world.until(cast.alice.engine.openDirect({ username: "bobby" }));
  await say(cast.world, cast.alice, direct, "before");
});
afterEach(() => cast.world.close());

const stateOn = async (device: SimulatedDevice, conversation: ConversationId) =>
  (await device.engine.conversation(conversation)).state;

const linesOn = (device: SimulatedDevice, conversation: ConversationId, kind: string): number =>
  device
    .peek("select line from items where conversation = ? and line is not null", [conversation])
    .filter(({ line }) => (JSON.parse(line as string) as { kind: string }).kind === kind).length;

/** Alice's device is off while `work` is done. */
async function whileAliceIsAway(work: () => Promise<void>): Promise<void> {
  const { world, alice } = cast;
  await alice.stop();
  await work();
  await world.run(10_000);
  world.network.cutOff.clear();
  await alice.start();
  await world.run(20_000);
}

test("an account that was closed meanwhile: the conversation is over, and nothing is kept for it", async () => {
  const { world, alice, bob } = cast;
  const { password } = world.people.find(({ username }) => username === "bobby")!;
  await whileAliceIsAway(() => world.until(bob.engine.closeAccount({ password, username: "bobby" })));
  expect(await stateOn(alice, direct)).toEqual({ kind: "left", because: "closed" });
  await expect(world.until(alice.engine.send({ conversation: direct, text: "still there?" }))).rejects.toMatchObject({
    code: "conversation/left",
  });
  expect(texts(alice, direct)).toEqual(["before"]);
});

test("what was written to an account that was closed meanwhile is said to have failed", async () => {
  const { world, alice, bob } = cast;
  const { password } = world.people.find(({ username }) => username === "bobby")!;
  await world.run(1_000);
  world.network.cutOff.add(alice.name);
  const post = await alice.engine.send({ conversation: direct, text: "for nobody" });
  await whileAliceIsAway(() => world.until(bob.engine.closeAccount({ password, username: "bobby" })));
  const { items } = await world.until(alice.engine.timeline({ conversation: direct, limit: 10 }));
  expect(items.find((item) => item.kind === "post" && item.post === post)).toMatchObject({
    state: { kind: "failed", failure: { code: "conversation/left" } },
  });
});

test("T06 a name that went to another account meanwhile is told all the same", async () => {
  const { world, alice, bob } = cast;
  const old = accountOf(bob);
  await whileAliceIsAway(async () => {
    const resetCode = (await world.server.issueReset("bobby", world.random.stream("reset")))!;
    const next = await world.addDevice(world.addPerson("bobby"));
    const request = { username: "bobby", password: "another long password", displayName: "Bob", resetCode };
    await world.until(next.engine.signUp(request));
  });
  expect(await alice.engine.person(old)).toMatchObject({ replaced: true });
  expect(linesOn(alice, direct, "name-moved")).toBe(1);
  expect(await stateOn(alice, direct)).toEqual({ kind: "left", because: "closed" });
});

test("[T19] a device that was ended meanwhile is known to be, before what it may have written since is read", async () => {
  const { world, alice, bob, conversation } = cast;
  const person = world.people.find(({ username }) => username === "bobby")!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn(person));
  await world.run(10_000);
  const { device } = (await world.until(second.engine.devices())).find(({ current }) => current)!;
  await whileAliceIsAway(async () => {
    await world.until(bob.engine.revokeDevice({ device, password: person.password }));
    await say(world, bob, conversation, "without it");
  });
  const known = (await alice.engine.person(accountOf(bob))).devices.find((each) => each.device === device);
  expect(known).toMatchObject({ active: false });
  expect(texts(alice, conversation)).toContain("without it");
});
