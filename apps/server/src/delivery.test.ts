import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import * as v from "valibot";
import { createCloseAccount, createRevokeDevice } from "@sotto/crypto";
import {
  AccountId,
  KIND,
  inviteIdOf,
  OPERATIONS,
  RoomName,
  SendId,
  encodeRequest,
  encodeSubmit,
  toBase64Url,
  type ConversationId,
  type Operation,
  type Parameters,
  type Role,
} from "@sotto/protocol";
import type { DeliveryStore } from "@sotto/delivery";
import {
  Line,
  Person,
  createWorld,
  dial,
  makeDevice,
  recordOf,
  settle,
  username,
  verified,
  type World,
  type WorldOptions,
} from "./test/world.ts";

const open: World[] = [];
async function world(options?: WorldOptions): Promise<World> {
  const made = await createWorld(options);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** A group born by its first member. @returns its id; its first commit has seq 1 */
async function makeGroup(creator: Person, others: [Person, Role][] = []): Promise<ConversationId> {
  const conversation = creator.newConversation();
  const bundle = creator.bundle(0, 0, [[creator, 2], ...others]);
  expect(
    await creator.line.codeOf("conversation.create", {
      conversation,
      kind: KIND.group,
      pair: null,
      room: null,
      bundle,
    }),
  ).toBe("ok");
  return conversation;
}

test("from sign-up to a page of the log", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const found = await ada.line.ask("name.lookup", { username: ben.name });
  expect(found).toMatchObject({ account: ben.account, chain: ben.keys.chain });
  const claimed = await ada.line.ask("key-packages.claim", { accounts: [ben.account] });
  expect(claimed.accounts[0]?.devices).toMatchObject([
    { device: ben.keys.device, keyPackage: expect.any(Uint8Array) as Uint8Array },
  ]);

  const conversation = ada.newConversation();
  const welcomeFor = [{ account: ben.account, device: ben.keys.device, welcome: 0 }];
  const bundle = ada.bundle(
    0,
    0,
    [
      [ada, 2],
      [ben, 1],
    ],
    { welcomes: [ada.random(90)], welcomeFor },
  );
  const born = await ada.line.ask("conversation.create", {
    conversation,
    kind: KIND.group,
    pair: null,
    room: null,
    bundle,
  });
  expect(born).toEqual({ seq: 1, hash: sha256(bundle.envelope) });
  await ben.line.ask("conversation.list", {});
  expect(ben.line.events).toContainEqual({ event: "inbox" });
  const inbox = await ben.line.ask("inbox.page", { after: 0, limit: 10 });
  expect(inbox.items).toMatchObject([{ conversation, seq: 1, welcome: bundle.welcomes[0] }]);
  expect(await ben.line.ask("conversation.tree", { conversation, seq: 1 })).toEqual({ treeChunks: bundle.newChunks });
  expect(await ben.line.ask("conversation.group-info", { conversation })).toEqual({
    applied: 1,
    latestCommit: 1,
    groupInfo: bundle.groupInfo,
    treeChunks: bundle.newChunks,
  });
  expect(await ben.line.ask("conversation.list", {})).toEqual({
    conversations: [{ conversation, kind: KIND.group, room: null, lastSeq: 1, latestCommit: 1, commits: 1 }],
  });

  const envelope = ben.post(1);
  const said = await ben.line.submit(conversation, envelope, ben.newSend());
  expect(said).toEqual({ kind: "result", result: { seq: 2, hash: sha256(envelope) } });
  await ben.line.ask("conversation.list", {});
  for (const line of [ada.line, ben.line])
    expect(line.entries.at(-1)).toMatchObject({ conversation, seq: 2, envelope });
  const rows = await ada.line.page(conversation, 0);
  expect(rows).toMatchObject([
    { seq: 1, kind: "stored", envelope: bundle.envelope },
    { seq: 2, kind: "stored", envelope },
  ]);
});

test("a person signs in again and brings a new device", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  const line = new Line(dial(here));
  const { signIn } = await line.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  const opened = await line.ask("sign-in.finish", { signIn, finishLoginRequest: recordOf("secret") });
  expect(opened).toMatchObject({ account: ada.account, username: "ada", chain: ada.keys.chain });
  const { statement, keys } = await makeDevice(ada.random, ada.keys.chain, ada.keys.accountPrivateKey);
  const parameters = {
    account: ada.account,
    statement,
    device: keys.device,
    keyPackages: [ada.random(9)],
    lastResort: null,
  };
  // The account key signs for a device; no other key can, whoever asks.
  const forged = statement.map((byte, at) => (at === statement.length - 1 ? byte ^ 1 : byte));
  for (const asking of [new Line(dial(here)), ben.line, line])
    expect(await asking.codeOf("device.add", { ...parameters, statement: forged })).toBe("account/bad-statement");
  expect(await line.codeOf("device.add", { ...parameters, device: ben.keys.device })).toBe("account/bad-statement");
  expect(await line.codeOf("device.add", parameters)).toBe("ok");
  expect(await line.codeOf("device.add", parameters)).toBe("ok"); // a repeat after a lost answer
  const second = await makeDevice(ada.random, ada.keys.chain, ada.keys.accountPrivateKey);
  expect(
    await line.codeOf("device.add", { ...parameters, statement: second.statement, device: second.keys.device }),
  ).toBe("account/stale-chain");
  await ben.line.ask("conversation.list", {});
  for (const other of [ada.line, ben.line])
    expect(other.events).toContainEqual({ event: "chain", account: ada.account });
  // The new device joins by external commit: nothing of the roster changes.
  const phone = new Person("ada", ada.random, { ...ada.keys, ...keys }, line);
  await phone.authenticate();
  const info = await line.ask("conversation.group-info", { conversation });
  const bundle = phone.bundle(info.latestCommit, info.applied, [
    [phone, 2],
    [ben, 1],
  ]);
  expect(await line.codeOf("conversation.commit", { conversation, bundle })).toBe("ok");
  // What the proof opens beside that, it opens for ten minutes.
  const late = new Line(dial(here));
  const again = await late.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  await late.ask("sign-in.finish", { signIn: again.signIn, finishLoginRequest: recordOf("secret") });
  const wanted = { account: ada.account, registrationRequest: "hello" };
  expect(await late.codeOf("password.start", wanted)).toBe("ok");
  here.advance(11 * 60_000);
  expect(await late.codeOf("password.start", wanted)).toBe("request/not-signed-in");
});

