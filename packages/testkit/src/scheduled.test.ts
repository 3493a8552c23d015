import { afterEach, beforeEach, expect, test } from "vitest";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

const HOUR = 60 * 60 * 1000;
let world: World;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
});
afterEach(() => world.close());

const texts = async (device: SimulatedDevice, conversation: Awaited<ReturnType<typeof talk>>["conversation"]) =>
  (await device.engine.timeline({ conversation, limit: 50 })).items.flatMap((item) =>
    item.kind === "post" ? [item.text] : [],
  );

async function talk() {
  const ada = await world.signedUp("ada");
  const bob = await world.signedUp("bob");
  const conversation = await world.until(ada.engine.openDirect({ username: "bob" }));
  await ada.engine.send({ conversation, text: "now" });
  await world.run(10_000);
  await bob.engine.acceptRequest({ conversation }).catch(() => undefined);
  return { ada, bob, conversation };
}

test("a post waits on its device for its time, and then goes out", async () => {
  const { ada, bob, conversation } = await talk();
  const at = world.clock.now() + HOUR;
  const scheduled = await ada.engine.schedule({ conversation, text: "later", at });
  expect(await ada.engine.scheduledPosts({ conversation })).toEqual([{ scheduled, conversation, text: "later", at }]);
  await world.run(HOUR - 60_000);
  expect(await texts(bob, conversation)).toEqual(["now"]);
  await world.run(120_000);
  expect(await texts(bob, conversation)).toEqual(["now", "later"]);
  expect(await ada.engine.scheduledPosts({ conversation })).toEqual([]);
});

test("one that was taken back never goes out; one whose time passed while Sotto was closed goes out once, later", async () => {
  const { ada, bob, conversation } = await talk();
  const at = world.clock.now() + HOUR;
  const taken = await ada.engine.schedule({ conversation, text: "never", at });
  await ada.engine.schedule({ conversation, text: "late", at: at + 1 });
  await ada.engine.unschedule({ scheduled: taken });
  await ada.stop();
  await world.run(2 * HOUR);
  expect(await texts(bob, conversation)).toEqual(["now"]);
  await ada.start();
  await world.run(60_000);
  await ada.stop();
  await ada.start();
  await world.run(120_000);
  expect(await texts(bob, conversation)).toEqual(["now", "late"]);
});

test("nothing, the past, and more than a hundred are refused with a reason", async () => {
  const { ada, conversation } = await talk();
  const at = world.clock.now() + HOUR;
  await expect(ada.engine.schedule({ conversation, text: " ", at })).rejects.toMatchObject({ code: "post/empty" });
  await expect(ada.engine.schedule({ conversation, text: "x", at: world.clock.now() })).rejects.toMatchObject({
    code: "request/malformed",
  });
  for (let count = 0; count < 100; count++) await ada.engine.schedule({ conversation, text: "x", at });
  await expect(ada.engine.schedule({ conversation, text: "x", at })).rejects.toMatchObject({
    code: "request/too-many",
  });
});

test("what was put off for somebody who is blocked meanwhile stays with the person as a draft", async () => {
  const { ada, bob, conversation } = await talk();
  await ada.engine.schedule({ conversation, text: "for later", at: world.clock.now() + HOUR });
  const person = await world.until(ada.engine.findPerson("bob"));
  await ada.engine.setBlocked({ account: person.account, blocked: true });
  await world.run(2 * HOUR);
  expect((await ada.engine.conversations())[0]).toMatchObject({ draft: "for later" });
  await ada.engine.setBlocked({ account: person.account, blocked: false });
  await world.run(60_000);
  expect(await texts(bob, conversation)).toEqual(["now"]);
});
