import { expect, test } from "vitest";
import { World } from "./world.ts";
import { trueLogs, unsettled, violations } from "./invariants.ts";

test("two people talk", async () => {
  const world = await World.create("first");
  try {
    const alice = await world.signedUp("alice");
    const bob = await world.signedUp("bobby");
    const conversation = await world.until(alice.engine.openDirect({ username: "bobby" }));
    await world.until(alice.engine.send({ conversation, text: "hello" }));
    await world.run(5_000);
    await world.until(bob.engine.send({ conversation, text: "hello back" }));
    await world.run(5_000);
    const page = await bob.engine.timeline({ conversation, limit: 10 });
    const logs = await trueLogs(world);
    expect(unsettled(world, logs)).toEqual([]);
    expect(violations(world, logs)).toEqual([]);
    expect(page.items.filter((each) => each.kind === "post").map((each) => each.text)).toEqual(["hello", "hello back"]);
  } finally {
    world.close();
  }
});
