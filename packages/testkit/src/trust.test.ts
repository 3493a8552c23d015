import { ENTRY_KIND, decodeServerFrame, type ConversationId } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accountOf, castOf, say, texts, type Cast } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(() => cast.world.close());

const NEW_PASSWORD = "another long password";

const stateOn = async (device: SimulatedDevice, conversation: ConversationId) =>
  (await device.engine.conversation(conversation)).state.kind;

const trustOn = async (device: SimulatedDevice, of: SimulatedDevice) =>
  (await device.engine.person(accountOf(of))).trust;

const linesOn = (device: SimulatedDevice, conversation: ConversationId, kind: string): number =>
  device
    .peek("select line from items where conversation = ? and line is not null", [conversation])
    .filter(({ line }) => (JSON.parse(line as string) as { kind: string }).kind === kind).length;

/** How many posts the server holds of a conversation. */
async function postsHeld(conversation: ConversationId): Promise<number> {
  const log = await cast.world.server.log(conversation);
  return log.filter((row) => row.kind === "stored" && row.envelope[1] === ENTRY_KIND.application).length;
}

/** Other keys for Bob's account, which its old ones didn't vouch for; he has one device, so it takes no time. */
async function reclaimBob(): Promise<void> {
  const { world, bob } = cast;
  await world.until(bob.engine.announceReclaim());
  await world.until(bob.engine.completeReclaim({ newPassword: NEW_PASSWORD }));
  await world.run(10_000);
}

test("[OD12] T06 a verified contact whose identity changed: nothing is sealed for anybody there until the person decides", async () => {
  const { world, alice, bob, conversation } = cast;
  const direct = await world.until(alice.engine.openDirect({ username: "bobby" }));
  await say(world, alice, direct, "before");
  await world.until(alice.engine.verify({ account: accountOf(bob) }));
  expect(await trustOn(alice, bob)).toBe("verified");
  await reclaimBob();
  expect(await trustOn(alice, bob)).toBe("changed");
  const held = [await postsHeld(direct), await postsHeld(conversation)];
  for (const each of [direct, conversation]) {
    expect(await stateOn(alice, each)).toBe("paused");
    await world.until(alice.engine.send({ conversation: each, text: "after" }));
  }
  await world.run(120_000);
  expect([await postsHeld(direct), await postsHeld(conversation)]).toEqual(held);
  expect(alice.peek("select count(*) as n from journal where send in (select send from outbox)")).toEqual([{ n: 0 }]);
  expect(linesOn(alice, direct, "identity-changed")).toBe(1);

  await world.until(alice.engine.acceptIdentity({ account: accountOf(bob) }));
  await world.run(10_000);
  expect(await trustOn(alice, bob)).toBe("unverified");
  for (const each of [direct, conversation]) {
    expect(await stateOn(alice, each)).toBe("open");
    expect(texts(bob, each)).toContain("after");
  }
});

test("T06 comparing again lets what waits go out as well, and stays verified", async () => {
  const { world, alice, bob, conversation } = cast;
  await world.until(alice.engine.verify({ account: accountOf(bob) }));
  await reclaimBob();
  await world.until(alice.engine.send({ conversation, text: "waits" }));
  await world.run(5_000);
  expect(texts(bob, conversation)).not.toContain("waits");
  const { qr } = await bob.engine.verification(accountOf(alice));
  await world.until(alice.engine.verify({ account: accountOf(bob), qr }));
  await world.run(10_000);
  expect(await trustOn(alice, bob)).toBe("verified");
  expect(texts(bob, conversation)).toContain("waits");
});

test("T06 blocking somebody whose identity is contradicted, and unblocking them, verifies nobody", async () => {
  const { world, alice, bob, conversation } = cast;
  await world.until(alice.engine.verify({ account: accountOf(bob) }));
  alice.tamper("update people set contradicted = 1 where account = ?", [accountOf(bob)]);
  await alice.stop();
  await alice.start();
  await world.run(5_000);
  expect(await trustOn(alice, bob)).toBe("changed");
  await world.until(alice.engine.setBlocked({ account: accountOf(bob), blocked: true }));
  await world.until(alice.engine.setBlocked({ account: accountOf(bob), blocked: false }));
  expect(await trustOn(alice, bob)).toBe("changed");
  expect(await stateOn(alice, conversation)).toBe("paused");
});

