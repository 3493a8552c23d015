import { sha256 } from "@sotto/crypto";
import { epochAuthenticator, rosterOf, seal } from "@sotto/mls";
import {
  encodeContent,
  encodePostData,
  encodeProfile,
  pad,
  profilePost,
  ROLE,
  textPost,
  utf8,
  type AccountId,
  type Content,
  type ConversationId,
} from "@sotto/protocol";
import type { ConversationDetails, RuleChange, SystemLine } from "@sotto/engine";
import { pngOf } from "../../protocol/src/testing-pictures.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeExtensions } from "../../mls/src/context-extensions.ts";
import { evilCommit } from "../../mls/src/evil.ts";
import { extensionOf } from "../../mls/src/index.ts";
import { CANARY, scan } from "./canary.ts";
import { accountOf, castOf, EvilMember, refusals, say, stateKind, stillTalk, texts, type Cast } from "./hostile.ts";
import { leaks } from "./invariants.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

let cast: Cast;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
});
afterEach(async () => {
  expect(await leaks(cast.world)).toEqual([]);
  cast.world.close();
});

const PNG = pngOf({ fill: 7 });

const everybody = ({ alice, bob, carol }: Cast): SimulatedDevice[] => [alice, bob, carol];
const detailsOn = (device: SimulatedDevice, conversation: ConversationId): Promise<ConversationDetails> =>
  device.engine.conversation(conversation);

/** System lines of these kinds on a device, by username. */
async function lines(
  device: SimulatedDevice,
  conversation: ConversationId,
  ...kinds: SystemLine["kind"][]
): Promise<unknown[]> {
  const { items } = await device.engine.timeline({ conversation, limit: 200 });
  return items.flatMap((item) => {
    if (item.kind !== "system" || !kinds.includes(item.line.kind)) return [];
    return [
      Object.fromEntries(
        Object.entries(item.line).map(([key, value]) => [
          key,
          typeof value === "object" && value !== null && "username" in value ? value.username : value,
        ]),
      ),
    ];
  });
}

/** Seals whatever it likes, as a member does whose client has no rules. */
async function evilSay(evil: EvilMember, content: Content): Promise<void> {
  const context = {
    counter: 1_000,
    seq: 0,
    head: new Uint8Array(32),
    epochDigest: sha256(epochAuthenticator(evil.group)),
    time: cast.world.clock.now(),
    name: null,
  };
  const data = pad(encodePostData({ context, content: encodeContent(content) }));
  await evil.post((await seal(evil.group, data)).sealed);
}

/** Does it and lets it arrive. */
async function done(work: Promise<unknown>): Promise<void> {
  await cast.world.until(work);
  await cast.world.run(6_000);
}

const role = (device: SimulatedDevice, of: SimulatedDevice, to: (typeof ROLE)["member" | "admin" | "owner"]) =>
  done(device.engine.setRole({ conversation: cast.conversation, account: accountOf(of), role: to }));

async function rolesOn(device: SimulatedDevice): Promise<Record<string, number>> {
  const { members } = await detailsOn(device, cast.conversation);
  return Object.fromEntries(members.map((member) => [member.username, member.role]));
}