test("[DL2] of commits and posts that race, one commit wins and what hasn't seen it is stale", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  const commit = (person: Person) =>
    person.line.try("conversation.commit", {
      conversation,
      bundle: person.bundle(1, 1, [
        [ada, 2],
        [ben, 1],
      ]),
    });
  const answers = await Promise.all([commit(ada), commit(ben)]);
  expect(answers.map(({ kind }) => kind).sort()).toEqual(["refused", "result"]);
  const refused = answers.find((answer) => answer.kind === "refused");
  expect(refused?.refusal).toMatchObject({ code: "conversation/stale-epoch", latestCommit: 2, retryAfterMs: 0 });
  const late = await ben.say(conversation, 1);
  expect(late).toMatchObject({ kind: "refused", refusal: { code: "conversation/stale-epoch", latestCommit: 2 } });
  expect(await ben.say(conversation, 2)).toMatchObject({ kind: "result", result: { seq: 3 } });
});

test("[DL1] T41 everyone gets every entry once, in one order, whoever sends at the same time", async () => {
  const here = await world();
  const people = await Promise.all(["ada", "ben", "cyd"].map((name) => Person.join(here, name)));
  const [ada, ben, cyd] = people as [Person, Person, Person];
  const conversation = await makeGroup(ada, [
    [ben, 1],
    [cyd, 1],
  ]);
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, index) => (people[index % 3] ?? ada).say(conversation, 1)),
  );
  const seqs = answers.map((answer) => (answer.kind === "result" ? answer.result.seq : 0)).sort((a, b) => a - b);
  expect(seqs).toEqual(Array.from({ length: 300 }, (_, index) => index + 2));
  await ben.line.ask("conversation.list", {});
  for (const person of [ada, ben, cyd]) {
    const heard = person.line.entries.filter(({ seq }) => seq > 1);
    expect(heard.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, index) => index + 2));
  }
  const [first, second] = [await ada.line.page(conversation, 0), await ada.line.page(conversation, 256)];
  expect([...first, ...second].map(({ seq }) => seq)).toEqual(Array.from({ length: 301 }, (_, index) => index + 1));
  // Whoever sends hears "accepted" before the entry itself.
  expect(ada.line.order.indexOf("accepted")).toBeLessThan(ada.line.order.lastIndexOf("entry"));
});

test("[DL3] a send that is repeated after a lost answer is there once", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const conversation = await makeGroup(ada);
  const [envelope, send] = [ada.post(1), ada.newSend()];
  const first = await ada.line.submit(conversation, envelope, send);
  const line = await ada.reconnect(here);
  expect(await line.submit(conversation, envelope, send)).toEqual(first);
  const bundle = ada.bundle(1, 1, [[ada, 2]]);
  const committed = await line.ask("conversation.commit", { conversation, bundle });
  expect(await line.ask("conversation.commit", { conversation, bundle })).toEqual(committed);
  expect(await line.submit(conversation, envelope, send)).toEqual(first);
  expect(await line.page(conversation, 0)).toHaveLength(3);
});

test("[DL4] a bundle whose parts don't fit is refused whole", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = await makeGroup(ada);
  const rows: [Person, Role][] = [
    [ada, 2],
    [ben, 1],
  ];
  const good = (): ReturnType<Person["bundle"]> => ada.bundle(1, 1, rows);
  const codeOf = (bundle: ReturnType<Person["bundle"]>) =>
    ada.line.codeOf("conversation.commit", { conversation, bundle });
  expect(await codeOf({ ...good(), newChunks: [] })).toBe("conversation/tree-chunk-missing");
  expect(await codeOf({ ...good(), newChunks: [ada.random(80)] })).toBe("conversation/tree-chunk-missing");
  expect(await codeOf({ ...good(), envelope: ada.post(1) })).toBe("conversation/bundle-invalid");
  expect(await codeOf({ ...good(), envelope: ada.random(40) })).toBe("conversation/bundle-invalid");
  expect(await codeOf({ ...good(), welcomeFor: [{ account: ben.account, device: ben.keys.device, welcome: 0 }] })).toBe(
    "conversation/bundle-invalid",
  );
  const cyd = await Person.join(here, "cyd");
  expect(
    await codeOf({
      ...good(),
      welcomes: [ada.random(9)],
      welcomeFor: [{ account: cyd.account, device: cyd.keys.device, welcome: 0 }],
    }),
  ).toBe("conversation/bundle-invalid");
  expect(await codeOf(ada.bundle(1, 0, rows))).toBe("conversation/bundle-invalid");
  const stranger = await Person.stranger("dan", new Line(dial(here)));
  expect(await codeOf(ada.bundle(1, 1, [...rows, [stranger, 1]]))).toBe("account/unknown");
  expect(await ada.line.page(conversation, 0)).toHaveLength(1);
  expect((await ben.line.ask("inbox.page", { after: 0, limit: 10 })).items).toEqual([]);
  expect(await ben.line.codeOf("conversation.group-info", { conversation })).toBe("conversation/unknown");
  expect(await codeOf(good())).toBe("ok");
});

