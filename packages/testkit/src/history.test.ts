import { expect, test } from "vitest";
import type { TimelineItem } from "@sotto/engine";
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