describe("roles", () => {
  test("who begins a group owns it, makes admins, and hands over; the last owner doesn't just go", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    expect(await rolesOn(bob)).toEqual({ alice: ROLE.owner, bobby: ROLE.member, carol: ROLE.member });
    expect((await detailsOn(alice, conversation)).may.leave).toBe(false);
    await expect(world.until(alice.engine.leave({ conversation }))).rejects.toMatchObject({
      code: "conversation/hand-over-first",
    });
    // Nor steps down.
    await expect(
      world.until(alice.engine.setRole({ conversation, account: accountOf(alice), role: ROLE.admin })),
    ).rejects.toMatchObject({ code: "conversation/forbidden-change" });
    await role(alice, bob, ROLE.owner);
    await role(alice, alice, ROLE.admin);
    expect(await rolesOn(carol)).toEqual({ alice: ROLE.admin, bobby: ROLE.owner, carol: ROLE.member });
    expect(await lines(carol, conversation, "role")).toEqual([
      { kind: "role", by: "alice", person: "bobby", role: ROLE.owner },
      { kind: "role", by: "alice", person: "alice", role: ROLE.admin },
    ]);
    expect((await detailsOn(alice, conversation)).may.leave).toBe(true);
    await done(alice.engine.leave({ conversation }));
    await world.run(30_000);
    expect(await rolesOn(carol)).toEqual({ bobby: ROLE.owner, carol: ROLE.member });
    expect(await stillTalk(world, [bob, carol], conversation)).toEqual([]);
  });

  test("an admin manages members, and neither owners nor admins", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    await role(alice, bob, ROLE.admin);
    const seen = await detailsOn(bob, conversation);
    expect(seen.may).toMatchObject({ add: true, remove: true, manage: true, leave: true });
    const may = Object.fromEntries(seen.members.map((member) => [member.username, member.may]));
    expect(may).toEqual({
      alice: { remove: false, ban: false, roles: [] },
      bobby: { remove: false, ban: false, roles: [ROLE.member] },
      carol: { remove: true, ban: true, roles: [] },
    });
    for (const attempt of [
      () => bob.engine.setRole({ conversation, account: accountOf(carol), role: ROLE.admin }),
      () => bob.engine.setRole({ conversation, account: accountOf(bob), role: ROLE.owner }),
      () => bob.engine.setRole({ conversation, account: accountOf(alice), role: ROLE.member }),
      () => bob.engine.removeMember({ conversation, account: accountOf(alice) }),
      () => bob.engine.ban({ conversation, account: accountOf(alice) }),
      () => carol.engine.setRules({ conversation, rules: { add: "members" } }),
      () => carol.engine.setProfile({ conversation, name: "mine" }),
      () => carol.engine.addMembers({ conversation, usernames: ["alice"] }),
      () => carol.engine.removeMember({ conversation, account: accountOf(bob) }),
      () =>
        carol.engine
          .unban({ conversation, account: accountOf(bob) })
          .then(() => carol.engine.ban({ conversation, account: accountOf(bob) })),
    ])
      await expect(world.until(attempt())).rejects.toMatchObject({ code: "conversation/forbidden-change" });
    await role(bob, bob, ROLE.member);
    expect(await rolesOn(carol)).toEqual({ alice: ROLE.owner, bobby: ROLE.member, carol: ROLE.member });
    expect(await stillTalk(world, everybody(cast), conversation)).toEqual([]);
  });

  test("T14 an admin whose client has no rules takes nothing from the owner: the server refuses, and all skip it", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    await role(alice, bob, ROLE.admin);
    const admin = accountOf(bob);
    const evil = await EvilMember.of(world, bob, conversation);
    const extension = extensionOf(evil.group);
    const coup = {
      ...extension,
      accounts: extension.accounts.map(([account]): [AccountId, (typeof ROLE)["member" | "owner"]] => [
        account,
        account === admin ? ROLE.owner : ROLE.member,
      ]),
    };
    const made = await evilCommit(evil.group, {
      proposals: [
        { proposalType: "group_context_extensions", groupContextExtensions: { extensions: writeExtensions(coup) } },
      ],
      extension: coup,
    });
    await expect(evil.commit(made)).rejects.toMatchObject({ code: "conversation/forbidden-change" });
    await evil.commit({ ...made, roster: rosterOf(evil.group) });
    for (const device of [alice, carol]) {
      expect(refusals(device, conversation).join()).toMatch(/roster-mismatch|may-not-change/);
      expect(await rolesOn(device)).toEqual({ alice: ROLE.owner, bobby: ROLE.admin, carol: ROLE.member });
    }
    expect(await stillTalk(world, [alice, carol], conversation)).toEqual([]);
  });
});

