import { inviteIdOfSecret, sealInvitePreview, sealJoinRequest, sha256 } from "@sotto/crypto";
import {
  decodeServerFrame,
  encodeContent,
  encodeInviteSays,
  encodeInviteTold,
  encodePostData,
  encodeResponse,
  idBytes,
  invitePost,
  JOIN_REQUEST_DAYS_MAX,
  pad,
  ROLE,
  utf8,
  type InviteId,
  type InviteTold,
} from "@sotto/protocol";
import type { Invite, SystemLine } from "@sotto/engine";
import { epochAuthenticator, seal } from "@sotto/mls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inviteLink, parseInviteLink } from "../../engine/src/invites/link.ts";
import { listenTo } from "./answers.ts";
import { CANARY, scan } from "./canary.ts";
import { accountOf, castOf, EvilMember, say, stateKind, stillTalk, texts, type Cast } from "./hostile.ts";
import { leaks } from "./invariants.ts";
import { RawClient, secretsOf } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { ORIGIN } from "./simulated-server.ts";

let cast: Cast;
let dora: SimulatedDevice;
beforeEach(async ({ task }) => {
  cast = await castOf(task.name);
  dora = await cast.world.signedUp("dora");
  await cast.world.run(1_000);
});
afterEach(async () => {
  expect(await leaks(cast.world)).toEqual([]);
  cast.world.close();
});

async function done<T>(work: Promise<T>): Promise<T> {
  const result = await cast.world.until(work);
  await cast.world.run(8_000);
  return result;
}

const linkBy = (device: SimulatedDevice, wish: { approval?: boolean; expiresInSeconds?: number | null } = {}) =>
  done(
    device.engine.createInvite({
      conversation: cast.conversation,
      approval: wish.approval ?? false,
      expiresInSeconds: wish.expiresInSeconds ?? null,
    }),
  );

async function membersOn(device: SimulatedDevice): Promise<string[]> {
  const { members } = await device.engine.conversation(cast.conversation);
  return members.map(({ username }) => username).sort();
}

async function lines(device: SimulatedDevice, ...kinds: SystemLine["kind"][]): Promise<string[]> {
  const { items } = await device.engine.timeline({ conversation: cast.conversation, limit: 200 });
  return items.flatMap((item) =>
    item.kind === "system" && kinds.includes(item.line.kind) && "by" in item.line
      ? [`${item.line.by.username} ${item.line.kind} ${"made" in item.line ? item.line.made : ""}`.trim()]
      : [],
  );
}

const isIn = (device: SimulatedDevice): boolean => stateKind(device, cast.conversation).includes("open");

