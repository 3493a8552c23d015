import { sha256 } from "@sotto/crypto";
import { epochAuthenticator, members, seal } from "@sotto/mls";
import { encodeContent, encodePostData, pad, textPost, type ConversationId, type LogRow } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";

import { EvilMember, accountOf, castOf, rewriteEntries, say, stillTalk, texts, type Cast } from "./hostile.ts";
import { secretsOf, stateOf } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(() => cast.world.close());

const personOf = (device: SimulatedDevice) => cast.world.people.find(({ devices }) => devices.includes(device))!;

async function another(of: SimulatedDevice): Promise<SimulatedDevice> {
  const person = personOf(of);
  const device = await cast.world.addDevice(person);
  await cast.world.until(device.engine.signIn({ username: person.username, password: person.password }));
  await cast.world.run(20_000);
  return device;
}

/** The ratchets of who posts by hand. */
const groups = new WeakMap<EvilMember, EvilMember["group"]>();

/** Posts with the stolen keys of a device, as its own client would. */
async function posts(evil: EvilMember, text: string, counter: number): Promise<void> {
  const { world } = cast;
  const state = stateOf(cast.alice, evil.conversation)!;
  const content = encodeContent(textPost(text, new Uint8Array(16).fill(counter)));
  const context = {
    counter: 1_000 + counter,
    seq: state.cursor,
    head: state.head,
    epochDigest: sha256(epochAuthenticator(evil.group)),
    time: world.clock.now(),
    name: null,
  };
  const sealed = await seal(groups.get(evil) ?? evil.group, pad(encodePostData({ context, content })));
  groups.set(evil, sealed.next);
  await evil.post(sealed.sealed);
}

const unreadable = (device: SimulatedDevice, conversation: ConversationId): string[] =>
  device
    .peek("select line from items where conversation = ? and line is not null order by item_order", [conversation])
    .map(({ line }) => JSON.parse(line as string) as { kind: string; because?: string })
    .flatMap((line) => (line.kind === "unreadable" ? [line.because ?? ""] : []));

const leavesOn = (device: SimulatedDevice, conversation: ConversationId): string[] =>
  members(stateOf(device, conversation)!.group).map(({ identity }) => identity.device);

/**
 * Bob's second device is stolen. It writes, and the server keeps that and every commit from Alice; meanwhile Bob ends the device. `taken`
 * gives the time that the server then claims to have taken the entry at.
 */
async function withheld(taken: (row: LogRow, endedAt: number) => number): Promise<{ arrived: number; unread: number }> {
  const { world, alice, bob, conversation } = cast;
  const stolen = await another(bob);
  const { device } = secretsOf(stolen);
  const evil = await EvilMember.of(world, stolen, conversation);
  await posts(evil, "in time", 1);
  expect(texts(alice, conversation)).toContain("in time");
  const start = (await world.server.log(conversation)).length;
  rewriteEntries(world, alice, conversation, (row) => (row.seq > start ? [] : [row]));
  await posts(evil, "too late", 2);
  await world.until(bob.engine.revokeDevice({ device, password: personOf(bob).password }));
  const endedAt = world.clock.now();
  await world.run(20_000);
  expect(leavesOn(alice, conversation)).toContain(device);
  world.network.cut(alice.name);
  await world.run(30_000);
  const unread = (await alice.engine.conversation(conversation)).unread;
  let arrived = 0;
  alice.engine.subscribe((change) => {
    if (change.kind === "arrived" && change.conversation === conversation) arrived++;
  });
  rewriteEntries(world, alice, conversation, (row) => [
    row.seq === start + 1 ? { ...row, acceptedAt: taken(row, endedAt) } : row,
  ]);
  world.network.cut(alice.name);
  await world.run(60_000);
  world.network.tap = undefined;
  expect(texts(alice, conversation)).toEqual(expect.arrayContaining(["in time"]));
  return { arrived, unread: (await alice.engine.conversation(conversation)).unread - unread };
}

test.each([
  [
    "[OD18] T19 what the server says it took after the end of a device isn't shown, though no commit has removed it",
    1_000,
  ],
  ["[OD18] T70 nor what it calls older than a time at which the log was seen to end before it", -10_000],
])("%s", async (_title, offset) => {
  const { world, alice, bob, carol, conversation } = cast;
  const seen = await withheld((_row, endedAt) => endedAt + offset);
  expect(texts(alice, conversation)).not.toContain("too late");
  expect(unreadable(alice, conversation)).toEqual(["revoked-device"]);
  expect(seen).toEqual({ arrived: 0, unread: 0 });
  // The commit came with it: nobody has the device in the tree any more, and the others go on.
  expect(leavesOn(alice, conversation)).toEqual(leavesOn(bob, conversation));
  expect(leavesOn(alice, conversation)).toHaveLength(3);
  expect(await stillTalk(world, [alice, bob, carol], conversation)).toEqual([]);
});

