import { expect, test } from "vitest";
import type { TimelineItem } from "@sotto/engine";
import type { AccountId, ConversationId } from "@sotto/protocol";
import { castOf, say } from "./hostile.ts";
import { scrollUp } from "./scroll.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

const told = (items: readonly TimelineItem[]): string[] =>
  items.map((item) =>
    item.kind === "post"
      ? `${item.sender.username}${item.own ? " (own)" : ""}: ${item.text}`
      : item.kind === "system"
        ? `[${item.line.kind}]`
        : "?",
  );

async function secondDevice(world: World, first: SimulatedDevice): Promise<SimulatedDevice> {
  const person = world.people.find(({ devices }) => devices.includes(first))!;
  const device = await world.addDevice(person);
  await world.until(device.engine.signIn(person));
  await world.run(10_000);
  return device;
}

test("a new device reads a conversation back to its first line, with no other device online", async () => {
  const { world, alice, bob, carol, conversation } = await castOf("history");
  for (let round = 0; round < 30; round++)
    await say(world, [alice, bob, carol][round % 3]!, conversation, `round ${round}`);
  const before = await scrollUp(world, alice, conversation);
  for (const device of [alice, bob, carol]) await world.until(device.stop());
  const second = await secondDevice(world, alice);
  const after = await scrollUp(world, second, conversation, 7);
  expect(told(after).filter((line) => !line.startsWith("["))).toEqual(
    told(before)
      .filter((line) => !line.startsWith("["))
      .map((line) => line.replace(/^alice:/, "alice (own):")),
  );
  expect(told(after)[0]).toBe("[created]");
  expect((await second.engine.conversations())[0]?.name).toBe("cast");
  world.close();
});

test("a new device enters first where something happened last, and shows each with its name and last words", async () => {
  const { world, alice, bob, carol } = await castOf("order");
  const conversations = [];
  for (let made = 0; made < 5; made++) {
    conversations.push(
      await world.until(alice.engine.createGroup({ name: `group ${made}`, usernames: ["bobby", "carol"] })),
    );
    await world.run(3_000);
  }
  const order = [3, 0, 4, 1, 2];
  for (const which of order) await say(world, bob, conversations[which]!, `last words in ${which}`);
  for (const device of [alice, bob, carol]) await world.until(device.stop());
  const second = await secondDevice(world, alice);
  const shown = await second.engine.conversations();
  expect(shown.slice(0, 5).map(({ name }) => name)).toEqual(order.toReversed().map((which) => `group ${which}`));
  expect(shown.slice(0, 5).map(({ preview }) => (preview?.kind === "post" ? preview.text : null))).toEqual(
    order.toReversed().map((which) => `last words in ${which}`),
  );
  const joined = second.peek("select id from conversations where kind = 2 order by rekeyed_at, joined_seq");
  expect(joined.length).toBe(6);
  world.close();
});

test("who is added to a group later sees where that was, and nothing before it is fetched or asked for", async () => {
  const { world, alice, bob, carol, conversation } = await castOf("added later");
  for (let round = 0; round < 5; round++) await say(world, alice, conversation, `before ${round}`);
  const dave = await world.signedUp("dave");
  await world.until(alice.engine.addMembers({ conversation, usernames: ["dave"] }));
  await world.run(10_000);
  await say(world, bob, conversation, "welcome");
  await say(world, dave, conversation, "thank you");
  for (const device of [alice, bob, carol, dave]) await world.until(device.stop());
  const second = await secondDevice(world, dave);
  await world.run(5 * 60_000);
  const length = (await world.server.log(conversation)).length;
  const shown = await scrollUp(world, second, conversation);
  expect(told(shown)).toEqual(["[joined-here]", "bobby: welcome", "dave (own): thank you"]);
  expect(second.peek("select 1 as one from missing")).toEqual([]);
  expect((await world.server.log(conversation)).length).toBe(length);
  world.close();
});

test("who was removed and added again reads both times, and nothing from between", async () => {
  const { world, alice, bob, carol, conversation } = await castOf("twice");
  await say(world, alice, conversation, "the first time");
  const account = (await carol.engine.session()) as { account: AccountId };
  await world.until(alice.engine.removeMember({ conversation, account: account.account }));
  await world.run(10_000);
  await say(world, bob, conversation, "without her");
  await world.until(alice.engine.addMembers({ conversation, usernames: ["carol"] }));
  await world.run(10_000);
  await say(world, bob, conversation, "the second time");
  for (const device of [alice, bob, carol]) await world.until(device.stop());
  const second = await secondDevice(world, carol);
  await world.run(60_000);
  const shown = told(await scrollUp(world, second, conversation));
  expect(shown).toContain("alice: the first time");
  expect(shown).toContain("bobby: the second time");
  expect(shown).not.toContain("bobby: without her");
  expect(shown).not.toContain("[keys-missing]");
  world.close();
});