describe("a link", () => {
  test("brings somebody in by themselves, once, and they know what the group is called", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    const { link } = await linkBy(alice);
    expect(link).toContain(`/#join/${conversation}/`);
    const seen = await done(dora.engine.lookAtInvite({ link }));
    expect(seen).toEqual({ conversation, name: "cast", topic: "", people: 3, approval: false, state: "open" });
    expect(await done(dora.engine.acceptInvite({ link }))).toMatchObject({ state: "waiting" });
    await world.run(20_000);
    expect(isIn(dora)).toBe(true);
    expect((await dora.engine.conversation(conversation)).name).toBe("cast");
    // Asked for is accepted.
    expect((await dora.engine.conversation(conversation)).request).toBe(false);
    expect(await membersOn(carol)).toEqual(["alice", "bobby", "carol", "dora"]);
    expect(await lines(bob, "invite", "added")).toEqual(["alice invite true", "alice added"]);
    expect(await done(dora.engine.lookAtInvite({ link }))).toMatchObject({ state: "member" });
    expect(await done(dora.engine.acceptInvite({ link }))).toMatchObject({ state: "member" });
    expect(await stillTalk(world, [alice, bob, carol, dora], conversation)).toEqual([]);
  });

  test("lets in by whichever device that may is there, when one comes back, and the others find it done", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    await done(alice.engine.setRules({ conversation, rules: { add: "members" } }));
    const { link } = await linkBy(alice);
    for (const device of [alice, bob, carol]) await device.stop();
    await done(dora.engine.acceptInvite({ link }));
    await world.run(30_000);
    expect(isIn(dora)).toBe(false);
    await bob.start();
    await carol.start();
    await world.run(40_000);
    expect(isIn(dora)).toBe(true);
    await alice.start();
    await world.run(20_000);
    const added = await lines(alice, "added");
    expect(added.length).toBe(1);
    expect(added[0]).toMatch(/^(bobby|carol) added$/);
    expect(await stillTalk(world, [alice, bob, carol, dora], conversation)).toEqual([]);
  });

  test("with approval waits for somebody's answer: yes, and no", async () => {
    const { alice, bob, conversation, world } = cast;
    await done(alice.engine.setRole({ conversation, account: accountOf(bob), role: ROLE.admin }));
    const { link } = await linkBy(alice, { approval: true });
    const eve = await world.signedUp("evelyn");
    for (const device of [dora, eve]) await done(device.engine.acceptInvite({ link }));
    await world.run(20_000);
    expect(isIn(dora)).toBe(false);
    expect((await alice.engine.conversation(conversation)).joinRequests).toBe(2);
    expect((await bob.engine.conversation(conversation)).joinRequests).toBe(2);
    expect((await cast.carol.engine.conversation(conversation)).joinRequests).toBe(0);
    const asking = await done(bob.engine.joinRequests({ conversation }));
    expect(asking.map(({ person }) => person.username).sort()).toEqual(["dora", "evelyn"]);
    const of = (name: string) => asking.find(({ person }) => person.username === name)!.request;
    await expect(
      world.until(cast.carol.engine.answerJoinRequest({ conversation, request: of("dora"), accept: true })),
    ).rejects.toMatchObject({ code: "conversation/forbidden-change" });
    await done(bob.engine.answerJoinRequest({ conversation, request: of("dora"), accept: true }));
    await done(alice.engine.answerJoinRequest({ conversation, request: of("evelyn"), accept: false }));
    await world.run(20_000);
    expect(isIn(dora)).toBe(true);
    expect(await membersOn(alice)).toEqual(["alice", "bobby", "carol", "dora"]);
    expect(await done(alice.engine.joinRequests({ conversation }))).toEqual([]);
    await expect(
      world.until(alice.engine.answerJoinRequest({ conversation, request: of("evelyn"), accept: true })),
    ).rejects.toMatchObject({ code: "invite/unknown" });
    expect(await stillTalk(world, [alice, bob, dora], conversation)).toEqual([]);
  });

  test("is taken back by whoever made it and by those who manage, and then leads nowhere", async () => {
    const { alice, bob, conversation, world } = cast;
    await done(alice.engine.setRules({ conversation, rules: { add: "members" } }));
    const made = await linkBy(bob);
    const other = await linkBy(bob);
    expect((await done(alice.engine.invites({ conversation }))).map(({ link }) => link)).toEqual([
      made.link,
      other.link,
    ]);
    await expect(
      world.until(cast.carol.engine.revokeInvite({ conversation, invite: made.invite })),
    ).rejects.toMatchObject({ code: "conversation/forbidden-change" });
    await done(alice.engine.revokeInvite({ conversation, invite: made.invite }));
    await done(bob.engine.revokeInvite({ conversation, invite: other.invite }));
    expect(await done(bob.engine.invites({ conversation }))).toEqual([]);
    expect(await lines(cast.carol, "invite")).toEqual([
      "bobby invite true",
      "bobby invite true",
      "alice invite false",
      "bobby invite false",
    ]);
    for (const { link } of [made, other]) {
      await expect(world.until(dora.engine.lookAtInvite({ link }))).rejects.toMatchObject({ code: "invite/unknown" });
      await expect(world.until(dora.engine.acceptInvite({ link }))).rejects.toMatchObject({ code: "invite/unknown" });
    }
  });

  test("only who may add makes one, and only a group has any", async () => {
    const { alice, bob, conversation, world } = cast;
    const wish = { approval: false, expiresInSeconds: null };
    await expect(world.until(bob.engine.createInvite({ conversation, ...wish }))).rejects.toMatchObject({
      code: "conversation/forbidden-change",
    });
    expect(await bob.engine.invites({ conversation })).toEqual([]);
    const direct = await done(alice.engine.openDirect({ username: "bobby" }));
    await expect(world.until(alice.engine.createInvite({ conversation: direct, ...wish }))).rejects.toMatchObject({
      code: "conversation/forbidden-change",
    });
    await expect(
      world.until(alice.engine.createInvite({ conversation, approval: false, expiresInSeconds: 400 * 86_400 })),
    ).rejects.toMatchObject({ code: "request/malformed" });
  });

  test("is known to the maker's new devices, and to admins who came later", async () => {
    const { alice, bob, conversation, world } = cast;
    const { link, invite } = await linkBy(alice);
    const second = await world.addDevice(world.people[0]!);
    await world.until(second.engine.signIn(world.people[0]!));
    await world.run(20_000);
    expect((await done(second.engine.invites({ conversation }))).map((one) => one.invite)).toEqual([invite]);
    await done(alice.engine.addMembers({ conversation, usernames: ["dora"] }));
    await done(alice.engine.setRole({ conversation, account: accountOf(dora), role: ROLE.admin }));
    await done(alice.engine.setRole({ conversation, account: accountOf(bob), role: ROLE.admin }));
    for (const device of [alice, second, bob]) await device.stop();
    const eve = await world.signedUp("evelyn");
    await done(eve.engine.acceptInvite({ link }));
    await world.run(30_000);
    expect(stateKind(eve, conversation)).toContain("open");
    // Who heard of it again is shown no second making of it.
    expect(await lines(dora, "invite")).toEqual([]);
  });

  test("to another server isn't followed", async () => {
    const { link } = await linkBy(cast.alice);
    const elsewhere = link.replace(/^https?:\/\/[^/]+/, "https://evil.example");
    await expect(cast.world.until(dora.engine.acceptInvite({ link: elsewhere }))).rejects.toMatchObject({
      code: "invite/unknown",
    });
  });
});

