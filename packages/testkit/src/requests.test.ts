import { sha256 } from "@sotto/crypto";
import { epochAuthenticator, seal } from "@sotto/mls";
import {
  ENTRY_KIND,
  FRAME,
  ROLE,
  deletePost,
  editPost,
  encodeContent,
  encodeEnvelope,
  encodeKeysRequest,
  encodePerson,
  encodePostData,
  encodeReceipt,
  idBytes,
  keysRequestPost,
  pad,
  personPost,
  pinsPost,
  postIdOf,
  reactionPost,
  receiptPost,
  sendIdOf,
  textPost,
  toHex,
  type Content,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pngOf } from "../../protocol/src/testing-pictures.ts";
import { EvilMember, accountOf, say, texts } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

const PNG = pngOf();

let world: World;
let ada: SimulatedDevice;
let ben: SimulatedDevice;
beforeEach(async ({ task }) => {
  world = await World.create(task.name, { strangers: "ask" });
  [ada, ben] = [await world.signedUp("ada"), await world.signedUp("ben")];
});
afterEach(() => world.close());

const requestsOf = async (device: SimulatedDevice) =>
  (await device.engine.conversations()).filter(({ request }) => request);

async function direct(from: SimulatedDevice, username: string): Promise<ConversationId> {
  const conversation = await world.until(from.engine.openDirect({ username }));
  await world.run(2_000);
  return conversation;
}

async function another(of: SimulatedDevice): Promise<SimulatedDevice> {
  const person = world.people.find(({ devices }) => devices.includes(of))!;
  const device = await world.addDevice(person);
  await world.until(device.engine.signIn({ username: person.username, password: person.password }));
  await world.run(20_000);
  return device;
}

/** Entries of a log that an account's devices wrote: posts and commits alike, by how many there are of others'. */
const lengthOf = async (conversation: ConversationId): Promise<number> => (await world.server.log(conversation)).length;

const nowhere = postIdOf(new Uint8Array(32).fill(1));
/** What somebody sends to learn whether a device answers: words, and marks on posts that there aren't. */
const PROBES: readonly ((salt: Uint8Array) => Content)[] = [
  (salt) => textPost("?", salt),
  (salt) => reactionPost(nowhere, "👍", salt),
  (salt) => editPost(nowhere, "another", salt),
  (salt) => deletePost(nowhere, salt),
  (salt) => personPost(encodePerson({ name: "Bank", status: "", picture: PNG }), salt),
  (salt) => pinsPost([postIdOf(sha256(salt))], salt),
  (salt) => receiptPost(encodeReceipt({ delivered: 2, read: 2 }), salt),
  (salt) => keysRequestPost(encodeKeysRequest({ publicKey: new Uint8Array(1216), epochs: [0n, 1n] }), salt),
];

/** Writes so many probes in a conversation, with the keys of a device whose person lets the program say what it likes. */
async function probe(device: SimulatedDevice, conversation: ConversationId, count: number): Promise<void> {
  const evil = await EvilMember.of(world, device, conversation);
  const { cursor, head } = ben.peek("select cursor, head from conversations where id = ?", [conversation])[0]!;
  const epochDigest = sha256(epochAuthenticator(evil.group));
  let { group } = evil;
  for (let i = 0; i < count; i++) {
    const id = new Uint8Array(16);
    new DataView(id.buffer).setUint32(0, i + 1);
    const context = {
      counter: 1_000 + i,
      seq: Number(cursor),
      head: head as Uint8Array,
      epochDigest,
      time: i,
      name: "Bank",
    };
    const content = encodeContent(PROBES[i % PROBES.length]!(id));
    const sealed = await seal(group, pad(encodePostData({ context, content })));
    group = sealed.next;
    const envelope = encodeEnvelope({
      kind: ENTRY_KIND.application,
      seen: evil.latestCommit,
      applied: evil.applied,
      body: sealed.sealed,
    });
    await world.until(evil.client.submit(conversation, sendIdOf(id), envelope));
    await world.run(60);
  }
}