test("[DL5] the loser of two direct conversations learns which one won", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const create = (one: Person, other: Person) => {
    const conversation = one.newConversation();
    const bundle = one.bundle(0, 0, [
      [one, 1],
      [other, 1],
    ]);
    return {
      conversation,
      answer: one.line.try("conversation.create", {
        conversation,
        kind: KIND.direct,
        pair: other.account,
        room: null,
        bundle,
      }),
    };
  };
  const [first, second] = [create(ada, ben), create(ben, ada)];
  expect(await first.answer).toMatchObject({ kind: "result" });
  expect(await second.answer).toMatchObject({
    kind: "refused",
    refusal: { code: "direct/exists", conversation: first.conversation },
  });
  const self = ada.newConversation();
  expect(
    await ada.line.codeOf("conversation.create", {
      conversation: self,
      kind: KIND.direct,
      pair: ada.account,
      room: null,
      bundle: ada.bundle(0, 0, [[ada, 1]]),
    }),
  ).toBe("conversation/forbidden-change");
});

test("T01 T14 T44 nobody gets in, throws out or speaks through another conversation's route", async () => {
  const here = await world();
  const [ada, ben, eve] = [
    await Person.join(here, "ada"),
    await Person.join(here, "ben"),
    await Person.join(here, "eve"),
  ];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  const evesOwn = await makeGroup(eve);
  const commit = (person: Person, rows: [Person, Role][], target = conversation, seen = 1) =>
    person.line.codeOf("conversation.commit", { conversation: target, bundle: person.bundle(seen, seen, rows) });
  expect(
    await commit(eve, [
      [ada, 2],
      [ben, 1],
      [eve, 1],
    ]),
  ).toBe("conversation/unknown");
  expect((await eve.say(conversation, 1)).kind).toBe("refused");
  expect(await commit(ben, [[ben, 2]])).toBe("conversation/forbidden-change");
  expect(
    await commit(ben, [
      [ada, 2],
      [ben, 2],
    ]),
  ).toBe("conversation/forbidden-change");
  expect(await commit(ada, [[ada, 2]], evesOwn)).toBe("conversation/unknown");
  // T44: what was sealed for one conversation and is sent on another's route is that member's own problem there, never a way in.
  expect(await eve.line.submit(conversation, eve.post(1), eve.newSend())).toMatchObject({
    refusal: { code: "conversation/unknown" },
  });
  expect(await ben.line.submit(evesOwn, ben.post(1), ben.newSend())).toMatchObject({
    refusal: { code: "conversation/unknown" },
  });
  expect(await ada.line.page(conversation, 0)).toHaveLength(1);
  expect(await eve.line.page(evesOwn, 0)).toHaveLength(1);
});

test("[DL7] a removed account hears nothing more once somebody else stands on the commit", async () => {
  const here = await world();
  const [ada, ben, cyd] = [
    await Person.join(here, "ada"),
    await Person.join(here, "ben"),
    await Person.join(here, "cyd"),
  ];
  const conversation = await makeGroup(ada, [
    [ben, 1],
    [cyd, 1],
  ]);
  await ada.line.ask("conversation.commit", {
    conversation,
    bundle: ada.bundle(1, 1, [
      [ada, 2],
      [ben, 1],
    ]),
  });
  await ben.line.ask("conversation.list", {});
  expect(cyd.line.entries.at(-1)?.seq).toBe(2); // it learns of its removal
  expect(await cyd.line.page(conversation, 0)).toHaveLength(2);
  expect((await ben.say(conversation, 2)).kind).toBe("result");
  await ben.line.ask("conversation.list", {});
  const heard = cyd.line.entries.length;
  expect((await ada.say(conversation, 2)).kind).toBe("result");
  await ben.line.ask("conversation.list", {});
  expect(cyd.line.entries).toHaveLength(heard);
  await expect(cyd.line.page(conversation, 0)).rejects.toThrow("conversation/not-a-member");
  expect(await cyd.say(conversation, 2)).toMatchObject({ refusal: { code: "conversation/not-a-member" } });
  expect(await cyd.line.ask("conversation.list", {})).toEqual({ conversations: [] });
  await cyd.reconnect(here);
  await ada.say(conversation, 2);
  await ben.line.ask("conversation.list", {});
  expect(cyd.line.entries).toEqual([]);
});

test("[DL8] who leaves is out at once; the others hear of it and find the statement", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  expect(await ben.line.codeOf("conversation.leave", { conversation, statement: ada.leave(conversation) })).toBe(
    "account/bad-statement",
  );
  expect(
    await ben.line.codeOf("conversation.leave", { conversation, statement: ben.leave(ben.newConversation()) }),
  ).toBe("account/bad-statement");
  const statement = ben.leave(conversation);
  const before = ada.line.events.length;
  expect(await ben.line.codeOf("conversation.leave", { conversation, statement })).toBe("ok");
  await ben.line.ask("conversation.list", {});
  expect(ada.line.events.slice(before)).toEqual([{ event: "conversations" }]);
  await expect(ben.line.page(conversation, 0)).rejects.toThrow("conversation/not-a-member");
  expect((await ada.line.ask("conversation.leavers", { conversation })).statements).toEqual([
    new Uint8Array(statement),
  ]);
  expect(await ada.line.codeOf("conversation.commit", { conversation, bundle: ada.bundle(1, 1, [[ada, 2]]) })).toBe(
    "ok",
  );
});

