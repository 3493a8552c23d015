import { afterEach, beforeEach, expect, test } from "vitest";
import { loseAnswer } from "./answers.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World, type Person } from "./world.ts";

let world: World;
let ada: Person;
let first: SimulatedDevice;

beforeEach(async ({ task }) => {
  world = await World.create(task.name);
  first = await world.signedUp("ada");
  ada = world.people[0]!;
});
afterEach(() => world.close());

async function another(): Promise<SimulatedDevice> {
  const device = await world.addDevice(ada);
  await world.until(device.engine.signIn(ada));
  await world.run(15_000);
  return device;
}

/** The first device ends the second one, and is gone before it could say anything to the third. */
async function endsAndIsGone(): Promise<SimulatedDevice> {
  const second = await another();
  const third = await another();
  const session = await second.engine.session();
  if (session.kind !== "signed-in") throw new Error(session.kind);
  const lost = loseAnswer(world, first, "vault.replace");
  const ending = first.engine.revokeDevice({ device: session.device, password: ada.password });
  ending.catch(() => undefined);
  for (let waited = 0; lost.lost === 0 && waited < 10_000; waited += 20) await world.run(20);
  expect(lost.lost).toBe(1);
  first.crash();
  await world.lose(first);
  await world.run(60_000);
  expect((await world.until(third.engine.devices())).filter(({ active }) => !active).length).toBe(1);
  expect(world.newestGenerationOn(third)).toBe(0);
  return third;
}

test("[T70] the key that comes after a device's end reaches a device that nobody told, with the next password", async () => {
  const third = await endsAndIsGone();
  await world.until(third.engine.recoveryKey({ password: ada.password }));
  expect(world.newestGenerationOn(third)).toBe(1);
});

test("[OD18] [T70] whoever opens the vault with the key that comes after a device's end tells it to the others", async () => {
  const third = await endsAndIsGone();
  const fourth = await another();
  expect(world.newestGenerationOn(fourth)).toBe(1);
  await world.run(15_000);
  expect(world.newestGenerationOn(third)).toBe(1);
});