test("[RQ1] [RQ4] T15 a stranger is a handle: no name, picture, group name or words before one has let them in", async () => {
  await ada.engine.setOwnProfile({ status: "on the air", picture: PNG });
  const conversation = await direct(ada, "ben");
  expect(await ben.engine.conversations()).toEqual([]);
  await say(world, ada, conversation, "look at **this**");
  const [asked] = await requestsOf(ben);
  expect(asked).toMatchObject({ conversation, request: true, preview: null, name: null, picture: null, unread: 1 });
  expect(asked?.people).toMatchObject([{ username: "ada", displayName: null, picture: null, status: "" }]);
  const page = await ben.engine.timeline({ conversation, limit: 10 });
  expect(page.items).toMatchObject([{ text: "look at **this**", sender: { username: "ada", displayName: null } }]);
  expect(await ben.engine.person(accountOf(ada))).toMatchObject({ displayName: null, picture: null, status: "" });

  const group = await world.until(ada.engine.createGroup({ name: "Win money", usernames: ["ben"] }));
  await world.run(3_000);
  const invited = (await requestsOf(ben)).find((each) => each.conversation === group);
  expect(invited).toMatchObject({ name: null, people: [{ username: "ada", displayName: null }] });
  expect(JSON.stringify(await requestsOf(ben))).not.toContain("money");

  await world.until(ben.engine.acceptRequest({ conversation }));
  await world.run(2_000);
  const known = await ben.engine.person(accountOf(ada));
  expect(known.displayName).toContain("ada");
  expect(known.status).toBe("on the air");
  expect(await ben.engine.picture({ picture: known.picture! })).toEqual(PNG);
  // Who has been let in brings one into other conversations.
  expect(await requestsOf(ben)).toEqual([]);
  expect((await ben.engine.conversation(group)).name).toBe("Win money");
});

test("[RQ4] T15 who is known from a room is a handle all the same, in what they wrote as in the list", async () => {
  const room = await world.until(ada.engine.createRoom({ room: "hall" }));
  await world.until(ben.engine.joinRoom({ room: "hall" }));
  await say(world, ada, room, "welcome to the hall");
  expect((await ben.engine.person(accountOf(ada))).displayName).toContain("ada");
  const conversation = await direct(ada, "ben");
  await say(world, ada, conversation, "psst");
  const page = await ben.engine.timeline({ conversation, limit: 10 });
  expect(page.items).toMatchObject([{ text: "psst", sender: { username: "ada", displayName: null } }]);
  const hall = await ben.engine.timeline({ conversation: room, limit: 10 });
  expect(JSON.stringify(hall.items.at(-1))).toContain("ada");
});

test("[RQ2] T15 T87 T93 a thousand probes of a stranger are answered by nothing: no entry, no commit, no frame but those that read", async () => {
  const conversation = await direct(ada, "ben");
  const group = await world.until(ada.engine.createGroup({ name: "probes", usernames: ["ben"] }));
  await say(world, ada, conversation, "are you there?");
  // Everything that Ben's device does by itself in a day is done.
  await world.run(60_000);
  const before = { direct: await lengthOf(conversation), group: await lengthOf(group) };
  const sent: Uint8Array[] = [];
  world.network.witness = (device, direction, frame) => {
    world.frames.add(frame);
    if (device === ben.name && direction === "up") sent.push(frame.slice(0, 22));
  };
  const probes = 1_000;
  await probe(ada, conversation, probes);
  await world.run(60_000);
  expect(ben.peek("select count(*) as n from log where conversation = ?", [conversation])).toEqual([
    { n: before.direct + probes },
  ]);
  // What its own archive takes is for its own account, and doesn't grow with the probes.
  expect(sent.length).toBeLessThanOrEqual(5);
  process.stdout.write(
    `${probes} probes of a stranger: ${sent.length} frames by the probed device in the time of them\n`,
  );
  // A day later its keys would be due, and every week after.
  await world.run(9 * 24 * 60 * 60_000);
  expect(await lengthOf(conversation)).toBe(before.direct + probes);
  expect(await lengthOf(group)).toBe(before.group);
  const told = [conversation, group].map((id) => toHex(idBytes(id)));
  const submitted = sent.filter((frame) => frame[1] === FRAME.submit);
  expect(submitted.filter((frame) => told.includes(toHex(frame.slice(6, 22))))).toEqual([]);
}, 240_000);

test("[RQ2] T87 a device that a stranger didn't add isn't seen to come: it looks in from outside, and enters once it is let in", async () => {
  const conversation = await direct(ada, "ben");
  await say(world, ada, conversation, "hello");
  const before = await lengthOf(conversation);
  const second = await another(ben);
  await world.run(60_000);
  expect(await lengthOf(conversation)).toBe(before);
  expect(await requestsOf(second)).toMatchObject([{ conversation, people: [{ username: "ada", displayName: null }] }]);
  await world.until(ben.engine.acceptRequest({ conversation }));
  await world.run(20_000);
  expect(await requestsOf(second)).toEqual([]);
  await say(world, ada, conversation, "both of you?");
  for (const device of [ben, second]) expect(texts(device, conversation)).toContain("both of you?");
});