test("[DL9] open rooms: joined by name, left, joined again; a ban holds", async () => {
  const here = await world();
  const [ada, ben, cyd] = [
    await Person.join(here, "ada"),
    await Person.join(here, "ben"),
    await Person.join(here, "cyd"),
  ];
  const conversation = ada.newConversation();
  const room = v.parse(RoomName, "general");
  const bundle = ada.bundle(0, 0, [
    [ada, 2],
    [cyd, 0],
  ]);
  await ada.line.ask("conversation.create", { conversation, kind: KIND.room, pair: null, room, bundle });
  const other = ben.newConversation();
  expect(
    await ben.line.try("conversation.create", {
      conversation: other,
      kind: KIND.room,
      pair: null,
      room,
      bundle: ben.bundle(0, 0, [[ben, 2]]),
    }),
  ).toMatchObject({ refusal: { code: "room/name-taken", conversation } });
  expect(await ben.line.ask("room.lookup", { room })).toEqual({ conversation, people: 1 });
  expect(await ben.line.codeOf("room.lookup", { room: v.parse(RoomName, "nowhere") })).toBe("room/unknown");
  await expect(ben.line.page(conversation, 0)).rejects.toThrow("conversation/not-a-member");
  expect((await ben.line.ask("conversation.group-info", { conversation })).applied).toBe(1);
  const join = (person: Person, seen: number, rows: [Person, Role][]) =>
    person.line.codeOf("conversation.commit", { conversation, bundle: person.bundle(seen, seen, rows) });
  expect(
    await join(ben, 1, [
      [ada, 2],
      [cyd, 0],
      [ben, 2],
    ]),
  ).toBe("conversation/forbidden-change");
  expect(
    await join(ben, 1, [
      [ada, 2],
      [cyd, 0],
      [ben, 1],
    ]),
  ).toBe("ok");
  expect(await ben.line.page(conversation, 0)).toHaveLength(2);
  expect(await ben.say(conversation, 2)).toMatchObject({ kind: "result" });
  expect(await ben.line.codeOf("conversation.leave", { conversation, statement: ben.leave(conversation) })).toBe("ok");
  expect(await ben.say(conversation, 2)).toMatchObject({ refusal: { code: "conversation/not-a-member" } });
  expect(
    await join(ben, 2, [
      [ada, 2],
      [cyd, 0],
      [ben, 1],
    ]),
  ).toBe("ok");
  expect(await ben.say(conversation, 4)).toMatchObject({ kind: "result" });
  expect(
    await join(cyd, 4, [
      [ada, 2],
      [cyd, 1],
      [ben, 1],
    ]),
  ).toBe("conversation/not-a-member");
  expect(await cyd.line.codeOf("conversation.group-info", { conversation })).toBe("conversation/not-a-member");
});

test("[DL10] T60 a username is never given out twice, and signing up twice is one sign-up", async () => {
  const here = await world();
  const ada = await Person.stranger("ada", new Line(dial(here)));
  const parameters = ada.signUpParameters();
  expect(await ada.line.codeOf("sign-up.finish", parameters)).toBe("ok");
  await ada.authenticate();
  expect(
    await ada.line.codeOf("sign-up.start", { username: "ada", registrationRequest: "hello", resetCode: null }),
  ).toBe("account/name-taken");
  const other = await Person.stranger("ada", new Line(dial(here)));
  expect(await other.line.codeOf("sign-up.finish", other.signUpParameters())).toBe("account/name-taken");
  expect(await new Line(dial(here)).codeOf("sign-up.finish", parameters)).toBe("ok"); // its answer was lost
  // The chain alone is public: whoever repeats it with another vault is somebody else.
  expect(await other.line.codeOf("sign-up.finish", { ...parameters, vault: new Uint8Array(100) })).toBe(
    "account/bad-statement",
  );
  expect(await other.line.codeOf("sign-up.finish", { ...ada.signUpParameters(), username: username("ada2") })).toBe(
    "account/bad-statement",
  );
  for (const name of ["Ada", "ad", "a b c", "ada\n", "x".repeat(33)])
    expect(
      await other.line.codeOf("sign-up.start", { username: name, registrationRequest: "hello", resetCode: null }),
    ).toBe("account/name-invalid");
  const forged = { ...other.signUpParameters(), username: username("eve"), device: ada.keys.device };
  expect(await other.line.codeOf("sign-up.finish", forged)).toBe("account/bad-statement");
  expect(
    await other.line.codeOf("sign-up.finish", {
      ...forged,
      device: other.keys.device,
      chain: ada.keys.chain.slice(0, 1),
    }),
  ).toBe("account/bad-statement");
  const statement = new Uint8Array(
    await createCloseAccount({ chain: ada.keys.chain, accountPrivateKey: ada.keys.accountPrivateKey, closedAt: 1 }),
  );
  expect(await ada.line.codeOf("account.close", { statement })).toBe("ok");
  expect(ada.line.closedWith).toBe(4001);
  expect(await other.line.codeOf("sign-up.finish", other.signUpParameters())).toBe("account/name-taken");
  const closed = await other.line.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  expect(
    await other.line.codeOf("sign-in.finish", { signIn: closed.signIn, finishLoginRequest: recordOf("secret") }),
  ).toBe("account/sign-in-failed");
});

test("a server that is closed to new accounts says so", async () => {
  const here = await world({ signUpOpen: false });
  const ada = await Person.stranger("ada", new Line(dial(here)));
  expect(
    await ada.line.codeOf("sign-up.start", { username: "ada", registrationRequest: "hello", resetCode: null }),
  ).toBe("account/sign-up-closed");
  expect(await ada.line.codeOf("sign-up.finish", ada.signUpParameters())).toBe("account/sign-up-closed");
});