test("[OD13] T06 whom one never compared with: a quiet line, once in each conversation, and sends go on", async () => {
  const { world, alice, carol, conversation } = cast;
  await reclaimBob();
  expect(await stateOn(alice, conversation)).toBe("open");
  await say(world, alice, conversation, "goes on");
  expect(texts(carol, conversation)).toContain("goes on");
  expect([linesOn(alice, conversation, "identity-changed"), linesOn(carol, conversation, "identity-changed")]).toEqual([
    1, 1,
  ]);
});

test("[OD16] T06 two people who scan each other's codes are verified; anybody else's code is refused and changes nothing", async () => {
  const { world, alice, bob, carol } = cast;
  const codes = {
    bob: (await bob.engine.verification(accountOf(alice))).qr,
    bobForCarol: (await bob.engine.verification(accountOf(carol))).qr,
    carol: (await carol.engine.verification(accountOf(alice))).qr,
    own: (await alice.engine.verification(accountOf(bob))).qr,
  };
  for (const qr of [codes.bobForCarol, codes.carol, codes.own, "", "https://example.org"]) {
    await expect(world.until(alice.engine.verify({ account: accountOf(bob), qr }))).rejects.toMatchObject({
      code: "trust/mismatch",
    });
    expect(await trustOn(alice, bob)).toBe("unverified");
  }
  await world.until(alice.engine.verify({ account: accountOf(bob), qr: codes.bob }));
  expect(await trustOn(alice, bob)).toBe("verified");
  const [ours, theirs] = [
    await alice.engine.verification(accountOf(bob)),
    await bob.engine.verification(accountOf(alice)),
  ];
  expect(ours.safetyNumber).toBe(theirs.safetyNumber);
  await world.until(alice.engine.unverify({ account: accountOf(bob) }));
  expect(await trustOn(alice, bob)).toBe("unverified");
});

test("[OD15] T05 a server that hides what became of an identity doesn't hide it: a leaf carries it", async () => {
  const { world, alice, bob, conversation } = cast;
  await world.until(alice.engine.verify({ account: accountOf(bob) }));
  // Alice is told of no change of any chain.
  world.network.tap = (device, frame) => {
    const read = device === alice.name ? decodeServerFrame(frame) : undefined;
    const isChain = read?.type === "event" && (read.body as { event?: string }).event === "chain";
    return isChain ? [] : [frame];
  };
  await reclaimBob();
  expect(await trustOn(alice, bob)).toBe("verified");
  // Bob re-keys, by which his leaf says what his chain is now; before that nobody could have known.
  const person = world.people.find(({ devices }) => devices.includes(bob))!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn({ username: person.username, password: NEW_PASSWORD }));
  await world.run(20_000);
  world.network.tap = undefined;
  expect(await trustOn(alice, bob)).toBe("changed");
  expect(await stateOn(alice, conversation)).toBe("paused");
});

test("[OD17] what a blocked person writes is neither shown nor counted nor announced, and nothing is sent to them alone", async () => {
  const { world, alice, bob, carol, conversation } = cast;
  const direct = await world.until(bob.engine.openDirect({ username: "alice" }));
  await say(world, bob, direct, "hello");
  const announced: string[] = [];
  alice.engine.subscribe((change) => change.kind === "arrived" && announced.push(change.post));
  await world.until(alice.engine.setBlocked({ account: accountOf(bob), blocked: true }));
  await say(world, bob, direct, "hello?");
  await say(world, bob, conversation, "in the group");
  expect(announced).toEqual([]);
  const [inGroup, alone] = [
    await alice.engine.timeline({ conversation, limit: 50 }),
    await alice.engine.timeline({ conversation: direct, limit: 50 }),
  ];
  const senders = [...inGroup.items, ...alone.items].flatMap((item) =>
    item.kind === "post" ? [item.sender.account] : [],
  );
  expect(senders).not.toContain(accountOf(bob));
  expect(await stateOn(alice, direct)).toBe("blocked");
  expect((await alice.engine.conversation(direct)).unread).toBe(0);
  await expect(world.until(alice.engine.send({ conversation: direct, text: "no" }))).rejects.toMatchObject({
    code: "member/blocked",
  });
  await say(world, alice, conversation, "to all");
  expect(texts(carol, conversation)).toContain("to all");

  await world.until(alice.engine.setBlocked({ account: accountOf(bob), blocked: false }));
  const again = await alice.engine.timeline({ conversation: direct, limit: 50 });
  expect(again.items.flatMap((item) => (item.kind === "post" ? [item.text] : []))).toEqual(["hello", "hello?"]);
  expect(await stateOn(alice, direct)).toBe("open");
});