test("[RQ3] what one begins, writes in or has somebody known bring one into is no request", async () => {
  const cleo = await world.signedUp("cleo");
  const conversation = await direct(ada, "ben");
  await say(world, ada, conversation, "hello");
  expect(await requestsOf(ada)).toEqual([]);
  await say(world, ben, conversation, "hello yourself");
  expect(await requestsOf(ben)).toEqual([]);
  const group = await world.until(ada.engine.createGroup({ name: "us", usernames: ["ben", "cleo"] }));
  await world.run(3_000);
  expect(await requestsOf(ben)).toEqual([]);
  expect(await requestsOf(cleo)).toMatchObject([{ conversation: group }]);
  // Somebody whom one only meets in an open room is a stranger still.
  const dora = await world.signedUp("dora");
  const room = await world.until(dora.engine.createRoom({ room: "garden" }));
  await world.until(ben.engine.joinRoom({ room: "garden" }));
  await say(world, dora, room, "welcome");
  const third = await direct(dora, "ben");
  await say(world, dora, third, "psst");
  expect(await requestsOf(ben)).toMatchObject([{ conversation: third }]);
  expect((await requestsOf(ben))[0]?.people).toMatchObject([{ username: "dora", displayName: null }]);
  // A name of one's own for them says that one knows them.
  await ben.engine.setContactName({ account: accountOf(dora), name: "Dora" });
  expect(await requestsOf(ben)).toEqual([]);
});

test("[RQ5] a deleted request is gone from all own devices, says nothing, and comes again only with more words", async () => {
  const conversation = await direct(ada, "ben");
  await say(world, ada, conversation, "hello");
  const [post] = ada.peek("select post from items where conversation = ? and text = 'hello'", [conversation]);
  await ada.engine.edit({ conversation, post: post!["post"] as PostId, text: "hello, said otherwise" });
  await world.run(2_000);
  const second = await another(ben);
  const before = await lengthOf(conversation);
  await world.until(ben.engine.deleteRequest({ conversation, block: false }));
  await world.run(10_000);
  for (const device of [ben, second]) {
    expect(await device.engine.conversations()).toEqual([]);
    expect(texts(device, conversation)).toEqual([]);
    expect(device.peek("select data from post_marks where conversation = ?", [conversation])).toEqual([]);
  }
  expect(await lengthOf(conversation)).toBe(before);
  await say(world, ada, conversation, "hello again");
  expect(await requestsOf(ben)).toMatchObject([{ conversation, unread: 1 }]);
  expect(texts(ben, conversation)).toEqual(["hello again"]);
  await expect(
    ben.engine.deleteRequest({ conversation: await direct(ben, "ada"), block: false }),
  ).resolves.toBeUndefined();
});

test("[RQ6] T93 whom one blocks doesn't come back: not with words, not with groups, not by adding one's next device", async () => {
  const conversation = await direct(ada, "ben");
  await say(world, ada, conversation, "hello");
  await world.until(ben.engine.deleteRequest({ conversation, block: true }));
  const groups: ConversationId[] = [];
  for (let i = 0; i < 10; i++) {
    groups.push(await world.until(ada.engine.createGroup({ name: `group ${i}`, usernames: ["ben"] })));
    await say(world, ada, groups[i]!, "surprise");
    await say(world, ada, conversation, `still there? ${i}`);
  }
  const lengths = await Promise.all([conversation, ...groups].map(lengthOf));
  const second = await another(ben);
  await world.run(3 * 24 * 60 * 60_000);
  for (const device of [ben, second]) expect(await device.engine.conversations()).toEqual([]);
  expect(await Promise.all([conversation, ...groups].map(lengthOf))).toEqual(lengths);
  for (const group of groups) expect(texts(ben, group)).toEqual([]);
});

test("[RQ5] a stranger's group is left by deleting it, even where they have made one its owner", async () => {
  const group = await world.until(ada.engine.createGroup({ name: "yours now", usernames: ["ben"] }));
  await world.until(ada.engine.setRole({ conversation: group, account: accountOf(ben), role: ROLE.owner }));
  await world.run(3_000);
  expect(await requestsOf(ben)).toHaveLength(1);
  await world.until(ben.engine.deleteRequest({ conversation: group, block: false }));
  await world.run(20_000);
  expect(await ben.engine.conversations()).toEqual([]);
  expect((await ada.engine.conversation(group)).members.map(({ username }) => username)).toEqual(["ada"]);
});

test("[RQ2] what a person wants to change in a request is for after they have let it in", async () => {
  const group = await world.until(ada.engine.createGroup({ name: "us", usernames: ["ben"] }));
  await world.until(ada.engine.setRules({ conversation: group, rules: { add: "members" } }));
  await world.signedUp("cleo");
  await world.run(3_000);
  await expect(world.until(ben.engine.addMembers({ conversation: group, usernames: ["cleo"] }))).rejects.toMatchObject({
    code: "conversation/forbidden-change",
  });
  await world.until(ben.engine.acceptRequest({ conversation: group }));
  await world.until(ben.engine.addMembers({ conversation: group, usernames: ["cleo"] }));
  await world.run(3_000);
  expect((await ada.engine.conversation(group)).members).toHaveLength(3);
});