test("[DL11] a revoked device is told, disconnected and out for good", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  const added = await makeDevice(ada.random, ada.keys.chain, ada.keys.accountPrivateKey);
  await ada.line.ask("device.add", {
    account: ada.account,
    statement: added.statement,
    device: added.keys.device,
    keyPackages: [],
    lastResort: null,
  });
  const phone = new Person("ada", ada.random, { ...ada.keys, ...added.keys }, new Line(dial(here)));
  await phone.authenticate();
  const statement = new Uint8Array(
    await createRevokeDevice({
      chain: [...ada.keys.chain, added.statement],
      device: added.keys.device,
      signer: { kind: "account", privateKey: ada.keys.accountPrivateKey },
      revokedAt: here.now() / 1_000,
    }),
  );
  expect(verified([...ada.keys.chain, added.statement, statement]).length).toBe(4);
  expect(await ben.line.codeOf("chain.append", { account: ada.account, statement })).toBe("account/unknown");
  expect(await ada.line.codeOf("chain.append", { account: ada.account, statement })).toBe("ok");
  expect(phone.line.events.at(-1)).toEqual({ event: "signed-out" });
  expect(phone.line.closedWith).toBe(4001);
  expect(ada.line.closedWith).toBeUndefined();
  const again = new Line(dial(here));
  expect(await again.codeOf("session.authenticate", await phone.proof(again))).toBe("session/device-revoked");
  expect(
    (await ben.line.ask("key-packages.claim", { accounts: [ada.account] })).accounts[0]?.devices.map(
      ({ device }) => device,
    ),
  ).toEqual([ada.keys.device]);
  expect(await ada.say(conversation, 1)).toMatchObject({ kind: "result" });
});

test("T67 a challenge is for one connection and one try", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const [first, second] = [new Line(dial(here)), new Line(dial(here))];
  const proof = await ada.proof(first);
  await second.ask("session.challenge", {});
  expect(await second.codeOf("session.authenticate", proof)).toBe("session/bad-signature");
  expect(await second.codeOf("session.authenticate", proof)).toBe("session/expired");
  expect(await first.codeOf("session.authenticate", { ...proof, signature: new Uint8Array(64) })).toBe(
    "session/bad-signature",
  );
  expect(await first.codeOf("session.authenticate", proof)).toBe("session/expired");
  const ben = await Person.join(here, "ben");
  const stolen = await ada.proof(first);
  expect(await first.codeOf("session.authenticate", { ...stolen, account: ben.account, device: ben.keys.device })).toBe(
    "session/bad-signature",
  );
});

test("T59 half sign-ins are counted, the right password clears the count, and nobody is locked out for good", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const attacker = new Line(dial(here, "203.0.113.9"));
  const start = (line: Line) => line.try("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  const answers = [];
  for (let n = 0; n < 100; n++) answers.push(await start(attacker));
  expect(answers.filter(({ kind }) => kind === "result")).toHaveLength(10);
  expect(answers.at(-1)).toMatchObject({
    refusal: { code: "request/too-many", retryAfterMs: expect.any(Number) as number },
  });
  // A device that is signed in isn't touched, and the person gets in again after a while.
  expect(await ada.line.codeOf("conversation.list", {})).toBe("ok");
  here.advance(60_000);
  const person = new Line(dial(here, "198.51.100.4"));
  for (let n = 0; n < 30; n++) {
    const { signIn } = await person.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
    expect(await person.codeOf("sign-in.finish", { signIn, finishLoginRequest: recordOf("secret") })).toBe("ok");
  }
  // Guessing at many names from one address is counted too.
  const names = [];
  for (let n = 0; n < 150; n++)
    names.push(await attacker.codeOf("sign-in.start", { username: `person${n}`, startLoginRequest: "hello" }));
  expect(names).toContain("request/too-many");
});

test("T60 unknown and known names get answers of one shape, and fail alike", async () => {
  const here = await world();
  await Person.join(here, "ada");
  const line = new Line(dial(here));
  const shapes = [];
  for (const name of ["ada", "nobody"]) {
    const started = await line.ask("sign-in.start", { username: name, startLoginRequest: "hello" });
    shapes.push([
      started.loginResponse.length,
      started.signIn.length,
      await line.try("sign-in.finish", { signIn: started.signIn, finishLoginRequest: "wrong" }),
    ]);
  }
  expect(shapes[0]).toEqual(shapes[1]);
  const { signIn } = await line.ask("sign-in.start", { username: "nobody", startLoginRequest: "hello" });
  expect(await line.codeOf("sign-in.finish", { signIn, finishLoginRequest: "nobody" })).toBe("account/sign-in-failed");
  const slow = await line.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  here.advance(61_000);
  expect(await line.codeOf("sign-in.finish", { signIn: slow.signIn, finishLoginRequest: recordOf("secret") })).toBe(
    "session/expired",
  );
});

test("T17 claims are limited by who asks; whoever is asked for stays addable", async () => {
  const here = await world({
    limits: { claimsPerRequester: { burst: 50, refillMs: 1_000 }, claimsPerTarget: { burst: 2, refillMs: 100_000 } },
  });
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben", 5)];
  const codes = [];
  for (let n = 0; n < 60; n++) codes.push(await ada.line.codeOf("key-packages.claim", { accounts: [ben.account] }));
  expect(codes.filter((code) => code === "ok")).toHaveLength(50);
  expect(codes.at(-1)).toBe("request/too-many");
  // The pile wasn't drained, and a third person can still add Ben.
  expect((await ben.authenticate(new Line(dial(here)))).keyPackagesLeft).toBe(3);
  const cyd = await Person.join(here, "cyd");
  const claimed = await cyd.line.ask("key-packages.claim", { accounts: [ben.account] });
  expect(claimed.accounts[0]?.devices[0]?.keyPackage).not.toBeNull();
});