test("verified and blocked are the same on all own devices, and what one decides lets the other's posts go", async () => {
  const { world, alice, bob, conversation } = cast;
  await world.until(alice.engine.verify({ account: accountOf(bob) }));
  const person = world.people.find(({ devices }) => devices.includes(alice))!;
  const second = await world.addDevice(person);
  await world.until(second.engine.signIn({ username: person.username, password: person.password }));
  await world.run(20_000);
  expect(await trustOn(second, bob)).toBe("verified");
  await reclaimBob();
  expect(await trustOn(second, bob)).toBe("changed");
  await world.until(second.engine.send({ conversation, text: "from the second" }));
  await world.run(5_000);
  expect(texts(bob, conversation)).not.toContain("from the second");
  await world.until(alice.engine.acceptIdentity({ account: accountOf(bob) }));
  await world.run(15_000);
  expect(await trustOn(second, bob)).toBe("unverified");
  expect(texts(bob, conversation)).toContain("from the second");
});

/** The server's owner gives Bob's name to whoever signs up with a code. */
async function moveBobsName(): Promise<SimulatedDevice> {
  const { world } = cast;
  const resetCode = (await world.server.issueReset("bobby", world.random.stream("reset")))!;
  const next = await world.addDevice(world.addPerson("bobby"));
  await world.until(next.engine.signUp({ username: "bobby", password: NEW_PASSWORD, displayName: "Bob", resetCode }));
  await world.run(20_000);
  return next;
}

test("[OD13] T06 a name that was given to another account: told loudly, the old account is the past, the new one is nobody yet", async () => {
  const { world, alice, bob, conversation } = cast;
  const direct = await world.until(alice.engine.openDirect({ username: "bobby" }));
  await say(world, alice, direct, "before");
  const old = accountOf(bob);
  const next = await moveBobsName();
  const found = await world.until(alice.engine.findPerson("bobby"));
  expect(found).toMatchObject({ account: accountOf(next), trust: "unverified", replaced: false });
  expect(await alice.engine.person(old)).toMatchObject({ replaced: true, trust: "unverified" });
  expect([linesOn(alice, direct, "name-moved"), linesOn(alice, conversation, "name-moved")]).toEqual([1, 1]);
  const again = await world.until(alice.engine.openDirect({ username: "bobby" }));
  expect(again).not.toBe(direct);
  await say(world, alice, again, "who are you?");
  expect(texts(next, again)).toEqual(["who are you?"]);
});

test("[OD14] T06 the name of somebody verified leads nowhere else until the person has decided about the old account", async () => {
  const { world, alice, bob, conversation } = cast;
  const direct = await world.until(alice.engine.openDirect({ username: "bobby" }));
  await say(world, alice, direct, "before");
  await world.until(alice.engine.verify({ account: accountOf(bob) }));
  const old = accountOf(bob);
  const next = await moveBobsName();
  const refusal = { code: "conversation/identity-changed" };
  await expect(world.until(alice.engine.openDirect({ username: "bobby" }))).rejects.toMatchObject(refusal);
  await expect(world.until(alice.engine.addMembers({ conversation, usernames: ["bobby"] }))).rejects.toMatchObject(
    refusal,
  );
  expect(await stateOn(alice, direct)).toBe("paused");
  const held = await postsHeld(direct);
  await world.until(alice.engine.send({ conversation: direct, text: "for Bob alone" }));
  await world.run(20_000);
  expect(await postsHeld(direct)).toBe(held);
  await expect(world.until(alice.engine.verify({ account: old }))).rejects.toMatchObject({ code: "account/replaced" });

  await world.until(alice.engine.acceptIdentity({ account: old }));
  const again = await world.until(alice.engine.openDirect({ username: "bobby" }));
  await say(world, alice, again, "who are you?");
  expect(texts(next, again)).toEqual(["who are you?"]);
  expect((await alice.engine.person(accountOf(next))).trust).toBe("unverified");
});
