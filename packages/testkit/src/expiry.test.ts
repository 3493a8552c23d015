import { afterEach, beforeEach, expect, test } from "vitest";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

const HOUR = 60 * 60 * 1000;
let world: World;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
});
afterEach(() => world.close());

const holds = (device: SimulatedDevice, text: string): boolean => Buffer.from(device.image()!).includes(text);

async function talk() {
  const [ada, bob] = [await world.signedUp("ada"), await world.signedUp("bob")];
  const conversation = await world.until(ada.engine.openDirect({ username: "bob" }));
  await ada.engine.send({ conversation, text: "stays" });
  await world.run(10_000);
  return { ada, bob, conversation };
}

const texts = async (device: SimulatedDevice, conversation: Awaited<ReturnType<typeof talk>>["conversation"]) =>
  (await device.engine.timeline({ conversation, limit: 50 })).items.flatMap((item) =>
    item.kind === "post" ? [item.text] : [],
  );

test("[CO9] a post is gone from both devices' databases at its time, with its versions and nobody asking", async () => {
  const { ada, bob, conversation } = await talk();
  const post = await ada.engine.send({ conversation, text: "canary of one hour", expiresInSeconds: 3_600 });
  await world.run(5_000);
  await ada.engine.edit({ conversation, post, text: "canary of one hour, again" });
  await world.run(5_000);
  expect(await texts(bob, conversation)).toEqual(["stays", "canary of one hour, again"]);
  for (const device of [ada, bob]) expect(holds(device, "canary of one hour")).toBe(true);
  const changes: string[] = [];
  bob.engine.subscribe(({ kind }) => changes.push(kind));
  await world.run(HOUR);
  for (const device of [ada, bob]) {
    expect(await texts(device, conversation)).toEqual(["stays"]);
    expect(holds(device, "canary of one hour")).toBe(false);
  }
  expect(changes).toContain("timeline");
});

test("[CO9] one that was over while the device was off is erased when it starts; a shorter one isn't kept waiting by a longer one", async () => {
  const { ada, bob, conversation } = await talk();
  await ada.engine.send({ conversation, text: "canary of a week", expiresInSeconds: 7 * 24 * 3_600 });
  await ada.engine.send({ conversation, text: "canary of half a minute", expiresInSeconds: 30 });
  await world.run(5_000);
  await bob.stop();
  await world.run(40_000);
  expect(await texts(ada, conversation)).toEqual(["stays", "canary of a week"]);
  expect(holds(ada, "canary of half a minute")).toBe(false);
  await bob.start();
  await world.run(5_000);
  expect(holds(bob, "canary of half a minute")).toBe(false);
  expect(holds(bob, "canary of a week")).toBe(true);
});
