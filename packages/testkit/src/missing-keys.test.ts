import { expect, test } from "vitest";
import { chainJudge, keysAnswerInfo, logHeadExtension, sha256 } from "@sotto/crypto";
import type { TimelineItem } from "@sotto/engine";
import {
  createCommit,
  epochAuthenticator,
  epochKeyRecord,
  epochOfMessage,
  generateSealKeyPair,
  members,
  open,
  openSealed,
  seal,
  sealTo,
  senderKeyRecord,
  type GroupState,
} from "@sotto/mls";
import {
  ENTRY_KIND,
  decodeCbor,
  decodeContent,
  decodeEnvelope,
  decodeKeysAnswer,
  decodePostData,
  encodeCbor,
  encodeContent,
  encodeEnvelope,
  encodeKeysAnswer,
  encodeKeysRequest,
  encodePostData,
  fromBase64Url,
  keysAnswerPost,
  keysRequestPost,
  meaningOf,
  pad,
  sendIdOf,
  toHex,
  unpad,
  type Content,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";
import { EvilMember, castOf, say, type Cast } from "./hostile.ts";
import { RawClient, stateOf } from "./raw-client.ts";
import { scrollUp } from "./scroll.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World } from "./world.ts";

const textsIn = (items: readonly TimelineItem[]): string[] =>
  items.flatMap((item) => (item.kind === "post" ? [item.text] : []));
const linesIn = (items: readonly TimelineItem[], kind: string): unknown[] =>
  items.flatMap((item) => (item.kind === "system" && item.line.kind === kind ? [item.line] : []));

/**
 * Carol's only device is switched off while the others write in an epoch of its own, and then lost: no device of hers was there, and her
 * next one enters by itself.
 */
async function withLostEpoch(
  seed: string,
  { before, after }: { before?: (cast: Cast) => Promise<void>; after?: (cast: Cast) => Promise<void> } = {},
): Promise<Cast & { second: SimulatedDevice }> {
  const cast = await castOf(seed);
  const { world, alice, bob, carol, conversation } = cast;
  const person = world.people.find(({ devices }) => devices.includes(carol))!;
  await say(world, bob, conversation, "while she is here");
  await world.until(carol.stop());
  await before?.(cast);
  await rekeyed(world, alice, conversation);
  await say(world, alice, conversation, "missed one");
  await say(world, bob, conversation, "missed two");
  await after?.(cast);
  await world.until(world.lose(carol));
  const second = await world.addDevice(person);
  return { ...cast, second };
}

/** Begins an epoch: somebody else is made an admin and loses it again. */
async function rekeyed(world: World, admin: SimulatedDevice, conversation: ConversationId): Promise<void> {
  const { members } = await admin.engine.conversation(conversation);
  const other = members.find(({ trust, username }) => trust !== "self" && username === "bobby")!;
  await world.until(admin.engine.setRole({ conversation, account: other.account, role: 2 }));
  await world.run(3_000);
}

const signIn = async (world: World, device: SimulatedDevice): Promise<void> => {
  const person = world.people.find(({ devices }) => devices.includes(device))!;
  await world.until(device.engine.signIn(person));
  await world.run(5_000);
};

test("keys that no device of an account ever had are asked for, given by a member, and the gap is mended", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("asked");
  for (const device of [alice, bob]) await world.until(device.stop());
  await signIn(world, second);
  const alone = await scrollUp(world, second, conversation);
  expect(textsIn(alone)).toContain("while she is here");
  expect(textsIn(alone)).not.toContain("missed one");
  expect(linesIn(alone, "keys-missing")).toEqual([{ kind: "keys-missing", entries: 2, state: "asking" }]);
  await world.run(15 * 60_000);
  expect(linesIn(await scrollUp(world, second, conversation), "keys-missing")).toEqual([
    { kind: "keys-missing", entries: 2, state: "unanswered" },
  ]);
  for (const device of [alice, bob]) await world.until(device.start());
  await world.run(60_000);
  const mended = await scrollUp(world, second, conversation);
  expect(textsIn(mended).slice(-3)).toEqual(["while she is here", "missed one", "missed two"]);
  expect(linesIn(mended, "keys-missing")).toEqual([]);
  expect(linesIn(mended, "mended")).toEqual([{ kind: "mended", because: "keys-received" }]);
  // One of the two answered, the other saw it.
  const answered = [alice, bob].flatMap(({ logged }) => logged.filter((line) => line.includes('"keys/answered"')));
  expect(answered.length).toBe(1);
  // The next device of hers needs to ask nobody.
  for (const device of [alice, bob]) await world.until(device.stop());
  const third = await world.addDevice(world.people.find(({ devices }) => devices.includes(second))!);
  await signIn(world, third);
  expect(textsIn(await scrollUp(world, third, conversation)).slice(-3)).toEqual([
    "while she is here",
    "missed one",
    "missed two",
  ]);
  world.close();
});