/** From now on the server tells everybody that this account asks by this link, past its rules: it wants somebody in. */
function serverOffers(invite: Invite, request: Uint8Array, asker: SimulatedDevice): void {
  const { world } = cast;
  const offered = { account: accountOf(asker), invite: invite.invite, at: world.clock.now(), request };
  const asked = new Set<string>();
  listenTo(world, (operation, device, id) => {
    if (operation === "join.requests") asked.add(`${device} ${id}`);
  });
  world.network.tap = (device, frame) => {
    const read = decodeServerFrame(frame);
    if (read?.type !== "response" || !asked.delete(`${device} ${read.request}`)) return [frame];
    offers++;
    return [encodeResponse(read.request, { requests: [offered] })];
  };
}
let offers = 0;

const requestBy = (asker: SimulatedDevice, link: string, secret?: Uint8Array): Uint8Array => {
  const { world } = cast;
  const place = parseInviteLink(ORIGIN, link);
  const { account, device, leafKey } = secretsOf(asker);
  return sealJoinRequest(
    { ...place, secret: secret ?? place.secret },
    { account, device, at: world.clock.now(), leafPrivateKey: leafKey.privateKey },
    (length) => new Uint8Array(length).fill(3),
  );
};

/** What a member's own program tells the group of links. */
async function tellAs(evil: EvilMember, told: InviteTold): Promise<void> {
  const { world } = cast;
  const content = encodeContent(invitePost(encodeInviteTold(told), world.random.bytes(16)));
  const context = {
    counter: 1_000 + said++,
    seq: 0,
    head: new Uint8Array(32),
    epochDigest: sha256(epochAuthenticator(evil.group)),
    time: world.clock.now(),
    name: null,
  };
  await evil.post((await seal(evil.group, pad(encodePostData({ context, content })))).sealed);
}
let said = 0;

