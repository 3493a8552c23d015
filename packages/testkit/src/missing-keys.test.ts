import { expect, test } from "vitest";
import type { TimelineItem } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { castOf, say, type Cast } from "./hostile.ts";
import { scrollUp } from "./scroll.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

const textsIn = (items: readonly TimelineItem[]): string[] =>
  items.flatMap((item) => (item.kind === "post" ? [item.text] : []));
const linesIn = (items: readonly TimelineItem[], kind: string): unknown[] =>
  items.flatMap((item) => (item.kind === "system" && item.line.kind === kind ? [item.line] : []));

/**
 * Carol's only device is switched off while the others write in an epoch of its own, and then lost: no device of hers was there, and her
 * next one enters by itself.
 */
async function withLostEpoch(seed: string): Promise<Cast & { second: SimulatedDevice }> {
  const cast = await castOf(seed);
  const { world, alice, bob, carol, conversation } = cast;
  const person = world.people.find(({ devices }) => devices.includes(carol))!;
  await say(world, bob, conversation, "while she is here");
  await world.until(carol.stop());
  await rekeyed(world, alice, conversation);
  await say(world, alice, conversation, "missed one");
  await say(world, bob, conversation, "missed two");
  await world.until(world.lose(carol));
  const second = await world.addDevice(person);
  return { ...cast, second };
}

/** Begins an epoch: somebody else is made an admin and loses it again. */
async function rekeyed(world: World, admin: SimulatedDevice, conversation: ConversationId): Promise<void> {
  const { members } = await admin.engine.conversation(conversation);
  const other = members.find(({ trust, username }) => trust !== "self" && username === "bobby")!;
  await world.until(admin.engine.setRole({ conversation, account: other.account, role: 2 }));
  await world.run(3_000);
}

const signIn = async (world: World, device: SimulatedDevice): Promise<void> => {
  const person = world.people.find(({ devices }) => devices.includes(device))!;
  await world.until(device.engine.signIn(person));
  await world.run(5_000);
};

test("keys that no device of an account ever had are asked for, given by a member, and the gap is mended", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("asked");
  for (const device of [alice, bob]) await world.until(device.stop());
  await signIn(world, second);
  const alone = await scrollUp(world, second, conversation);
  expect(textsIn(alone)).toContain("while she is here");
  expect(textsIn(alone)).not.toContain("missed one");
  expect(linesIn(alone, "keys-missing")).toEqual([{ kind: "keys-missing", entries: 2, state: "asking" }]);
  await world.run(15 * 60_000);
  expect(linesIn(await scrollUp(world, second, conversation), "keys-missing")).toEqual([
    { kind: "keys-missing", entries: 2, state: "unanswered" },
  ]);
  for (const device of [alice, bob]) await world.until(device.start());
  await world.run(60_000);
  const mended = await scrollUp(world, second, conversation);
  expect(textsIn(mended).slice(-3)).toEqual(["while she is here", "missed one", "missed two"]);
  expect(linesIn(mended, "keys-missing")).toEqual([]);
  expect(linesIn(mended, "mended")).toEqual([{ kind: "mended", because: "keys-received" }]);
  // One of the two answered, the other saw it.
  const answers = [alice, bob].flatMap(({ logged }) => logged.filter((line) => line.includes('"keys/answered"')));
  expect(answers.length).toBe(1);
  // The next device of hers needs to ask nobody.
  for (const device of [alice, bob]) await world.until(device.stop());
  const third = await world.addDevice(world.people.find(({ devices }) => devices.includes(second))!);
  await signIn(world, third);
  expect(textsIn(await scrollUp(world, third, conversation)).slice(-3)).toEqual([
    "while she is here",
    "missed one",
    "missed two",
  ]);
  world.close();
});