describe("bans", () => {
  test("who is banned is out, isn't brought back by adding, and may come again once the ban is lifted", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    await done(alice.engine.ban({ conversation, account: accountOf(bob) }));
    await world.run(10_000);
    expect(stateKind(bob, conversation)).toContain("left");
    const seen = await detailsOn(alice, conversation);
    expect(seen.banned.map(({ username }) => username)).toEqual(["bobby"]);
    expect((await detailsOn(carol, conversation)).banned).toEqual([]);
    expect(await lines(carol, conversation, "role", "removed")).toEqual([
      { kind: "role", by: "alice", person: "bobby", role: ROLE.banned },
    ]);
    await expect(world.until(alice.engine.addMembers({ conversation, usernames: ["bobby"] }))).rejects.toMatchObject({
      code: "member/banned",
    });
    await say(world, alice, conversation, "without him");
    expect(texts(bob, conversation)).not.toContain("without him");
    await done(alice.engine.unban({ conversation, account: accountOf(bob) }));
    expect(await lines(carol, conversation, "unbanned")).toEqual([{ kind: "unbanned", by: "alice", person: "bobby" }]);
    await done(alice.engine.addMembers({ conversation, usernames: ["bobby"] }));
    await world.run(20_000);
    expect(stateKind(bob, conversation)).toContain("open");
    expect(await stillTalk(world, everybody(cast), conversation)).toEqual([]);
  });

  test("who is banned while away finds out and loses nothing that they read", async () => {
    const { alice, bob, conversation, world } = cast;
    const before = texts(bob, conversation);
    const account = accountOf(bob);
    await bob.stop();
    await done(alice.engine.ban({ conversation, account }));
    await say(world, alice, conversation, "he is gone");
    await bob.start();
    await world.run(20_000);
    const seen = await detailsOn(bob, conversation);
    expect(seen.state).toEqual({ kind: "left", because: "removed" });
    expect(seen.may).toMatchObject({ add: false, post: false, manage: false });
    expect(texts(bob, conversation)).toEqual(before);
    await expect(world.until(bob.engine.send({ conversation, text: "hello?" }))).rejects.toMatchObject({
      code: "conversation/left",
    });
    // Let in again, it goes on where it was.
    await done(alice.engine.unban({ conversation, account }));
    await done(alice.engine.addMembers({ conversation, usernames: ["bobby"] }));
    await world.run(20_000);
    expect((await detailsOn(bob, conversation)).state).toEqual({ kind: "open" });
    expect(await stillTalk(world, everybody(cast), conversation)).toEqual([]);
  });

  test("in an open room who is banned stays out until the ban is lifted", async () => {
    const { alice, bob, carol, world } = cast;
    const room = await world.until(alice.engine.createRoom({ room: "garden" }));
    for (const device of [bob, carol]) await done(device.engine.joinRoom({ room: "garden" }));
    await world.run(10_000);
    await done(alice.engine.ban({ conversation: room, account: accountOf(bob) }));
    expect((await detailsOn(alice, room)).banned.map(({ username }) => username)).toEqual(["bobby"]);
    await expect(world.until(bob.engine.joinRoom({ room: "garden" }))).rejects.toBeDefined();
    await done(alice.engine.unban({ conversation: room, account: accountOf(bob) }));
    await done(bob.engine.joinRoom({ room: "garden" }));
    await world.run(10_000);
    expect(await stillTalk(world, everybody(cast), room)).toEqual([]);
  });
});