describe("against it", () => {
  test("T93 a server that goes on offering a link that was taken back, or has run out, lets nobody in", async () => {
    const { alice, conversation, world } = cast;
    // While one link holds, the requests are looked at.
    const good = await linkBy(alice, { approval: true });
    const revoked = await linkBy(alice);
    const brief = await linkBy(alice, { expiresInSeconds: 60 });
    await done(alice.engine.revokeInvite({ conversation, invite: revoked.invite }));
    await world.run(61_000);
    for (const invite of [revoked, brief]) {
      serverOffers(invite, requestBy(dora, invite.link), dora);
      await done(alice.engine.joinRequests({ conversation }));
      await alice.stop();
      await alice.start();
      await world.run(30_000);
      expect(await membersOn(alice)).toEqual(["alice", "bobby", "carol"]);
    }
    expect(isIn(dora)).toBe(false);
    expect(await done(alice.engine.joinRequests({ conversation }))).toEqual([]);
    // It does reach them: by the link that holds, the same server's word is enough to be heard.
    serverOffers(good, requestBy(dora, good.link), dora);
    expect((await done(alice.engine.joinRequests({ conversation }))).length).toBe(1);
    expect(offers).toBeGreaterThan(2);
  });

  test("T93 a link that somebody else took back is none for a device that its maker adds later", async () => {
    const { alice, bob, conversation, world } = cast;
    await done(alice.engine.setRole({ conversation, account: accountOf(bob), role: ROLE.admin }));
    const invite = await linkBy(alice);
    await done(bob.engine.revokeInvite({ conversation, invite: invite.invite }));
    const second = await world.addDevice(world.people[0]!);
    await world.until(second.engine.signIn(world.people[0]!));
    await world.run(20_000);
    for (const device of [alice, bob]) await device.stop();
    serverOffers(invite, requestBy(dora, invite.link), dora);
    await second.stop();
    await second.start();
    await world.run(30_000);
    expect(await membersOn(second)).toEqual(["alice", "bobby", "carol"]);
    expect(second.peek("select invite from invites where ended = 0")).toEqual([]);
  });

  test("T93 who can't be added keeps nobody else out who asks at the same time", async () => {
    const { alice, conversation, world } = cast;
    const { link } = await linkBy(alice);
    const others = [await world.signedUp("evelyn"), await world.signedUp("frank"), await world.signedUp("gregor")];
    await alice.stop();
    for (const device of [dora, ...others]) await done(device.engine.acceptInvite({ link }));
    // Nothing can be claimed for the first who asked, whatever the reason.
    const asked = new Set<string>();
    listenTo(world, (operation, device, id) => {
      if (operation === "key-packages.claim") asked.add(`${device} ${id}`);
    });
    world.network.tap = (device, frame) => {
      const read = decodeServerFrame(frame);
      if (read?.type !== "response" || !asked.delete(`${device} ${read.request}`)) return [frame];
      const { accounts } = read.body as { accounts: { account: string }[] };
      const found = accounts.filter(({ account }) => account !== accountOf(dora));
      return [encodeResponse(read.request, { accounts: found })];
    };
    await alice.start();
    await world.run(60_000);
    expect(await membersOn(alice)).toEqual(["alice", "bobby", "carol", "evelyn", "frank", "gregor"]);
    expect(await stillTalk(world, [alice, ...others], conversation)).toEqual([]);
  });

  test("T93 a request that was copied, made without the secret, or made in another's name lets nobody in", async () => {
    const { alice, conversation, world } = cast;
    const invite = await linkBy(alice);
    const eve = await world.signedUp("evelyn");
    const stolen = requestBy(dora, invite.link);
    const client = new RawClient(world, "evelyn's own");
    await world.until(client.authenticateAs(eve));
    const ask = (request: Uint8Array) =>
      world.until(client.request("invite.ask", { conversation, invite: invite.invite as InviteId, request }));
    for (const request of [
      stolen,
      requestBy(eve, invite.link, new Uint8Array(32).fill(4)),
      utf8("please"),
      new Uint8Array(0),
    ]) {
      await ask(request);
      await world.run(30_000);
      expect(await membersOn(alice)).toEqual(["alice", "bobby", "carol"]);
    }
    expect(alice.logged.join("\n")).toContain("invite/bad-request");
    // With the link, in her own name, she comes in.
    await ask(requestBy(eve, invite.link));
    await world.run(30_000);
    expect(await membersOn(alice)).toEqual(["alice", "bobby", "carol", "evelyn"]);
  });

  test("T14 a member who may not add people tells the group of a link in vain, and takes none back", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    const good = await linkBy(alice, { approval: true });
    const evil = await EvilMember.of(world, bob, conversation);
    const secret = new Uint8Array(32).fill(8);
    const made = { kind: "made" as const, secret, expiresAt: null, approval: false, by: accountOf(alice) };
    const known = parseInviteLink(ORIGIN, good.link);
    for (const told of [
      made,
      // The same link, as if nobody had to agree; and no link any more.
      { ...made, secret: known.secret },
      { kind: "ended" as const, invite: idBytes(inviteIdOfSecret(known.secret)) },
    ])
      await tellAs(evil, told);
    expect(await lines(carol, "invite")).toEqual(["alice invite true"]);
    const preview = sealInvitePreview({ conversation, secret }, utf8("x"), (length) => new Uint8Array(length));
    await world.until(
      evil.client.request("invite.create", {
        conversation,
        invite: inviteIdOfSecret(secret),
        expiresAt: null,
        preview,
      }),
    );
    await done(dora.engine.acceptInvite({ link: good.link }));
    await world.run(30_000);
    expect(isIn(dora)).toBe(false);
    expect((await done(alice.engine.joinRequests({ conversation }))).map(({ person }) => person.username)).toEqual([
      "dora",
    ]);
  });

  test("T14 a member tells of a link as if somebody else had made it: it lets nobody in unless somebody agrees", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    await done(alice.engine.setRules({ conversation, rules: { add: "members" } }));
    const evil = await EvilMember.of(world, bob, conversation);
    const secret = new Uint8Array(32).fill(8);
    await tellAs(evil, { kind: "made", secret, expiresAt: null, approval: false, by: accountOf(alice) });
    await world.run(10_000);
    const says = encodeInviteSays({ name: "cast", topic: "", people: 3, approval: false });
    const preview = sealInvitePreview({ conversation, secret }, says, (length) => new Uint8Array(length).fill(5));
    const invite = inviteIdOfSecret(secret);
    await world.until(evil.client.request("invite.create", { conversation, invite, expiresAt: null, preview }));
    await done(dora.engine.acceptInvite({ link: inviteLink(ORIGIN, { conversation, secret }) }));
    await world.run(30_000);
    expect(isIn(dora)).toBe(false);
    for (const device of [alice, carol])
      expect((await done(device.engine.joinRequests({ conversation }))).map(({ person }) => person.username)).toEqual([
        "dora",
      ]);
  });

  test("who is banned doesn't come back by a link, nor by one that they had", async () => {
    const { alice, bob, conversation, world } = cast;
    const invite = await linkBy(alice);
    const account = accountOf(bob);
    const bobs = requestBy(bob, invite.link);
    await done(alice.engine.ban({ conversation, account }));
    await world.run(10_000);
    await expect(world.until(bob.engine.acceptInvite({ link: invite.link }))).rejects.toMatchObject({
      code: "invite/unknown",
    });
    serverOffers(invite, bobs, bob);
    await alice.stop();
    await alice.start();
    await world.run(30_000);
    expect(await membersOn(alice)).toEqual(["alice", "carol"]);
  });

  test("T93 who is removed doesn't come straight back by a link that they know, whoever offers it", async () => {
    const { alice, bob, carol, conversation, world } = cast;
    const invite = await linkBy(alice);
    const account = accountOf(bob);
    const bobs = requestBy(bob, invite.link);
    await done(alice.engine.removeMember({ conversation, account }));
    await world.until(bob.engine.acceptInvite({ link: invite.link })).catch(() => undefined);
    await world.run(30_000);
    expect(await membersOn(carol)).toEqual(["alice", "carol"]);
    serverOffers(invite, bobs, bob);
    await alice.stop();
    await alice.start();
    await world.run(30_000);
    expect(await membersOn(alice)).toEqual(["alice", "carol"]);
    // It is a decision that can be taken back.
    await done(alice.engine.unban({ conversation, account }));
    world.network.tap = undefined;
    await done(bob.engine.acceptInvite({ link: invite.link }));
    await world.run(30_000);
    expect(await membersOn(carol)).toEqual(["alice", "bobby", "carol"]);
  });

  test("T93 where somebody has to agree, who is removed asks like anybody and is kept out by nothing else", async () => {
    const { alice, bob, conversation, world } = cast;
    const invite = await linkBy(alice, { approval: true });
    const account = accountOf(bob);
    await done(alice.engine.removeMember({ conversation, account }));
    await done(bob.engine.acceptInvite({ link: invite.link }));
    await world.run(30_000);
    expect(await membersOn(alice)).toEqual(["alice", "carol"]);
    expect((await done(alice.engine.joinRequests({ conversation }))).map(({ request }) => request)).toEqual([account]);
  });

  test("T93 an old request that a server kept lets nobody in who left since", async () => {
    const { alice, bob, conversation, world } = cast;
    const invite = await linkBy(alice);
    const bobs = requestBy(bob, invite.link);
    await done(bob.engine.leave({ conversation }));
    await world.run(30_000);
    expect(await membersOn(alice)).toEqual(["alice", "carol"]);
    await world.run(JOIN_REQUEST_DAYS_MAX * 24 * 60 * 60 * 1000);
    serverOffers(invite, bobs, bob);
    await alice.stop();
    await alice.start();
    await world.run(30_000);
    expect(await membersOn(alice)).toEqual(["alice", "carol"]);
    expect(await done(alice.engine.joinRequests({ conversation }))).toEqual([]);
  });

  test("whom one has blocked isn't let in by one's own device", async () => {
    const { alice, conversation, world } = cast;
    const { link } = await linkBy(alice);
    await done(alice.engine.openDirect({ username: "dora" }));
    await done(alice.engine.setBlocked({ account: accountOf(dora), blocked: true }));
    await done(dora.engine.acceptInvite({ link }));
    await world.run(30_000);
    expect(isIn(dora)).toBe(false);
    await done(alice.engine.setBlocked({ account: accountOf(dora), blocked: false }));
    await alice.stop();
    await alice.start();
    await world.run(30_000);
    expect(isIn(dora)).toBe(true);
    expect(await stillTalk(world, [alice, dora], conversation)).toEqual([]);
  });

  test("T83 the server learns neither a link's secret nor what it leads to", async () => {
    const { alice, conversation, world } = cast;
    await done(alice.engine.setProfile({ conversation, name: CANARY, topic: CANARY }));
    const { link } = await linkBy(alice);
    const secret = link.split("/").at(-1)!;
    const seen = await done(dora.engine.lookAtInvite({ link }));
    expect([seen.name, seen.topic]).toEqual([CANARY, CANARY]);
    await done(dora.engine.acceptInvite({ link }));
    await world.run(20_000);
    expect(isIn(dora)).toBe(true);
    await say(world, dora, conversation, "hello");
    expect(texts(alice, conversation)).toContain("hello");
    const disk = Buffer.concat(world.server.disk());
    expect(scan(disk, secret)).toEqual([]);
    expect(scan(disk)).toEqual([]);
  });
});
