import { afterAll, beforeAll, expect, test } from "vitest";
import type { SqlRow } from "@sotto/engine";
import { epochKeyRecord, senderKeyRecord, members } from "@sotto/mls";
import { ROLE, toHex, type ConversationId } from "@sotto/protocol";
import { accountOf, castOf, say, type Cast } from "./hostile.ts";
import { stateOf } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { secretsOfGroup } from "../../mls/src/secrets-of-group.ts";

let cast: Cast;
let quiet: ConversationId;

beforeAll(async () => {
  cast = await castOf("consumed secrets");
  const { world, alice } = cast;
  quiet = await world.until(
    alice.engine.createGroup({ name: "no trace", usernames: ["bobby", "carol"], history: "device-only" }),
  );
  await world.run(5_000);
});
afterAll(() => cast.world.close());

/** Every byte string of a device's database, as one text to look into, table by table. */
function disk(device: SimulatedDevice): Map<string, string> {
  const tables = device
    .peek("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .map(({ name }) => String(name));
  const textOf = (row: SqlRow): string =>
    Object.values(row)
      .map((value) => (value instanceof Uint8Array ? toHex(value) : String(value)))
      .join("|");
  return new Map(tables.map((name) => [name, device.peek(`select * from "${name}"`).map(textOf).join("\n")]));
}

const tablesWith = (device: SimulatedDevice, secrets: readonly Uint8Array[]): string[] =>
  [...disk(device)].filter(([, text]) => secrets.some((secret) => text.includes(toHex(secret)))).map(([name]) => name);

/** What stands in a device's memory and database now and must be gone later: keys of messages and ratchets, and of the epoch. */
function secretsNow(
  device: SimulatedDevice,
  conversation: ConversationId,
): { epoch: Uint8Array[]; ratchets: Uint8Array[] } {
  const { group } = stateOf(device, conversation)!;
  return secretsOfGroup(group);
}

async function turnEpoch({ world, alice, bob }: Cast, conversation: ConversationId, admin: boolean): Promise<void> {
  const role = admin ? ROLE.admin : ROLE.member;
  await world.until(alice.engine.setRole({ conversation, account: accountOf(bob), role }));
  await world.run(5_000);
}

test("[T38] keys of a message are gone once it was read or sent, and the ratchet has moved on", async () => {
  const { world, alice, bob, carol } = cast;
  for (const device of [alice, bob, carol]) await say(world, device, quiet, `${device.name} warms up`);
  const before = [alice, bob, carol].map((device) => secretsNow(device, quiet));
  // What is there now is what the search would find.
  for (const [index, device] of [alice, bob, carol].entries())
    expect(tablesWith(device, before[index]!.ratchets)).toEqual(["group_rows"]);
  for (const device of [alice, bob, carol]) await say(world, device, quiet, `${device.name} again`);
  for (const [index, device] of [alice, bob, carol].entries())
    expect(tablesWith(device, before[index]!.ratchets)).toEqual([]);
});

test("[T38] keys of an epoch are gone once it is over", async () => {
  const { world, alice, bob, carol } = cast;
  const before = [alice, bob, carol].map((device) => secretsNow(device, quiet));
  for (const [index, device] of [alice, bob, carol].entries())
    expect(tablesWith(device, before[index]!.epoch)).toEqual(["group_rows"]);
  await turnEpoch(cast, quiet, true);
  for (const device of [alice, bob, carol]) await say(world, device, quiet, `${device.name} in the next`);
  for (const [index, device] of [alice, bob, carol].entries())
    expect(tablesWith(device, [...before[index]!.epoch, ...before[index]!.ratchets])).toEqual([]);
});

test("[T38] a key package's private keys are gone once it was used", async () => {
  const { world, alice } = cast;
  const dave = await world.signedUp("dave");
  await world.run(2_000);
  const packages = () =>
    new Map(
      dave
        .peek("select reference, private_bytes from key_packages where last_resort = 0")
        .map((row) => [String(row["reference"]), row["private_bytes"] as Uint8Array]),
    );
  const before = packages();
  expect(before.size).toBeGreaterThan(0);
  await world.until(alice.engine.addMembers({ conversation: quiet, usernames: ["dave"] }));
  await world.run(10_000);
  // With its first post it takes other keys for its leaf: those that stood in the package are of no use from there on.
  await say(world, dave, quiet, "dave speaks");
  const after = packages();
  const used = [...before].filter(([reference]) => !after.has(reference)).map(([, bytes]) => bytes);
  expect(used.length).toBe(1);
  // Every stretch of it, so that none of the keys in it stands anywhere else either. The signature key is the device's own, and stays.
  const stretches = used.flatMap((bytes) =>
    Array.from({ length: Math.floor(bytes.length / 16) }, (_, index) => bytes.subarray(index * 16, index * 16 + 16)),
  );
  const leafKey = toHex(dave.peek("select leaf_private_key from session")[0]!["leaf_private_key"] as Uint8Array);
  const secret = stretches.filter((stretch) => !leafKey.includes(toHex(stretch)));
  const found = secret.filter((stretch) => tablesWith(dave, [stretch]).some((table) => table !== "session"));
  expect(found.length).toBe(0);
});

test("[T38] where an archive is kept, nothing but sealed records holds what opens the past", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  await turnEpoch(cast, conversation, true);
  const records = [alice, bob, carol].map((device) => {
    const { group } = stateOf(device, conversation)!;
    return [
      epochKeyRecord(group),
      ...members(group).flatMap(({ leafIndex }) => senderKeyRecord(group, leafIndex) ?? []),
    ];
  });
  const before = [alice, bob, carol].map((device) => secretsNow(device, conversation));
  for (const device of [alice, bob, carol]) await say(world, device, conversation, `${device.name} is archived`);
  await turnEpoch(cast, conversation, false);
  await world.run(10_000);
  for (const [index, device] of [alice, bob, carol].entries()) {
    expect(tablesWith(device, [...before[index]!.epoch, ...before[index]!.ratchets, ...records[index]!])).toEqual([]);
    // And the archive opens it all the same.
    const { items } = await world.until(device.engine.timeline({ conversation, limit: 50 }));
    const own = items.find((item) => item.kind === "post" && item.text === `${device.name} is archived`)!;
    await world.until(device.engine.entryKeys({ conversation, seq: own.seq! }));
  }
});