test("what nobody has read yet counts the same on a device that comes later", async () => {
  const { world, alice, bob, conversation } = await castOf("unread");
  for (let post = 0; post < 90; post++) await world.until(bob.engine.send({ conversation, text: `post ${post}` }));
  await world.run(5_000);
  const unreadOn = async (device: SimulatedDevice): Promise<number | undefined> =>
    (await world.until(device.engine.conversations())).find((one) => one.conversation === conversation)?.unread;
  expect(await unreadOn(alice)).toBe(92);
  const person = world.people.find(({ devices }) => devices.includes(alice))!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn(person));
  await world.run(30_000);
  expect(await unreadOn(second)).toBe(92);
  world.close();
});

test("a new device shows every conversation before it has entered any, and keeps nothing of it until it has", async () => {
  const { world, alice, bob, carol } = await castOf("before it is entered");
  const made: ConversationId[] = [];
  for (let group = 0; group < 6; group++) {
    const conversation = await world.until(
      alice.engine.createGroup({ name: `group ${group}`, usernames: ["bobby", "carol"] }),
    );
    await world.run(3_000);
    for (const device of [bob, carol, bob]) await say(world, device, conversation, `${device.name} in ${group}`);
    made.push(conversation);
  }
  const person = world.people.find(({ devices }) => devices.includes(alice))!;
  const second = await world.addDevice(person);
  const entered = (): number => second.peek("select 1 from items group by conversation").length;
  const listed = async () =>
    (await second.engine.conversations()).map(({ name, preview, people }) => [
      name,
      preview?.kind === "post" ? preview.text : null,
      people.map(({ username }) => username).sort(),
    ]);
  await world.until(second.engine.signIn(person));
  for (let waited = 0; (await listed()).length < 7 && waited < 2_000; waited++) await world.run(5);
  const early = await listed();
  expect(new Set(early.map(([name]) => name))).toEqual(new Set(["cast", ...made.map((_, group) => `group ${group}`)]));
  expect(early.slice(0, 6).map(([, text]) => text)).toEqual(
    [5, 4, 3, 2, 1, 0].map((group) => `${bob.name} in ${group}`),
  );
  expect(entered()).toBeLessThan(3);
  const last = made[0]!;
  const page = await world.until(second.engine.timeline({ conversation: last, limit: 50 }));
  const details = await second.engine.conversation(last);
  expect([details.name, details.state.kind]).toEqual(["group 0", "joining"]);
  const texts = page.items.flatMap((item) => (item.kind === "post" ? [item.text] : []));
  expect(texts).toEqual([bob, carol, bob].map(({ name }) => `${name} in 0`));
  expect(second.peek("select 1 from items where conversation = ?", [last])).toEqual([]);
  expect(second.peek("select 1 from log where conversation = ?", [last])).toEqual([]);
  await world.run(30_000);
  expect(await listed()).toEqual(early);
  const after = await world.until(second.engine.timeline({ conversation: last, limit: 50 }));
  const posts = (items: readonly TimelineItem[]) => items.filter(({ kind }) => kind === "post").map(({ key }) => key);
  expect(posts(after.items)).toEqual(posts(page.items));
  world.close();
});

test("who comes online to an invitation and all that followed keeps the beginning of its time for the devices to come", async () => {
  const { world, alice, bob, carol } = await castOf("one batch");
  await world.until(carol.stop());
  const conversation = await world.until(alice.engine.createGroup({ name: "later", usernames: ["bobby", "carol"] }));
  await world.run(5_000);
  await say(world, alice, conversation, "one");
  await say(world, bob, conversation, "two");
  const bobby = (await bob.engine.session()) as { account: AccountId };
  await world.until(alice.engine.setRole({ conversation, account: bobby.account, role: 2 }));
  await world.run(3_000);
  await say(world, alice, conversation, "three");
  await world.until(carol.start());
  await world.run(20_000);
  for (const device of [alice, bob, carol]) await world.until(device.stop());
  const second = await secondDevice(world, carol);
  const shown = told(await scrollUp(world, second, conversation));
  expect(shown.filter((line) => !line.startsWith("["))).toEqual(["alice: one", "bobby: two", "alice: three"]);
  expect(shown).not.toContain("[unreadable]");
  expect(shown).not.toContain("[keys-missing]");
  world.close();
});