describe("rules", () => {
  test("each rule that changes is said in a line of its own, and shown to all alike", async () => {
    const { alice, bob, conversation } = cast;
    await done(alice.engine.setRules({ conversation, rules: { add: "members", timerSeconds: 3600 } }));
    await done(alice.engine.setRules({ conversation, rules: { post: "admins", pin: "admins", mentionAll: "admins" } }));
    await done(alice.engine.setRules({ conversation, rules: { post: "admins" } }));
    const expected: RuleChange[] = [
      { rule: "add", who: "members" },
      { rule: "timerSeconds", seconds: 3600 },
      { rule: "post", who: "admins" },
      { rule: "pin", who: "admins" },
      { rule: "mentionAll", who: "admins" },
    ];
    for (const device of everybody(cast)) {
      expect(await lines(device, conversation, "rule", "settings")).toEqual(
        expected.map((rule) => ({ kind: "rule", by: "alice", rule })),
      );
      expect((await detailsOn(device, conversation)).rules).toEqual({
        add: "members",
        post: "admins",
        pin: "admins",
        mentionAll: "admins",
        timerSeconds: 3600,
      });
    }
    expect((await detailsOn(bob, conversation)).may).toMatchObject({
      add: true,
      post: false,
      pin: false,
      mentionAll: false,
      manage: false,
    });
    for (const rules of [
      { timerSeconds: -1 },
      { timerSeconds: 0.5 },
      { timerSeconds: 400 * 24 * 3600 },
      { post: "nobody" as "admins" },
    ])
      await expect(cast.world.until(alice.engine.setRules({ conversation, rules }))).rejects.toMatchObject({
        code: "request/malformed",
      });
  });

  test("T14 where only admins write, what a member writes is shown to nobody: live, to who was away, and in the history", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    await done(alice.engine.setRules({ conversation, rules: { post: "admins" } }));
    await carol.stop();
    // His own client says no.
    await expect(world.until(bob.engine.send({ conversation, text: "from bob" }))).rejects.toMatchObject({
      code: "post/not-allowed",
    });
    // One without rules seals it all the same.
    const evil = await EvilMember.of(world, bob, conversation);
    await evilSay(evil, textPost("against the rules", new Uint8Array(16).fill(9)));
    await say(world, alice, conversation, "announced");
    expect(texts(alice, conversation)).toContain("announced");
    expect(texts(alice, conversation)).not.toContain("against the rules");
    await carol.start();
    await world.run(10_000);
    expect(texts(carol, conversation)).toContain("announced");
    expect(texts(carol, conversation)).not.toContain("against the rules");
    const later = await world.addDevice(world.people[2]!);
    await world.until(later.engine.signIn(world.people[2]!));
    await world.run(20_000);
    await world.until(later.engine.timeline({ conversation, limit: 100 }));
    expect(texts(later, conversation)).toContain(`${bob.name} is here`);
    expect(texts(later, conversation)).toContain("announced");
    expect(texts(later, conversation)).not.toContain("against the rules");
    expect(await stillTalk(world, [alice], conversation)).toEqual([]);
  });

  test("a post that waits while the rule changes fails and says why", async () => {
    const { alice, bob, conversation, world } = cast;
    world.network.cut(bob.name);
    const post = await bob.engine.send({ conversation, text: "too late" });
    await bob.stop();
    await done(alice.engine.setRules({ conversation, rules: { post: "admins" } }));
    await bob.start();
    await world.run(20_000);
    const { items } = await bob.engine.timeline({ conversation, limit: 50 });
    const item = items.find((one) => one.kind === "post" && one.post === post);
    expect(item).toMatchObject({ state: { kind: "failed", failure: { code: "post/not-allowed" } } });
    expect(texts(alice, conversation)).not.toContain("too late");
  });
});