test("an answer that a lost connection cut short is given on the next one", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("cut answer");
  for (const device of [alice, bob]) await world.until(device.stop());
  await signIn(world, second);
  await scrollUp(world, second, conversation);
  await world.run(60_000);
  await world.until(bob.start());
  // Again and again: until long after bob's random wait is over.
  for (let cuts = 0; cuts < 60; cuts++) {
    world.network.cut(bob.name);
    await world.run(100);
  }
  expect(logged([bob], "keys/answered")).toBe(0);
  await world.run(2 * 60_000);
  expect(textsIn(await scrollUp(world, second, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  world.close();
});

test("what nobody answered is asked for again after a day, and whenever somebody looks at it after that", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("next day");
  for (const device of [alice, bob]) await world.until(device.stop());
  await signIn(world, second);
  await scrollUp(world, second, conversation);
  await world.run(25 * 60 * 60_000);
  for (const device of [alice, bob]) await world.until(device.start());
  await world.run(15 * 60_000);
  expect(textsIn(await scrollUp(world, second, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  world.close();
});

test("an answer that lacks something doesn't keep others from giving all of it", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("half an answer");
  for (const device of [alice, bob]) await world.until(device.stop());
  await signIn(world, second);
  await scrollUp(world, second, conversation);
  const epoch = second.peek("select epoch from missing")[0]!["epoch"];
  // What bob knows of in that epoch is one of the two who spoke.
  await world.until(bob.start());
  const senders = bob.peek("select record_key from archived where record_key like ? order by record_key", [
    `8301${toHex(encodeCbor(Number(epoch)))}%`,
  ]);
  expect(senders.length).toBe(2);
  bob.peek("delete from archived where record_key = ?", [senders[0]!["record_key"]!]);
  await world.run(30_000);
  expect(logged([bob], "keys/answered")).toBe(1);
  expect(textsIn(await scrollUp(world, second, conversation)).filter((text) => text.startsWith("missed")).length).toBe(
    1,
  );
  await world.until(alice.start());
  await world.run(60_000);
  expect(textsIn(await scrollUp(world, second, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  world.close();
});

test("a device gives also what it knows from records under an older key of its archive", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("older generation");
  const person = world.people.find(({ devices }) => devices.includes(alice))!;
  // The archive gets another key: what was kept of the epoch stands under the one before.
  const ended = await world.addDevice(person);
  await signIn(world, ended);
  const session = await ended.engine.session();
  if (session.kind !== "signed-in") throw new Error(session.kind);
  await world.until(alice.engine.revokeDevice({ device: session.device, password: person.password }));
  await world.run(15_000);
  const newest = await world.addDevice(person);
  await signIn(world, newest);
  expect(textsIn(await scrollUp(world, newest, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  expect(world.newestGenerationOn(newest)).toBe(1);
  for (const device of [alice, bob]) await world.until(device.stop());
  // Another life knows what was noted, and nothing else.
  await world.until(newest.stop());
  await world.until(newest.start());
  await signIn(world, second);
  await scrollUp(world, second, conversation);
  await world.run(60_000);
  expect(logged([newest], "keys/answered")).toBe(1);
  expect(textsIn(await scrollUp(world, second, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  world.close();
});

test("what was said in a room before an account came is asked for by none of its devices", async () => {
  const world = await World.create("room before");
  const alice = await world.signedUp("alice");
  const conversation = await world.until(alice.engine.createRoom({ room: "garden" }));
  await world.run(3_000);
  await say(world, alice, conversation, "before she came");
  const first = await world.signedUp("carol");
  const second = await world.addDevice(world.people.find(({ devices }) => devices.includes(first))!);
  await signIn(world, second);
  // The first device is cut off before it has told the archive.
  const length = (await world.server.log(conversation)).length;
  const joining = first.engine.joinRoom({ room: "garden" }).catch(() => undefined);
  while ((await world.server.log(conversation)).length === length) await world.run(5);
  world.network.cutOff.add(first.name);
  world.network.cut(first.name);
  await world.run(30_000);
  const early = await scrollUp(world, second, conversation);
  expect(textsIn(early)).toEqual([]);
  await world.run(60_000);
  expect(second.peek("select 1 from key_requests")).toEqual([]);
  world.network.cutOff.clear();
  await world.until(joining);
  await say(world, alice, conversation, "since then");
  await world.run(15 * 60_000);
  for (const device of [first, second]) {
    const shown = await scrollUp(world, device, conversation);
    expect(textsIn(shown)).toEqual(["since then"]);
    expect(linesIn(shown, "keys-missing")).toEqual([]);
  }
  expect(logged([alice], "keys/answered")).toBe(0);
  world.close();
});

type EvilState = { cursor: number; head: Uint8Array };
class EvilSpeaker {
  readonly member: EvilMember;
  readonly place: EvilState;
  counter = 0;
  #group: GroupState;

  private constructor(member: EvilMember, place: EvilState) {
    this.member = member;
    this.place = place;
    this.#group = member.group;
  }

  static async of(world: World, device: SimulatedDevice, conversation: ConversationId): Promise<EvilSpeaker> {
    const { cursor, head } = stateOf(device, conversation)!;
    return new EvilSpeaker(await EvilMember.of(world, device, conversation), { cursor, head });
  }

  get group(): GroupState {
    return this.#group;
  }

  /** Says anything, signed and at the right place. */
  async say(make: (salt: Uint8Array) => Content): Promise<void> {
    const context = {
      counter: 1_000 + this.counter++,
      seq: this.place.cursor,
      head: this.place.head,
      epochDigest: sha256(epochAuthenticator(this.#group)),
      time: 0,
      name: null,
    };
    const content = encodeContent(make(new Uint8Array(16).fill(this.counter)));
    const { sealed, next } = await seal(this.#group, pad(encodePostData({ context, content })));
    this.#group = next;
    await this.member.post(sealed);
  }
}

const logged = (devices: readonly SimulatedDevice[], code: string): number =>
  devices.flatMap((device) => device.logged).filter((line) => line.includes(`"${code}"`)).length;

const epochsOf = async (world: World, conversation: ConversationId): Promise<bigint[]> =>
  (await world.server.log(conversation)).flatMap((row) => {
    const envelope = row.kind === "stored" ? decodeEnvelope(row.envelope) : undefined;
    return envelope?.kind === ENTRY_KIND.application ? [epochOfMessage(envelope.body)!] : [];
  });

test("[T95] who wasn't a member in an epoch is given nothing of it, whatever they ask", async () => {
  const { world, alice, bob, carol, conversation } = await castOf("not a member");
  await say(world, alice, conversation, "before her time");
  const before = [...new Set(await epochsOf(world, conversation))];
  const mallory = await world.signedUp("mallory");
  await world.until(alice.engine.addMembers({ conversation, usernames: ["mallory"] }));
  await world.run(10_000);
  await say(world, mallory, conversation, "hello");
  await say(world, bob, conversation, "hello to you");
  const after = [...new Set(await epochsOf(world, conversation))].filter((epoch) => !before.includes(epoch));
  const evil = await EvilSpeaker.of(world, mallory, conversation);
  const { publicKey, privateKey } = await generateSealKeyPair(alice.provider);
  const ask = async (epochs: readonly bigint[]): Promise<number> => {
    const length = (await world.server.log(conversation)).length;
    await evil.say((salt) => keysRequestPost(encodeKeysRequest({ publicKey, epochs }), salt));
    await world.run(30_000);
    return (await world.server.log(conversation)).length - length - 1;
  };
  expect(await ask(before)).toBe(0);
  expect(logged([alice, bob, carol], "keys/not-answered")).toBeGreaterThan(0);
  expect(logged([alice, bob, carol], "keys/answered")).toBe(0);
  // Mixed with epochs in which she was one, she gets the keys of those alone.
  // Two whose random waits are all but the same may both answer.
  const answers = await ask([...before, ...after]);
  expect(answers).toBeGreaterThanOrEqual(1);
  expect(answers).toBeLessThanOrEqual(2);
  const row = (await world.server.log(conversation)).at(-1)!;
  const opened = await open(evil.group, decodeEnvelope(row.kind === "stored" ? row.envelope : row.hash)!.body);
  if (opened.kind !== "post") throw new Error("no answer");
  const meaning = meaningOf(decodeContent(decodePostData(unpad(opened.data)!)!.content)!);
  const answer = meaning.kind === "keys-answer" ? decodeKeysAnswer(meaning.bytes)! : undefined;
  const payload = await openSealed(alice.provider, privateKey, keysAnswerInfo(conversation, answer!.request), answer!);
  const decoded = decodeCbor(payload!);
  const given = decoded.kind === "value" ? (decoded.value as [number, [number, Uint8Array[], Uint8Array[]][]])[1] : [];
  expect(given.map(([epoch]) => BigInt(epoch))).toEqual(after);
  world.close();
});

test("[T95] keys that fit nothing are refused: the gap stays, nothing is shown, and an honest answer still mends it", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("false keys");
  const { items } = await world.until(alice.engine.timeline({ conversation, limit: 50 }));
  const missed = items.find((item) => item.kind === "post" && item.text === "missed one")!;
  const { epochKey: copied } = await world.until(alice.engine.entryKeys({ conversation, seq: missed.seq! }));
  const decoded = decodeCbor(fromBase64Url(copied)!);
  const [, , , epoch, epochKey] = (decoded.kind === "value" ? decoded.value : []) as [0, 0, 0, number, Uint8Array];
  await world.until(alice.stop());
  // Bob sees the request, and before he answers somebody else has his keys.
  const person = world.people.find(({ devices }) => devices.includes(second))!;
  await world.until(second.engine.signIn(person));
  const requests = () => second.peek("select post, private_key from key_requests");
  for (let waited = 0; requests().length === 0 && waited < 1_000; waited++) {
    if (waited === 100) await world.until(second.engine.timeline({ conversation, limit: 50 }));
    await world.run(20);
  }
  await world.run(60);
  const [request] = requests();
  const evil = await EvilSpeaker.of(world, bob, conversation);
  const id = request!["post"] as PostId;
  const publicKey = await bob.provider.publicKeyOfSeed(request!["private_key"] as Uint8Array);
  // The true header key, and sender keys that name the true people and are another epoch's.
  const senderKeys = members(evil.group).flatMap(({ leafIndex }) => senderKeyRecord(evil.group, leafIndex) ?? []);
  const lie = async (keys: [number, Uint8Array[], Uint8Array[]][]): Promise<void> => {
    const info = keysAnswerInfo(conversation, id);
    const sealed = await sealTo(bob.provider, publicKey, info, encodeCbor([1, keys]));
    await evil.say((salt) => keysAnswerPost(id, encodeKeysAnswer({ request: id, ...sealed! }), salt));
  };
  await lie([[epoch, [epochKey], senderKeys]]);
  await lie([[epoch, [epochKeyRecord(evil.group)], []]]);
  await lie([[epoch, [new Uint8Array(100)], [new Uint8Array(100)]]]);
  await world.run(5_000);
  expect(logged([second], "keys/useless-answer")).toBeGreaterThan(0);
  const shown = await scrollUp(world, second, conversation);
  expect(textsIn(shown)).not.toContain("missed one");
  expect(linesIn(shown, "keys-missing")).toEqual([{ kind: "keys-missing", entries: 2, state: "asking" }]);
  expect(linesIn(shown, "unreadable")).toEqual([]);
  expect(second.peek("select 1 from archived where record_key = ?", [toHex(encodeCbor([0, epoch, 0]))])).toEqual([]);
  await world.until(alice.start());
  await world.run(2 * 60_000);
  expect(textsIn(await scrollUp(world, second, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  world.close();
});

test("[T95] what a device asked for before its account ended it is answered by nobody", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("ended asker");
  for (const device of [alice, bob]) await world.until(device.stop());
  await signIn(world, second);
  await scrollUp(world, second, conversation);
  await world.run(30_000);
  expect(second.peek("select 1 from key_requests").length).toBe(1);
  await world.until(second.engine.signOut());
  for (const device of [alice, bob]) await world.until(device.start());
  await world.run(5 * 60_000);
  expect(logged([alice, bob], "keys/answered")).toBe(0);
  expect(alice.peek("select 1 from wanted_keys")).toEqual([]);
  world.close();
});

test("[T95] who answers every request with noise silences the others once", async () => {
  const { world, alice, bob, second, conversation } = await withLostEpoch("noise");
  await world.until(alice.stop());
  const person = world.people.find(({ devices }) => devices.includes(second))!;
  await world.until(second.engine.signIn(person));
  const requests = () => second.peek("select post from key_requests order by at");
  let evil: EvilSpeaker | undefined;
  for (let noises = 0; noises < 3; noises++) {
    for (let waited = 0; requests().length <= noises && waited < 2_000; waited++) {
      if (waited === 100) await world.until(second.engine.timeline({ conversation, limit: 50 }));
      await world.run(20);
    }
    await world.run(60);
    evil ??= await EvilSpeaker.of(world, bob, conversation);
    const request = requests()[noises]!["post"] as PostId;
    const { publicKey } = await generateSealKeyPair(bob.provider);
    const sealed = await sealTo(bob.provider, publicKey, keysAnswerInfo(conversation, request), new Uint8Array(8_192));
    await evil.say((salt) => keysAnswerPost(request, encodeKeysAnswer({ request, ...sealed! }), salt));
  }
  expect(requests().length).toBe(3);
  await world.until(alice.start());
  await world.run(60_000);
  expect(textsIn(await scrollUp(world, second, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  world.close();
});

test("[T95] a key that opens only what its giver put into the log refuses nothing, and the true keys still come", async () => {
  let fork: GroupState | undefined;
  const forged: { epochKey: Uint8Array; senderKeys: Uint8Array[] } = { epochKey: new Uint8Array(), senderKeys: [] };
  const { world, alice, bob, second, conversation } = await withLostEpoch("forged epoch", {
    // Bob makes an epoch of the same number for himself, and puts a post of it into the log.
    before: async ({ bob: forger, conversation: where }) => {
      const { group, cursor, head } = stateOf(forger, where)!;
      const made = await createCommit(group, { logHead: logHeadExtension(cursor, head), judge: chainJudge });
      if (made.kind === "made") fork = made.next;
    },
    after: async ({ world: within, alice: honest, bob: forger, conversation: where }) => {
      forged.epochKey = epochKeyRecord(fork!);
      forged.senderKeys = members(fork!).flatMap(({ leafIndex }) => senderKeyRecord(fork!, leafIndex) ?? []);
      const { cursor, head, latestCommit, applied } = stateOf(honest, where)!;
      const context = { counter: 500, seq: cursor, head, epochDigest: new Uint8Array(32), time: 0, name: null };
      const { publicKey } = await generateSealKeyPair(forger.provider);
      const request = encodeKeysRequest({ publicKey, epochs: [1n] });
      const content = encodeContent(keysRequestPost(request, new Uint8Array(16).fill(99)));
      const { sealed } = await seal(fork!, pad(encodePostData({ context, content })));
      const client = new RawClient(within, "forger");
      await within.until(client.authenticateAs(forger));
      const kind = ENTRY_KIND.application;
      const envelope = encodeEnvelope({ kind, seen: latestCommit, applied, body: sealed });
      await within.until(client.submit(where, sendIdOf(new Uint8Array(16).fill(7)), envelope));
      await within.run(10_000);
    },
  });
  await world.until(alice.stop());
  const person = world.people.find(({ devices }) => devices.includes(second))!;
  await world.until(second.engine.signIn(person));
  const requests = () => second.peek("select post, private_key, epochs from key_requests");
  for (let waited = 0; requests().length === 0 && waited < 1_000; waited++) {
    if (waited === 100) await world.until(second.engine.timeline({ conversation, limit: 50 }));
    await world.run(20);
  }
  await world.run(60);
  const [request] = requests();
  const epoch = Number((JSON.parse(String(request!["epochs"])) as string[])[0]);
  const evil = await EvilSpeaker.of(world, bob, conversation);
  const id = request!["post"] as PostId;
  const publicKey = await bob.provider.publicKeyOfSeed(request!["private_key"] as Uint8Array);
  const payload = encodeCbor([1, [[epoch, [forged.epochKey], forged.senderKeys]]]);
  const sealed = await sealTo(bob.provider, publicKey, keysAnswerInfo(conversation, id), payload);
  await evil.say((salt) => keysAnswerPost(id, encodeKeysAnswer({ request: id, ...sealed! }), salt));
  await world.run(60_000);
  // It opened what he had put there, and that is all.
  const shown = await scrollUp(world, second, conversation);
  expect(linesIn(shown, "keys-missing")).toMatchObject([{ entries: 2 }]);
  expect(linesIn(shown, "unreadable")).toEqual([]);
  expect(second.peek("select 1 from archived where record_key = ?", [toHex(encodeCbor([0, epoch, 0]))])).toEqual([]);
  await world.until(alice.start());
  await world.run(5 * 60_000);
  expect(textsIn(await scrollUp(world, second, conversation)).slice(-2)).toEqual(["missed one", "missed two"]);
  world.close();
});