test("T17 a thousand claims drain nobody's pile, and the account stays addable", async () => {
  const here = await world();
  const ben = await Person.join(here, "ben", 100);
  const codes: string[] = [];
  for (const name of ["eve", "mal", "ted"]) {
    const attacker = await Person.join(here, name);
    for (let n = 0; n < 400; n++)
      codes.push(await attacker.line.codeOf("key-packages.claim", { accounts: [ben.account] }));
  }
  expect(codes.filter((code) => code === "ok").length).toBeGreaterThan(1_000);
  expect((await ben.authenticate(new Line(dial(here)))).keyPackagesLeft).toBe(40);
  const cyd = await Person.join(here, "cyd");
  const claimed = await cyd.line.ask("key-packages.claim", { accounts: [ben.account] });
  expect(claimed.accounts[0]?.devices[0]?.keyPackage).not.toBeNull();
});

test("T90 one account's flood is refused with a time, and another's posts go through", async () => {
  const here = await world({
    limits: { postsPerAccount: { burst: 20, refillMs: 1_000 }, commitsPerAccount: { burst: 3, refillMs: 1_000 } },
  });
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  const flood = await Promise.all(Array.from({ length: 100 }, () => ada.say(conversation, 1)));
  expect(flood.filter(({ kind }) => kind === "result")).toHaveLength(20);
  expect(flood.at(-1)).toMatchObject({
    refusal: { code: "request/too-many", retryAfterMs: expect.any(Number) as number },
  });
  expect((await ben.say(conversation, 1)).kind).toBe("result");
  const commits = [];
  for (let n = 0; n < 5; n++)
    commits.push(
      await ben.line.codeOf("conversation.commit", {
        conversation,
        bundle: ben.bundle(n === 0 ? 1 : 23 + n - 1, 1, [
          [ada, 2],
          [ben, 1],
        ]),
      }),
    );
  expect(commits.slice(3)).toEqual(["request/too-many", "request/too-many"]);
});

test("T90 a peer that doesn't read is let go, and finds in the log what it missed", async () => {
  const here = await world({ limits: { bufferedBytesMax: 10_000 } });
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  let buffered = 0;
  const slow = new Line(dial(here, "10.0.0.2", () => buffered));
  await ben.authenticate(slow);
  buffered = 20_000;
  await ada.say(conversation, 1);
  await ben.line.ask("conversation.list", {});
  expect(slow.closedWith).toBe(1013);
  expect(slow.entries).toEqual([]);
  expect(ben.line.entries.at(-1)?.seq).toBe(2);
  const back = await ben.reconnect(here);
  expect((await back.page(conversation, 0)).map(({ seq }) => seq)).toEqual([1, 2]);
});

test("T90 what one connection piles up is bounded in number and in bytes", async () => {
  const here = await world({ limits: { waitingRequestsMax: 4 } });
  const ada = await Person.join(here, "ada");
  const codes = await Promise.all(Array.from({ length: 20 }, () => ada.line.codeOf("conversation.list", {})));
  expect(codes.filter((code) => code === "ok").length).toBeLessThan(10);
  expect(codes.filter((code) => code === "request/too-many").length).toBeGreaterThan(10);
  expect(await ada.line.codeOf("conversation.list", {})).toBe("ok");
  const small = await world({ limits: { waitingRequestBytesMax: 8_000, waitingEnvelopeBytesMax: 300 } });
  const ben = await Person.join(small, "ben");
  const records = [{ conversation: ben.newConversation(), key: ben.random(8), record: ben.random(2_000) }];
  const stored = await Promise.all(Array.from({ length: 10 }, () => ben.line.codeOf("archive.store", { records })));
  expect(new Set(stored)).toEqual(new Set(["ok", "request/too-many"]));
  const conversation = await makeGroup(ben);
  const said = await Promise.all(Array.from({ length: 20 }, () => ben.say(conversation, 1)));
  expect(new Set(said.map((answer) => (answer.kind === "refused" ? answer.refusal.code : "ok")))).toEqual(
    new Set(["ok", "request/too-many"]),
  );
  expect((await ben.say(conversation, 1)).kind).toBe("result");
});

test("[PR3] a signal reaches who is there of the other accounts, is one size, leaves no trace, and is slowed down", async () => {
  const here = await world({ limits: { signalsPerAccount: { burst: 3, refillMs: 60_000 } } });
  const [ada, ben, eve] = [
    await Person.join(here, "ada"),
    await Person.join(here, "ben"),
    await Person.join(here, "eve"),
  ];
  const conversation = await makeGroup(ada, [[ben, 1]]);
  const signal = ada.random(256);
  const before = await ada.line.ask("account.holdings", {});
  expect(await ada.line.codeOf("signal.send", { conversation, signal })).toBe("ok");
  const heard = (person: Person) => person.line.events.filter(({ event }) => event === "signal");
  await ben.line.ask("conversation.list", {});
  expect(heard(ben)).toEqual([{ event: "signal", conversation, signal }]);
  expect(heard(ada)).toEqual([]);
  expect(heard(eve)).toEqual([]);
  expect(await eve.line.codeOf("signal.send", { conversation, signal })).toBe("conversation/unknown");
  for (const bytes of [0, 255, 257])
    expect(await ada.line.codeOf("signal.send", { conversation, signal: ada.random(bytes) })).toBe("request/malformed");
  for (let i = 0; i < 2; i++) expect(await ada.line.codeOf("signal.send", { conversation, signal })).toBe("ok");
  expect(await ada.line.codeOf("signal.send", { conversation, signal })).toBe("request/too-many");
  expect(await ada.line.ask("account.holdings", {})).toEqual(before);
});

