import { KIND, type ConversationId } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

let world: World;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
});
afterEach(() => world.close());

/** Another device of somebody, signed in. */
async function another(of: SimulatedDevice): Promise<SimulatedDevice> {
  const person = world.people.find(({ devices }) => devices.includes(of))!;
  const device = await world.addDevice(person);
  await world.until(device.engine.signIn({ username: person.username, password: person.password }));
  await world.run(20_000);
  return device;
}

const summaryOn = async (device: SimulatedDevice, conversation: ConversationId) =>
  (await device.engine.conversations()).find((each) => each.conversation === conversation)!;

/** The shared map as a device has it, without who wrote it. */
const shared = (device: SimulatedDevice) => device.peek("select key, value, stamp from sync order by key");

async function say(device: SimulatedDevice, conversation: ConversationId, text: string): Promise<void> {
  await world.until(device.engine.send({ conversation, text }));
  await world.run(3_000);
}

test("[OD1] [OD2] [OD3] what one device reads, drafts, mutes, pins and calls people, the others know, and neither lists that they talk", async () => {
  const [ada, ben] = [await world.signedUp("ada"), await world.signedUp("ben")];
  const conversation = await world.until(ada.engine.openDirect({ username: "ben" }));
  await say(ada, conversation, "hello");
  for (const text of ["one", "two", "three"]) await say(ben, conversation, text);
  const second = await another(ada);
  expect((await summaryOn(ada, conversation)).unread).toBe(3);

  // As far as one likes: what isn't there yet isn't read by it.
  await ada.engine.markRead({ conversation, upToOrder: 2 ** 52 });
  await second.engine.saveDraft({ conversation, text: "from the second" });
  await ada.engine.setMuted({ conversation, muted: true });
  await second.engine.setPinned({ conversation, pinned: true });
  await ada.engine.setContactName({ account: accountOf(ben), name: "  Ben at work " });
  await world.run(10_000);

  for (const device of [ada, second]) {
    expect(await summaryOn(device, conversation)).toMatchObject({
      unread: 0,
      draft: "from the second",
      muted: true,
      pinned: true,
      people: [{ contactName: "Ben at work" }],
    });
    expect((await device.engine.conversations()).map(({ kind }) => kind)).toEqual(["direct"]);
    expect(device.peek("select count(*) as n from conversations where kind = ?", [KIND.self])).toEqual([{ n: 1 }]);
  }
  expect(shared(second)).toEqual(shared(ada));
  await say(ben, conversation, "four");
  expect((await summaryOn(ada, conversation)).unread).toBe(1);
  expect((await summaryOn(second, conversation)).unread).toBe(1);
});

test("[OD7] a device that comes when no other is there has everything that was shared before, and one's own name", async () => {
  const [ada, ben] = [await world.signedUp("ada"), await world.signedUp("ben")];
  const conversation = await world.until(ada.engine.openDirect({ username: "ben" }));
  await say(ada, conversation, "hello");
  await say(ben, conversation, "hello back");
  await world.until(ada.engine.verify({ account: accountOf(ben) }));
  await ada.engine.saveDraft({ conversation, text: "half a thought" });
  const { items } = await ada.engine.timeline({ conversation, limit: 10 });
  await ada.engine.markRead({ conversation, upToOrder: items.at(-1)!.order });
  await world.run(20_000);
  const before = shared(ada);
  expect(before.length).toBe(5);
  await ada.stop();
  const second = await another(ada);
  expect(shared(second)).toEqual(before);
  expect(await summaryOn(second, conversation)).toMatchObject({ unread: 0, draft: "half a thought" });
  expect((await second.engine.person(accountOf(ben))).trust).toBe("verified");
  const session = await second.engine.session();
  expect(session.kind === "signed-in" && session.displayName).toContain("ada");
});

test("[OD1] two devices that begin to share at once come to one conversation and one state", async () => {
  const [ada] = [await world.signedUp("ada"), await world.signedUp("ben")];
  const conversation = await world.until(ada.engine.openDirect({ username: "ben" }));
  const second = await another(ada);
  await Promise.all([
    ada.engine.setMuted({ conversation, muted: true }),
    second.engine.setPinned({ conversation, pinned: true }),
    ada.engine.saveDraft({ conversation, text: "one" }),
    second.engine.saveDraft({ conversation, text: "two" }),
  ]);
  await world.run(30_000);
  expect(await summaryOn(ada, conversation)).toMatchObject({ muted: true, pinned: true });
  expect(shared(second)).toEqual(shared(ada));
});

test("[OD6] [OD7] [OD8] after many changes a new device begins at a whole state, and the map has one row a key", async () => {
  const [ada, ben] = [await world.signedUp("ada"), await world.signedUp("ben")];
  const conversation = await world.until(ada.engine.openDirect({ username: "ben" }));
  for (let i = 0; i < 215; i++) {
    await ada.engine.saveDraft({ conversation, text: `draft ${i}` });
    await world.run(2_500);
  }
  await ada.engine.saveDraft({ conversation, text: "the last" });
  await ada.engine.setContactName({ account: accountOf(ben), name: "Ben" });
  await world.run(20_000);
  expect(ada.peek("select since from self")[0]!["since"]).toBeLessThan(30);
  const before = shared(ada);
  await ada.stop();
  const second = await another(ada);
  expect(shared(second)).toEqual(before);
  expect((await summaryOn(second, conversation)).draft).toBe("the last");
  const posts =
    "select count(*) as n from items where kind = 'post' and conversation in (select conversation from self)";
  expect(second.peek(posts)).toEqual([{ n: 0 }]);
  expect(second.peek("select count(*) as n from known_posts")).toEqual([{ n: 0 }]);
}, 120_000);
