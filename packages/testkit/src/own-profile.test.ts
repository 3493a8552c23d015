import type { ConversationId } from "@sotto/protocol";
import { pngOf } from "../../protocol/src/testing-pictures.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf, say } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

const HEAD = pngOf({ data: 0 }).length;
const picture = (length: number, fill: number): Uint8Array => pngOf({ data: length - HEAD, fill });

let world: World;
let ada: SimulatedDevice;
let ben: SimulatedDevice;
beforeEach(async ({ task }) => {
  world = await World.create(task.name);
  [ada, ben] = [await world.signedUp("ada"), await world.signedUp("ben")];
});
afterEach(() => world.close());

const lengthOf = async (conversation: ConversationId): Promise<number> => (await world.server.log(conversation)).length;
const adaOn = (device: SimulatedDevice) => device.engine.person(accountOf(ada));

test("[OD22] how one shows oneself is told before one's next words, once, and again to who comes later", async () => {
  const group = await world.until(ada.engine.createGroup({ name: "us", usernames: ["ben"] }));
  await world.run(3_000);
  await say(world, ada, group, "nothing to show yet");
  const start = await lengthOf(group);
  await ada.engine.setOwnProfile({ status: "  by the \u202Esea ", picture: picture(20_000, 7) });
  await world.run(10_000);
  // Nothing goes out for its own sake.
  expect(await lengthOf(group)).toBe(start);
  for (const text of ["one", "two", "three"]) await say(world, ada, group, text);
  expect(await lengthOf(group)).toBe(start + 4);
  const shown = await adaOn(ben);
  expect(shown.status).toBe("by the sea");
  expect(await ben.engine.picture({ picture: shown.picture! })).toEqual(picture(20_000, 7));
  expect(await ada.engine.ownProfile()).toMatchObject({ status: "by the sea", picture: shown.picture });
  // Neither a line nor a preview nor something unread.
  const page = await ben.engine.timeline({ conversation: group, limit: 20 });
  expect(page.items.filter(({ kind }) => kind === "unsupported")).toEqual([]);

  const cleo = await world.signedUp("cleo");
  await world.until(ada.engine.addMembers({ conversation: group, usernames: ["cleo"] }));
  await world.run(5_000);
  expect((await adaOn(cleo)).status).toBe("");
  await say(world, ada, group, "welcome");
  expect((await adaOn(cleo)).status).toBe("by the sea");

  await ada.engine.setOwnProfile({ picture: null });
  await say(world, ada, group, "without a picture");
  expect(await adaOn(ben)).toMatchObject({ picture: null, status: "by the sea" });
});

test("[OD22] all own devices show the person alike, and one of them is enough to tell", async () => {
  const group = await world.until(ada.engine.createGroup({ name: "us", usernames: ["ben"] }));
  await ada.engine.setOwnProfile({ displayName: "Ada L.", status: "busy", picture: picture(24 * 1024, 3) });
  await say(world, ada, group, "hello");
  const person = world.people.find(({ devices }) => devices.includes(ada))!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn({ username: person.username, password: person.password }));
  await world.run(30_000);
  expect(await second.engine.ownProfile()).toEqual(await ada.engine.ownProfile());
  expect((await second.engine.ownProfile()).displayName).toBe("Ada L.");
  await second.engine.setOwnProfile({ status: "free" });
  await world.run(10_000);
  expect((await ada.engine.ownProfile()).status).toBe("free");
  await say(world, second, group, "from the other one");
  expect((await adaOn(ben)).status).toBe("free");
  const before = await lengthOf(group);
  await say(world, ada, group, "and from this one");
  expect(await lengthOf(group)).toBe(before + 1);
});

test("[OD22] in an open room one is one's name, and what isn't a picture isn't taken, whoever says that it is", async () => {
  const room = await world.until(ada.engine.createRoom({ room: "garden" }));
  await world.until(ben.engine.joinRoom({ room: "garden" }));
  await ada.engine.setOwnProfile({ status: "in the garden", picture: picture(100, 1) });
  const before = await lengthOf(room);
  await say(world, ada, room, "hello");
  expect(await lengthOf(room)).toBe(before + 1);
  expect(await adaOn(ben)).toMatchObject({ status: "", picture: null });
  const svg = new TextEncoder().encode("<svg onload=alert(1)>");
  for (const bad of [svg, picture(24 * 1024 + 1, 1), new Uint8Array()])
    await expect(ada.engine.setOwnProfile({ picture: bad })).rejects.toMatchObject({ code: "request/malformed" });
});