test("T93 [RQ7] an account brings so many people into conversations, and then one by one", async () => {
  const here = await world({ limits: { contactsPerAccount: { burst: 3, refillMs: 60_000 } } });
  const [ada, ben, eve] = [
    await Person.join(here, "ada"),
    await Person.join(here, "ben"),
    await Person.join(here, "eve"),
  ];
  const create = (others: [Person, Role][]) => {
    const bundle = ada.bundle(0, 0, [[ada, 2], ...others]);
    return ada.line.codeOf("conversation.create", {
      conversation: ada.newConversation(),
      kind: KIND.group,
      pair: null,
      room: null,
      bundle,
    });
  };
  const both: [Person, Role][] = [
    [ben, 1],
    [eve, 1],
  ];
  expect(await create(both)).toBe("ok");
  expect(await create(both)).toBe("request/too-many");
  expect(await create([[ben, 1]])).toBe("ok");
  expect(await create([[ben, 1]])).toBe("request/too-many");
  // Nobody new waits for nothing.
  expect(await create([])).toBe("ok");
  here.advance(60_000);
  expect(await create([[eve, 1]])).toBe("ok");
});

test("T91 nothing of a conversation, an inbox or an archive is given to another account", async () => {
  const here = await world();
  const [ada, ben, eve] = [
    await Person.join(here, "ada"),
    await Person.join(here, "ben"),
    await Person.join(here, "eve"),
  ];
  const conversation = ada.newConversation();
  const welcomeFor = [{ account: ben.account, device: ben.keys.device, welcome: 0 }];
  const bundle = ada.bundle(
    0,
    0,
    [
      [ada, 2],
      [ben, 1],
    ],
    { welcomes: [ada.random(9)], welcomeFor },
  );
  await ada.line.ask("conversation.create", { conversation, kind: KIND.group, pair: null, room: null, bundle });
  await ada.line.ask("archive.store", { records: [{ conversation, key: ada.random(8), record: ada.random(60) }] });
  const nowhere = eve.newConversation();
  const invite = inviteIdOf(eve.random(16));
  const asks: [Operation, (target: ConversationId) => unknown][] = [
    ["conversation.group-info", (target) => ({ conversation: target })],
    ["conversation.tree", (target) => ({ conversation: target, seq: 1 })],
    ["conversation.leavers", (target) => ({ conversation: target })],
    ["log.head", (target) => ({ conversation: target, seq: 1 })],
    ["conversation.acknowledge", (target) => ({ conversation: target, seq: 1 })],
    ["signal.send", (target) => ({ conversation: target, signal: new Uint8Array(256) })],
    ["conversation.leave", (target) => ({ conversation: target, statement: eve.leave(target) })],
    ["conversation.commit", (target) => ({ conversation: target, bundle: eve.bundle(1, 1, [[eve, 2]]) })],
    ["invite.create", (target) => ({ conversation: target, invite, expiresAt: null, preview: eve.random(9) })],
    ["invite.list", (target) => ({ conversation: target })],
    ["invite.revoke", (target) => ({ conversation: target, invite })],
    ["join.requests", (target) => ({ conversation: target })],
    ["join.decline", (target) => ({ conversation: target, account: ada.account })],
  ];
  // Those that strangers may use, who learn nothing by it without a link's id; what makes one; one's own archive; and the log, below.
  const others = ["invite.look", "invite.ask", "conversation.create", "archive.page", "archive.find", "log.page"];
  const named = (Object.keys(OPERATIONS) as Operation[]).filter(
    (operation) =>
      "entries" in OPERATIONS[operation].parameters && "conversation" in OPERATIONS[operation].parameters.entries,
  );
  expect(
    named.filter((operation) => !asks.some(([asked]) => asked === operation) && !others.includes(operation)),
  ).toEqual([]);
  for (const operation of ["invite.look", "invite.ask"] as const)
    for (const target of [conversation, nowhere])
      expect(
        await eve.line.codeOf(operation, {
          conversation: target,
          invite,
          ...(operation === "invite.ask" && { request: eve.random(9) }),
        } as never),
      ).toBe("invite/unknown");
  for (const [operation, parameters] of asks) {
    const answer = async (target: ConversationId) =>
      eve.line.try(operation, parameters(target) as Parameters<typeof operation>);
    // A conversation of others and one that doesn't exist can't be told apart.
    expect({ operation, answer: await answer(conversation) }).toEqual({ operation, answer: await answer(nowhere) });
    expect({ operation, answer: await answer(conversation) }).toMatchObject({
      answer: { refusal: { code: "conversation/unknown" } },
    });
  }
  for (const target of [conversation, nowhere]) {
    await expect(eve.line.page(target, 0)).rejects.toThrow("conversation/unknown");
    expect(await eve.line.submit(target, eve.post(1), eve.newSend())).toMatchObject({
      refusal: { code: "conversation/unknown" },
    });
  }
  expect((await eve.line.ask("archive.page", { conversation, after: 0, limit: 10 })).records).toEqual([]);
  expect((await ada.line.ask("archive.page", { conversation, after: 0, limit: 10 })).records).toHaveLength(1);
  await eve.line.ask("inbox.acknowledge", { upTo: 1_000 });
  expect((await ben.line.ask("inbox.page", { after: 0, limit: 10 })).items).toHaveLength(1);
  // SQL and control characters are data like any other.
  for (const name of ["x' or '1'='1", "a\r\nb", "\u001b[31m"])
    expect(await eve.line.codeOf("name.lookup", { username: name as never })).toBe("request/malformed");
  // Before authentication nothing but the way in is answered.
  const anonymous = new Line(dial(here));
  for (const operation of Object.keys(OPERATIONS) as Operation[]) {
    if (OPERATIONS[operation].who === "anyone") continue;
    expect([operation, await anonymous.codeOf(operation, {} as never)]).toEqual([operation, "request/not-signed-in"]);
  }
  expect(await anonymous.submit(conversation, eve.post(1), eve.newSend())).toMatchObject({
    refusal: { code: "request/not-signed-in" },
  });
});

