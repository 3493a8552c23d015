import type { ConversationId } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

let world: World;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
});
afterEach(() => world.close());

async function another(of: SimulatedDevice): Promise<SimulatedDevice> {
  const person = world.people.find(({ devices }) => devices.includes(of))!;
  const device = await world.addDevice(person);
  await world.until(device.engine.signIn({ username: person.username, password: person.password }));
  await world.run(20_000);
  return device;
}

const summaryOn = async (device: SimulatedDevice, conversation: ConversationId) =>
  (await device.engine.conversations()).find((each) => each.conversation === conversation)!;

test("[OD21] how one device arranges conversations, the others show, in whatever order it was said", async () => {
  const ada = await world.signedUp("ada");
  await world.signedUp("ben");
  const conversation = await world.until(ada.engine.openDirect({ username: "ben" }));
  const second = await another(ada);
  const heard: string[] = [];
  second.engine.subscribe(({ kind }) => heard.push(kind));

  await ada.engine.setNotify({ conversation, notify: "mentions" });
  await ada.engine.setArchived({ conversation, archived: true });
  await ada.engine.setFavourite({ conversation, favourite: true });
  const folder = await ada.engine.saveFolder({ folder: null, name: " Home\u202E ", conversations: [conversation] });
  await ada.engine.setPreferences({ readReceipts: true, linkPreviews: true });
  await world.run(10_000);
  for (const device of [ada, second]) {
    expect(await summaryOn(device, conversation)).toMatchObject({
      notify: "mentions",
      muted: false,
      archived: true,
      favourite: true,
    });
    expect(await device.engine.folders()).toEqual([{ folder, name: "Home", conversations: [conversation] }]);
    expect(await device.engine.preferences()).toEqual({ readReceipts: true, typing: true, linkPreviews: true });
  }
  expect(heard).toEqual(expect.arrayContaining(["conversations", "folders", "preferences"]));

  await second.engine.setMuted({ conversation, muted: true });
  await second.engine.saveFolder({ folder, name: "Work", conversations: [] });
  await second.engine.setArchived({ conversation, archived: false });
  await world.run(10_000);
  expect(await summaryOn(ada, conversation)).toMatchObject({ notify: "none", muted: true, archived: false });
  expect(await ada.engine.folders()).toEqual([{ folder, name: "Work", conversations: [] }]);
  await second.engine.setNotify({ conversation, notify: "all" });
  await second.engine.deleteFolder({ folder });
  await world.run(10_000);
  expect(await summaryOn(ada, conversation)).toMatchObject({ notify: "all", muted: false });
  expect(await ada.engine.folders()).toEqual([]);
});

test("[OD21] a folder without a name, one that is gone and more folders than anybody looks through are refused", async () => {
  const ada = await world.signedUp("ada");
  const refused = { code: "request/malformed" };
  await expect(ada.engine.saveFolder({ folder: null, name: " \u200B", conversations: [] })).rejects.toMatchObject(
    refused,
  );
  await expect(ada.engine.saveFolder({ folder: "gone", name: "x", conversations: [] })).rejects.toMatchObject(refused);
  for (let i = 0; i < 64; i++) await ada.engine.saveFolder({ folder: null, name: `folder ${i}`, conversations: [] });
  await expect(ada.engine.saveFolder({ folder: null, name: "one more", conversations: [] })).rejects.toMatchObject(
    refused,
  );
});
