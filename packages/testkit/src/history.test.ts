import { expect, test } from "vitest";
import type { TimelineItem, TimelinePage } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { castOf, say } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { World } from "./world.ts";

/** Everything that a device shows, from the last line up to the first, page by page as somebody scrolls. */
export async function scrollUp(
  world: World,
  device: SimulatedDevice,
  conversation: ConversationId,
  limit = 20,
): Promise<TimelineItem[]> {
  const all: TimelineItem[] = [];
  let page: TimelinePage = { items: [], more: true, unreachable: false, unreadAfter: null };
  for (let pages = 0; page.more && pages < 200; pages++) {
    const beforeOrder = all[0]?.order;
    page = await world.until(
      device.engine.timeline({ conversation, limit, ...(beforeOrder === undefined ? {} : { beforeOrder }) }),
    );
    if (page.unreachable) throw new Error("older entries can't be had");
    all.unshift(...page.items);
  }
  return all;
}

const told = (items: readonly TimelineItem[]): string[] =>
  items.map((item) =>
    item.kind === "post" ? `${item.sender.username}${item.own ? " (own)" : ""}: ${item.text}` : item.kind === "system" ? `[${item.line.kind}]` : "?",
  );

export async function secondDevice(world: World, first: SimulatedDevice): Promise<SimulatedDevice> {
  const person = world.people.find(({ devices }) => devices.includes(first))!;
  const device = await world.addDevice(person);
  await world.until(device.engine.signIn(person));
  await world.run(10_000);
  return device;
}

test("a new device reads a conversation back to its first line, with no other device online", async () => {
  const { world, alice, bob, carol, conversation } = await castOf("history");
  for (let round = 0; round < 30; round++) await say(world, [alice, bob, carol][round % 3]!, conversation, `round ${round}`);
  const before = await scrollUp(world, alice, conversation);
  for (const device of [alice, bob, carol]) await world.until(device.stop());
  const second = await secondDevice(world, alice);
  const after = await scrollUp(world, second, conversation, 7);
  expect(told(after).filter((line) => !line.startsWith("["))).toEqual(
    told(before).filter((line) => !line.startsWith("[")).map((line) => line.replace(/^alice:/, "alice (own):")),
  );
  expect(told(after)[0]).toBe("[created]");
  expect((await second.engine.conversations())[0]?.name).toBe("cast");
  world.close();
});
