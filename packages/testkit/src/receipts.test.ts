import {
  deletePost,
  editPost,
  encodeContent,
  encodePostData,
  encodeReceipt,
  paddedLength,
  postIdOf,
  reactionPost,
  receiptPost,
  textPost,
  unreactionPost,
  type ConversationId,
} from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { castOf, say, type Cast } from "./hostile.ts";
import { Random } from "./random.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(() => cast.world.close());

const MINUTE = 60_000;

async function tellAll(devices: readonly SimulatedDevice[]): Promise<void> {
  for (const device of devices) await device.engine.setPreferences({ readReceipts: true });
  await cast.world.run(5_000);
}

/** Who has a text, and who has read it, as its author's device shows it. */
async function stateOf(device: SimulatedDevice, text: string, conversation = cast.conversation) {
  const { items } = await device.engine.timeline({ conversation, limit: 50 });
  const item = items.find((each) => each.kind === "post" && each.text === text);
  if (item?.kind !== "post" || item.marks.receipts === null) return null;
  const { delivered, read, others } = item.marks.receipts;
  const names = (people: typeof read) => people.map(({ username }) => username).sort();
  return { delivered: names(delivered), read: names(read), others };
}

async function readAll(device: SimulatedDevice, conversation: ConversationId = cast.conversation): Promise<void> {
  const { items } = await device.engine.timeline({ conversation, limit: 10 });
  await device.engine.markRead({ conversation, upToOrder: items.at(-1)!.order });
}

const lengthOf = async (conversation = cast.conversation) => (await cast.world.server.log(conversation)).length;

test("[RC1] [RC2] who wants to tell says what has come and what was read, in one post for many, and nothing moves by it", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  await tellAll([alice, bob]);
  for (let i = 0; i < 20; i++) await say(world, alice, conversation, `word ${i}`);
  await world.run(MINUTE);
  expect(await stateOf(alice, "word 19")).toEqual({ delivered: ["bobby"], read: [], others: 2 });
  await say(world, alice, conversation, "the last");
  await readAll(bob);
  const before = await lengthOf();
  const summaries = await Promise.all([alice, carol].map(async (device) => (await device.engine.conversations())[0]!));
  await world.run(MINUTE);
  // Bob's alone: Carol doesn't tell.
  expect(await lengthOf()).toBe(before + 1);
  expect(await stateOf(alice, "the last")).toEqual({ delivered: ["bobby"], read: ["bobby"], others: 2 });
  expect(await stateOf(alice, "word 3")).toEqual({ delivered: ["bobby"], read: ["bobby"], others: 2 });
  // Nothing unread, no activity, no line.
  for (const [index, device] of [alice, carol].entries())
    expect((await device.engine.conversations())[0]).toEqual(summaries[index]);
  await world.run(10 * MINUTE);
  expect(await lengthOf()).toBe(before + 1);
});

test("[RC3] off means off both ways", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  await say(world, alice, conversation, "before anybody tells");
  await readAll(bob);
  const before = await lengthOf();
  await world.run(5 * MINUTE);
  expect(await lengthOf()).toBe(before);
  await tellAll([bob]);
  await say(world, alice, conversation, "hello");
  await readAll(bob);
  await world.run(MINUTE);
  // Bob tells, and Alice, who doesn't, isn't shown it.
  expect(await stateOf(alice, "hello")).toBeNull();
  await alice.engine.setPreferences({ readReceipts: true });
  expect(await stateOf(alice, "hello")).toEqual({ delivered: [], read: [], others: 2 });
  expect(await stateOf(carol, `${carol.name} is here`)).toBeNull();
});

test("[RC1] T87 an account says it once, whichever of its devices was there first", async () => {
  const { world, alice, bob, conversation } = cast;
  const person = world.people.find(({ devices }) => devices.includes(bob))!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn({ username: person.username, password: person.password }));
  await world.run(30_000);
  await tellAll([alice, bob]);
  await world.run(10_000);
  const before = await lengthOf();
  await say(world, alice, conversation, "to both of you");
  await world.run(MINUTE);
  expect(await stateOf(alice, "to both of you")).toEqual({ delivered: ["bobby"], read: [], others: 2 });
  // The post and at most one receipt more: two devices that speak in the same moment are possible, a receipt for each isn't the rule.
  expect((await lengthOf()) - before).toBeLessThanOrEqual(3);
});

test("[RC4] T87 marks on posts that there aren't, and posts that are refused, are answered by no receipt", async () => {
  const { world, alice, bob, conversation } = cast;
  await tellAll([alice, bob]);
  await say(world, alice, conversation, "one true word");
  await readAll(bob);
  await world.run(MINUTE);
  const before = await lengthOf();
  const { items } = await alice.engine.timeline({ conversation, limit: 10 });
  const mine = items.find((item) => item.kind === "post" && item.text === "one true word");
  if (mine?.kind !== "post") throw new Error("no post");
  // Reactions of one's own, put on and taken off, are marks: nothing is shown as new, and so nothing is said.
  for (let i = 0; i < 20; i++) {
    await world.until(alice.engine.react({ conversation, post: mine.post, emoji: "👍", on: i % 2 === 0 }));
    await world.run(5_000);
  }
  await world.run(5 * MINUTE);
  expect(await lengthOf()).toBe(before + 20);
});

test("[RC5] T86 receipts, edits, reactions and deletions are as long as short posts: ten thousand contents take few sizes", () => {
  const random = new Random("sizes");
  const context = (i: number) => ({
    counter: 1 + i,
    seq: random.between(1, 1_000_000),
    head: random.bytes(32),
    epochDigest: random.bytes(32),
    time: 1_772_323_200_000 + i,
    name: "x".repeat(i % 24),
  });
  const target = () => postIdOf(random.bytes(32));
  const size = (content: Uint8Array, i: number): number =>
    paddedLength(encodePostData({ context: context(i), content }).length);
  const sizes = { short: new Set<number>(), quiet: new Set<number>() };
  for (let i = 0; i < 10_000; i++) {
    const salt = random.bytes(16);
    const at = random.between(0, 1_000_000);
    const quiet = [
      receiptPost(encodeReceipt({ delivered: at + 3, read: at }), salt),
      reactionPost(target(), "👩‍❤️‍💋‍👨", salt),
      unreactionPost(target(), target(), salt),
      deletePost(target(), salt),
      editPost(target(), "y".repeat(random.between(1, 40)), salt),
    ];
    sizes.short.add(size(encodeContent(textPost("z".repeat(random.between(1, 60)), salt)), i));
    sizes.quiet.add(size(encodeContent(quiet[i % quiet.length]!), i));
  }
  process.stdout.write(
    `sizes of short posts: ${[...sizes.short].join(", ")}; of what is no words: ${[...sizes.quiet].join(", ")}\n`,
  );
  expect([...sizes.quiet].every((each) => sizes.short.has(each))).toBe(true);
  // The length of one's name, which stands in every post, decides between the two; what one does doesn't.
  expect(sizes.quiet).toEqual(sizes.short);
  expect(sizes.short.size).toBe(2);
});
