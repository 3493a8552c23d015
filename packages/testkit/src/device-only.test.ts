import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { castOf, say, stillTalk } from "./hostile.ts";
import { scrollUp } from "./scroll.ts";

test("a conversation that keeps no archive: no record is ever made, and a new device begins where it came", async () => {
  const { world, alice, bob, carol } = await castOf("device only");
  const devices = [alice, bob, carol];
  await world.run(5_000);
  const conversation = await world.until(
    alice.engine.createGroup({ name: "no trace", usernames: ["bobby", "carol"], history: "device-only" }),
  );
  await world.run(5_000);
  for (const device of devices) {
    expect((await device.engine.conversation(conversation)).history).toBe("device-only");
    await say(world, device, conversation, `${device.name} says something`);
  }
  await world.until(carol.stop());
  await world.until(carol.start());
  await say(world, bob, conversation, "and more");
  await world.run(60_000);
  for (const device of devices)
    for (const table of ["archive_outbox", "archived", "gaps"])
      expect(device.peek(`select 1 as one from ${table} where conversation = ?`, [conversation])).toEqual([]);
  // Nor does the server hold one, of anybody.
  world.server.crash();
  world.server.alterDisk((path) => {
    const database = new DatabaseSync(path, { readOnly: true });
    const rows = database.prepare("select 1 from archive where conversation = ?");
    try {
      expect(rows.all(conversation)).toEqual([]);
    } finally {
      database.close();
    }
  });
  await world.server.start();
  const person = world.people.find(({ username }) => username === "alice")!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn(person));
  await world.run(90_000);
  const shown = await scrollUp(world, second, conversation);
  expect(shown.filter(({ kind }) => kind === "post")).toEqual([]);
  expect(shown.flatMap((item) => (item.kind === "system" ? [item.line.kind] : []))).toEqual(["joined-here"]);
  expect((await second.engine.conversation(conversation)).name).toBe("no trace");
  expect(await stillTalk(world, [second, bob, carol], conversation)).toEqual([]);
  expect(second.peek("select 1 as one from missing where conversation = ?", [conversation])).toEqual([]);
  world.close();
});