describe("what a group is called", () => {
  test("name, topic and picture are the same for all, for who comes later, and for a new device of one's own", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    await done(alice.engine.setProfile({ conversation, name: "Allotment", topic: "seeds and weather" }));
    await done(alice.engine.setProfile({ conversation, picture: PNG }));
    const dora = await world.signedUp("dora");
    await done(alice.engine.addMembers({ conversation, usernames: ["dora"] }));
    const second = await world.addDevice(world.people[1]!);
    await world.until(second.engine.signIn(world.people[1]!));
    await world.run(20_000);
    await world.until(second.engine.timeline({ conversation, limit: 100 }));
    await world.run(5_000);
    for (const device of [alice, bob, carol, dora, second]) {
      const seen = await detailsOn(device, conversation);
      expect([device.name, seen.name, seen.topic]).toEqual([device.name, "Allotment", "seeds and weather"]);
      expect(seen.picture).not.toBeNull();
      expect(await device.engine.picture({ picture: seen.picture! })).toEqual(PNG);
    }
    for (const device of everybody(cast))
      expect(await lines(device, conversation, "renamed", "topic", "picture")).toEqual([
        { kind: "renamed", by: "alice", name: "Allotment" },
        { kind: "topic", by: "alice", topic: "seeds and weather" },
        { kind: "picture", by: "alice", taken: false },
      ]);
    await done(alice.engine.setProfile({ conversation, picture: null, topic: "" }));
    const last = await detailsOn(carol, conversation);
    expect([last.name, last.topic, last.picture]).toEqual(["Allotment", "", null]);
    expect(await alice.engine.picture({ picture: "nothing" })).toBeNull();
  });

  test("T90 whoever goes on changing its picture fills nobody's disk", async () => {
    const { alice, conversation } = cast;
    for (let fill = 1; fill <= 3; fill++)
      await done(alice.engine.setProfile({ conversation, picture: pngOf({ data: 2_000, fill }) }));
    for (const device of everybody(cast)) {
      expect(device.peek("select count(*) as n from pictures")).toEqual([{ n: 1 }]);
      const { picture } = await detailsOn(device, conversation);
      expect(await device.engine.picture({ picture: picture! })).toEqual(pngOf({ data: 2_000, fill: 3 }));
    }
    await done(alice.engine.setProfile({ conversation, picture: null }));
    for (const device of everybody(cast)) expect(device.peek("select count(*) as n from pictures")).toEqual([{ n: 0 }]);
  });

  test("T52 T53 what somebody calls it is cleaned, and what isn't a picture is none", async () => {
    const { alice, carol, conversation, world } = cast;
    await done(alice.engine.setProfile({ conversation, name: "\u202Eevil\u0000 name", topic: "one\n\u2066two" }));
    const seen = await detailsOn(carol, conversation);
    expect([seen.name, seen.topic]).toEqual(["evil name", "one two"]);
    for (const picture of [utf8("<svg/>"), new Uint8Array(25_000).fill(0xff), new Uint8Array(0)])
      await expect(world.until(alice.engine.setProfile({ conversation, picture }))).rejects.toMatchObject({
        code: "picture/invalid",
      });
    await expect(world.until(alice.engine.setProfile({ conversation, name: "\u200B " }))).rejects.toMatchObject({
      code: "request/malformed",
    });
  });

  test("T14 a name that a member says and on which the group doesn't agree is nobody's name", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    const bytes = encodeProfile({ name: "forged", topic: "forged", picture: PNG, salt: new Uint8Array(16) });
    const evil = await EvilMember.of(world, bob, conversation);
    await evilSay(evil, profilePost(bytes, new Uint8Array(16).fill(1)));
    for (const device of [alice, carol]) {
      const seen = await detailsOn(device, conversation);
      expect([seen.name, seen.topic, seen.picture]).toEqual(["cast", "", null]);
    }
  });

  test("T83 the server never learns what a group is called", async () => {
    const { alice, carol, conversation, world } = cast;
    // The test's end looks for the canary on the wire, on the server's disk and in its log.
    await done(alice.engine.setProfile({ conversation, name: CANARY, topic: `${CANARY} at midnight`, picture: PNG }));
    expect((await detailsOn(carol, conversation)).name).toBe(CANARY);
    expect(scan(Buffer.concat(world.server.disk()))).toEqual([]);
  });
});
