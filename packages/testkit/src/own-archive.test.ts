import { DatabaseSync } from "node:sqlite";
import { archiveGenerationOf } from "@sotto/crypto";
import { epoch } from "@sotto/mls";
import { decodeCbor, type ConversationId } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loseAnswer } from "./answers.ts";
import { stateOf } from "./raw-client.ts";
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

/** Generations under which the server holds what reads the posts of the own devices, from an epoch on. */
async function generationsFrom(conversation: ConversationId, first: bigint): Promise<Set<number | undefined>> {
  const found = new Set<number | undefined>();
  world.server.crash();
  world.server.alterDisk((path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      for (const row of database.prepare("select * from archive where conversation = ?").all(conversation)) {
        const name = decodeCbor(row["name"] as Uint8Array);
        const [kind, of] = name.kind === "value" ? (name.value as [number, number | bigint]) : [];
        if (kind === 1 && BigInt(of!) >= first) found.add(archiveGenerationOf(row["record"] as Uint8Array));
      }
    } finally {
      database.close();
    }
  });
  await world.server.start();
  return found;
}

test("[T70] no key that an ended device has opens what tells the archive's next key, on whatever device it is kept", async () => {
  const second = await another();
  const third = await another();
  const self = first.peek("select conversation from self")[0]!["conversation"] as ConversationId;
  await world.until(first.engine.saveDraft({ conversation: self, text: "before" }));
  await world.run(10_000);
  const session = await second.engine.session();
  if (session.kind !== "signed-in") throw new Error(session.kind);
  await world.until(first.engine.revokeDevice({ device: session.device, password: ada.password }));
  await world.run(30_000);
  expect(world.newestGenerationOn(third)).toBe(1);
  const told = epoch(stateOf(first, self)!.group);
  expect(await generationsFrom(self, told)).toEqual(new Set([1]));
  // Said once more with all the rest, it stands in an epoch of its own: earlier posts there may be kept under an older key.
  first.tamper("update self set since = 10000");
  await world.until(first.engine.saveDraft({ conversation: self, text: "after" }));
  await world.run(30_000);
  expect(first.peek("select since from self")).toEqual([{ since: 0 }]);
  expect(epoch(stateOf(first, self)!.group)).toBe(told + 1n);
});