test("T70 nor on a device whose clock is behind, for which the end of the other one is still to come", async () => {
  const { world, alice, conversation } = cast;
  await alice.stop();
  alice.clockOffMs = -9 * 60 * 60 * 1000;
  await alice.start();
  await world.run(10_000);
  await withheld((_row, endedAt) => endedAt - 10_000);
  expect(alice.peek("select 1 from noticed_ends")).toHaveLength(1);
  expect(texts(alice, conversation)).not.toContain("too late");
  expect(unreadable(alice, conversation)).toEqual(["revoked-device"]);
});

test("[OD5] [OD19] T70 a device that was ended is signed out, in no tree, reads nothing later, and hears nothing of what own devices share", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  const stolen = await another(bob);
  const { device } = secretsOf(stolen);
  await bob.engine.saveDraft({ conversation, text: "before" });
  await world.run(10_000);
  expect((await stolen.engine.conversation(conversation)).draft).toBe("before");
  await world.until(bob.engine.revokeDevice({ device, password: personOf(bob).password }));
  await world.run(20_000);
  const session = await stolen.engine.session();
  expect(session.kind === "signed-in" && session.refusedBecause).toBe("session/device-revoked");
  const self = bob.peek("select conversation from self")[0]!["conversation"] as ConversationId;
  for (const [owner, each] of [
    [alice, conversation],
    [carol, conversation],
    [bob, conversation],
    [bob, self],
  ] as const)
    expect(leavesOn(owner, each)).not.toContain(device);
  await bob.engine.saveDraft({ conversation, text: "after" });
  await say(world, alice, conversation, "without the thief");
  await world.run(20_000);
  world.network.cut(stolen.name);
  await world.run(60_000);
  expect(texts(stolen, conversation)).not.toContain("without the thief");
  expect((await stolen.engine.conversation(conversation)).draft).toBe("before");
  expect(await stillTalk(world, [alice, bob, carol], conversation)).toEqual([]);
});

test("[OD20] an account whose last device is gone is a member still, and comes back with the next one", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  const direct = await world.until(bob.engine.openDirect({ username: "alice" }));
  await say(world, bob, direct, "before");
  const account = accountOf(bob);
  const person = personOf(bob);
  await world.until(bob.engine.signOut());
  await world.run(60_000);
  for (const each of [conversation, direct]) {
    expect(leavesOn(alice, each)).toHaveLength(each === direct ? 1 : 2);
    const { members: rows, state } = await alice.engine.conversation(each);
    expect(rows.find((row) => row.account === account)?.devices).toBe(0);
    expect(state).toEqual({ kind: "open" });
  }
  await say(world, alice, conversation, "while nobody was there");
  await say(world, alice, direct, "while nobody was there");
  const back = await world.addDevice(person);
  await world.until(back.engine.signIn({ username: person.username, password: person.password }));
  await world.run(60_000);
  expect((await back.engine.conversations()).map(({ conversation: id }) => id).sort()).toEqual(
    [conversation, direct].sort(),
  );
  expect(await stillTalk(world, [alice, back, carol], conversation)).toEqual([]);
  expect(await stillTalk(world, [alice, back], direct)).toEqual([]);
  expect((await alice.engine.conversation(conversation)).members).toHaveLength(3);
});

test("what another own device wrote is one's own", async () => {
  const { world, alice, bob, conversation } = cast;
  const second = await another(bob);
  await say(world, bob, conversation, "from the first");
  await say(world, second, conversation, "from the second");
  for (const device of [bob, second]) {
    const { items } = await device.engine.timeline({ conversation, limit: 2 });
    expect(items.map((item) => item.kind === "post" && [item.text, item.own])).toEqual([
      ["from the first", true],
      ["from the second", true],
    ]);
    expect(items.map((item) => item.kind === "post" && item.state.kind)).toEqual(
      device === bob ? ["sent", "received"] : ["received", "sent"],
    );
    expect((await device.engine.conversation(conversation)).unread).toBe(
      (await bob.engine.conversation(conversation)).unread,
    );
  }
  expect(texts(alice, conversation)).toEqual(expect.arrayContaining(["from the first", "from the second"]));
});