/** A store whose process dies at one of its writes: before it, or after it but before the answer is out. */
function mortal(store: DeliveryStore, dies: (operation: string) => "before" | "after" | undefined): DeliveryStore {
  const never = new Promise<never>(() => {});
  return new Proxy(store, {
    get(target, name: keyof DeliveryStore) {
      const method = target[name] as (...given: unknown[]) => Promise<unknown>;
      return (...given: unknown[]): Promise<unknown> => {
        const when = dies(name);
        if (when === "before") return never;
        const answer = method.apply(target, given);
        return when === "after" ? answer.then(() => never) : answer;
      };
    },
  });
}

test.each(["before", "after"] as const)(
  "[DL3] T48 a crash %s the append: nothing was said to be accepted, and the repeat is there once",
  async (when) => {
    let isDying = false;
    const here = await world({
      wrapStore: (store) => mortal(store, (operation) => (isDying && operation === "append" ? when : undefined)),
    });
    const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
    const conversation = await makeGroup(ada, [[ben, 1]]);
    isDying = true;
    const sends = Array.from({ length: 5 }, () => ({ envelope: ada.post(1), send: ada.newSend() }));
    const answered: unknown[] = [];
    for (const { envelope, send } of sends)
      void ada.line.submit(conversation, envelope, send).then((answer) => answered.push(answer));
    const heardBefore = ben.line.entries.length;
    await settle();
    expect(answered).toEqual([]);
    expect(ben.line.entries).toHaveLength(heardBefore);
    isDying = false;
    here.restart();
    const line = await ada.reconnect(here);
    const seqs = [];
    for (const { envelope, send } of sends) {
      const answer = await line.submit(conversation, envelope, send);
      seqs.push(answer.kind === "result" ? answer.result.seq : 0);
    }
    expect(seqs).toEqual([2, 3, 4, 5, 6]);
    expect((await line.page(conversation, 1)).map((row) => (row.kind === "stored" ? row.envelope : undefined))).toEqual(
      sends.map(({ envelope }) => envelope),
    );
  },
);

test("a store that fails is said to be unavailable, and one envelope's failure isn't its neighbour's", async () => {
  const failing: { send: Uint8Array | undefined } = { send: undefined };
  const here = await world({
    wrapStore: (store) =>
      new Proxy(store, {
        get(target, name: keyof DeliveryStore) {
          if (name !== "append") return (target[name] as (...given: unknown[]) => unknown).bind(target);
          return (...[arrivals, at]: GivenTo<DeliveryStore["append"]>) =>
            arrivals.some(({ send }) => failing.send !== undefined && Buffer.compare(send, failing.send) === 0)
              ? Promise.reject(new Error("disk full"))
              : target.append(arrivals, at);
        },
      }),
  });
  const ada = await Person.join(here, "ada");
  const conversation = await makeGroup(ada);
  const bad = v.parse(SendId, toBase64Url(ada.random(16)));
  failing.send = Buffer.from(bad, "base64url");
  const [first, second, third] = await Promise.all([
    ada.say(conversation, 1),
    ada.line.submit(conversation, ada.post(1), bad),
    ada.say(conversation, 1),
  ]);
  expect(first.kind).toBe("result");
  expect(second).toMatchObject({
    refusal: { code: "request/unavailable", retryAfterMs: expect.any(Number) as number },
  });
  expect(third.kind).toBe("result");
  expect(here.logged.some(({ code }) => code === "delivery/append-failed")).toBe(true);
});
type GivenTo<F> = F extends (...given: infer P) => unknown ? P : never;

test("drain finishes what was taken, refuses the rest and says goodbye", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const conversation = await makeGroup(ada);
  const taken = ada.say(conversation, 1);
  const drained = here.delivery.drain();
  expect(here.delivery.ready()).toBe(false);
  expect(await ada.say(conversation, 1)).toMatchObject({ refusal: { code: "request/unavailable" } });
  expect(await taken).toMatchObject({ kind: "result" });
  await drained;
  expect(ada.line.closedWith).toBe(1001);
});

test("T32 malformed, truncated, mistyped and random frames never break anything", async () => {
  const here = await world({
    limits: {
      framesPerConnection: { burst: 1e9, refillMs: 1 },
      anonymousPerAddress: { burst: 1e9, refillMs: 1 },
      postsPerAccount: { burst: 1e9, refillMs: 1 },
    },
  });
  const ada = await Person.join(here, "ada");
  const conversation = await makeGroup(ada);
  const samples = [
    encodeSubmit({ request: 1, conversation, send: ada.newSend(), envelope: ada.post(1) }),
    encodeRequest(2, "conversation.list", {}),
    encodeRequest(3, "conversation.commit", { conversation, bundle: ada.bundle(1, 1, [[ada, 2]]) }),
    encodeRequest(4, "no.such-operation", {}),
    encodeRequest(5, "__proto__", {}),
    encodeRequest(6, "log.page", { conversation, after: -1, limit: 1e9 }),
  ];
  const mutated = fc
    .tuple(fc.constantFrom(...samples), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
    .map(([sample, at, value, cut]) => {
      const bytes = new Uint8Array(sample.subarray(0, 1 + (cut % sample.length) + (cut % 3 === 0 ? 0 : sample.length)));
      bytes[at % bytes.length] = value;
      return bytes;
    });
  const typed = fc
    .tuple(fc.constantFrom(...(Object.keys(OPERATIONS) as Operation[])), fc.jsonValue())
    .map(([operation, body]) => encodeRequest(9, operation, body));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated, typed), async (frame) => {
      const line = new Line(dial(here));
      await ada.authenticate(line);
      line.wire.send(frame);
      await new Promise((resolve) => setImmediate(resolve));
      line.wire.close();
    }),
    { numRuns: 300 },
  );
  expect(here.logged).toEqual([]);
  expect(await ada.line.codeOf("conversation.list", {})).toBe("ok");
  expect(v.is(AccountId, ada.account)).toBe(true);
});
