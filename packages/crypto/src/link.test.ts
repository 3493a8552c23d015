import { decodeCbor, encodeCbor, Username } from "@sotto/protocol";
import fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { verifyChain } from "./chain.ts";
import { createRevokeDevice, createAddDevice, createAddDeviceFromProofs, createGenesis } from "./create-statements.ts";
import { channelOfNew, channelOfOld, linkDigits, newShare, oldShare, sealLink, type NewShare } from "./link-channel.ts";
import { linkQr, parseLinkCode } from "./link-code.ts";
import { beginLink, onLinkMessageToNew, type LinkApplicant, type LinkNewDevice } from "./link-new-device.ts";
import { askForProofs, enrolLinked, greetLink, onLinkMessageToOld, type LinkOldDevice } from "./link-old-device.ts";
import {
  decodeHello,
  decodeReveal,
  decodeSealed,
  encodeEnrolment,
  encodeHello,
  encodeReveal,
  encodeSealed,
  LINK_MESSAGE,
} from "./link-wire.ts";
import type { LinkEnrolment, LinkHello } from "./link-wire.ts";
import { generateKeyPair, signMessage } from "./signature.ts";
import { deviceIdOfKeys } from "./statement.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(77);
const NOW = 1_800_000_000;
const username = v.parse(Username, "ada");

function applicantOf(name = "Firefox on Linux", kind = "web"): LinkApplicant {
  const signIn = generateKeyPair(random);
  return {
    signInPublicKey: signIn.publicKey,
    signWithSignInKey: async (message) => signMessage(signIn.privateKey, message),
    leafKey: generateKeyPair(random),
    kind,
    name,
  };
}

async function accountOf() {
  const genesis = await createGenesis(random);
  const { signInPublicKey, signWithSignInKey, leafKey } = applicantOf();
  const first = await createAddDevice({
    chain: [genesis.statement],
    accountPrivateKey: genesis.accountPrivateKey,
    signInPublicKey,
    signWithSignInKey,
    leafKey,
    kind: "web",
    addedAt: NOW,
  });
  return { ...genesis, chain: [genesis.statement, first.statement] };
}
type Account = Awaited<ReturnType<typeof accountOf>>;
const ada = await accountOf();

type OldAt<K extends LinkOldDevice["kind"]> = Extract<LinkOldDevice, { kind: K }>;
type NewAt<K extends LinkNewDevice["kind"]> = Extract<LinkNewDevice, { kind: K }>;

function old<K extends LinkOldDevice["kind"]>(link: LinkOldDevice, kind: K): OldAt<K> {
  if (link.kind !== kind) throw new Error(`${link.kind}, not ${kind}`);
  return link as OldAt<K>;
}
function fresh<K extends LinkNewDevice["kind"]>(link: LinkNewDevice, kind: K): NewAt<K> {
  if (link.kind !== kind) throw new Error(`${link.kind}, not ${kind}`);
  return link as NewAt<K>;
}

async function addStatement(account: Account, proved: OldAt<"proved">): Promise<Uint8Array> {
  const { signInPublicKey, leafPublicKey, kind } = proved.asks;
  const { statement } = await createAddDeviceFromProofs({
    chain: account.chain,
    accountPrivateKey: account.accountPrivateKey,
    signInPublicKey,
    leafPublicKey,
    kind,
    addedAt: NOW,
    ...proved.proofs,
  });
  return statement;
}

const enrolmentOf = (chain: readonly Uint8Array[]): LinkEnrolment => ({
  username,
  chain,
  archiveKeys: [
    { generation: 0, key: new Uint8Array(32).fill(1) },
    { generation: 1, key: new Uint8Array(32).fill(2) },
  ],
  recoveryKeyUnsaved: true,
  vaultRevision: 3,
});

type Sent = Uint8Array | null;
/** What the server may do to each message on its way: 0 the commitment, then the five messages. */
type Relay = (message: Uint8Array, at: number) => Uint8Array;
const honest: Relay = (message) => message;

type Outcome = { newDevice: LinkNewDevice; oldDevice: LinkOldDevice; digits: [string | null, string | null] };

/** A whole link, with a person who admits only when the digits agree. */
async function run(
  parts: { relay?: Relay; account?: Account; applicant?: LinkApplicant; scanned?: boolean } = {},
): Promise<Outcome> {
  const { relay = honest, account = ada, applicant = applicantOf(), scanned = false } = parts;
  const begun = beginLink(applicant, random);
  let newDevice = begun.link;
  const prefix = scanned ? begun.commitment.slice(0, 16) : null;
  const greeted = greetLink({ commitment: relay(begun.commitment, 0), prefix }, random);
  let oldDevice = greeted.link;
  const digits: Outcome["digits"] = [null, null];
  const toNew = async (message: Sent, at: number): Promise<Sent> => {
    if (message === null) return null;
    const step = await onLinkMessageToNew(newDevice, relay(message, at), random);
    newDevice = step.link;
    if (newDevice.kind === "comparing") digits[0] = newDevice.digits;
    return step.reply;
  };
  const toOld = (message: Sent, at: number): void => {
    if (message !== null) oldDevice = onLinkMessageToOld(oldDevice, relay(message, at));
    if (oldDevice.kind === "comparing") digits[1] = oldDevice.digits;
  };
  toOld(await toNew(greeted.message, 1), 2);
  if (oldDevice.kind === "comparing" && digits[0] === digits[1]) {
    const asked = askForProofs(oldDevice, account.account, random);
    oldDevice = asked.link;
    toOld(await toNew(asked.message, 3), 4);
  }
  if (oldDevice.kind === "proved") {
    const chain = [...account.chain, await addStatement(account, oldDevice)];
    await toNew(enrolLinked(oldDevice, enrolmentOf(chain), random), 5);
  }
  return { newDevice, oldDevice, digits };
}

test.each([{ scanned: false }, { scanned: true }])(
  "a new device is admitted: the same six digits on both, and it has all that it needs (scanned: $scanned)",
  async ({ scanned }) => {
    const applicant = applicantOf("Ada’s phone", "web");
    const { newDevice, oldDevice, digits } = await run({ applicant, scanned });
    expect(digits[0]).toMatch(/^\d{6}$/);
    expect(digits[1]).toBe(digits[0]);
    expect(old(oldDevice, "proved").asks).toEqual({
      signInPublicKey: applicant.signInPublicKey,
      leafPublicKey: applicant.leafKey.publicKey,
      kind: "web",
      name: "Ada’s phone",
    });
    const enrolled = fresh(newDevice, "enrolled");
    expect(enrolled.account).toBe(ada.account);
    expect(enrolled.device).toBe(deviceIdOfKeys(applicant.signInPublicKey, applicant.leafKey.publicKey));
    expect(enrolled.enrolment).toEqual(enrolmentOf(enrolled.enrolment.chain));
    const verdict = verifyChain(enrolled.enrolment.chain);
    expect(verdict.kind === "valid" && verdict.chain.devices.at(-1)?.device).toBe(enrolled.device);
    // What comes afterwards changes nothing.
    expect((await onLinkMessageToNew(newDevice, new Uint8Array(3), random)).link).toBe(newDevice);
  },
);

test("what the new device is called, and whose account it enters, the server never sees", async () => {
  const applicant = applicantOf("a name of its own", "web");
  const seen: Uint8Array[] = [];
  await run({
    applicant,
    relay: (message) => {
      seen.push(message);
      return message;
    },
  });
  expect(seen).toHaveLength(6);
  const all = seen.map((message) => Buffer.from(message).toString("latin1")).join("");
  const { leafKey, signInPublicKey } = applicant;
  const key = Buffer.from(enrolmentOf([]).archiveKeys[0]!.key).toString("latin1");
  for (const secret of ["a name of its own", "ada", key]) expect(all).not.toContain(secret);
  for (const bytes of [leafKey.publicKey, signInPublicKey])
    expect(all).not.toContain(Buffer.from(bytes).toString("latin1"));
});

test("[T69] a changed byte anywhere ends the link on the side that reads it, and admits nobody", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, where, change) => {
      const relay: Relay = (message, index) => {
        if (index !== at) return message;
        const changed = message.slice();
        changed[where % message.length]! ^= change;
        return changed;
      };
      const { newDevice, oldDevice, digits } = await run({ relay });
      expect(newDevice.kind).not.toBe("enrolled");
      // The first two are open: then the digits differ, or a side refuses. The others are refused.
      const isSeen = digits[0] !== digits[1] || oldDevice.kind === "failed" || newDevice.kind === "failed";
      expect(isSeen).toBe(true);
    }),
    { numRuns: 120 },
  );
});

test("[T69] a message of another link, a repeated one and one out of its order are refused", async () => {
  const others: Uint8Array[] = [];
  await run({
    relay: (message) => {
      others.push(message);
      return message;
    },
  });
  for (let at = 0; at <= 5; at++)
    for (let other = 0; other <= 5; other++)
      for (const source of ["another link", "this one, earlier"] as const) {
        if (source === "this one, earlier" && other >= at) continue;
        const seen: Uint8Array[] = [];
        const { newDevice, oldDevice, digits } = await run({
          relay: (message, index) => {
            seen.push(message);
            return index === at ? (source === "another link" ? others : seen)[other]! : message;
          },
        });
        const what = `${other} of ${source} for ${at}`;
        expect(newDevice.kind, `message ${what}`).not.toBe("enrolled");
        expect(digits[0] !== digits[1] || [newDevice.kind, oldDevice.kind].includes("failed"), `message ${what}`).toBe(
          true,
        );
      }
});

/** A server that plays each side to the other, with keys of its own. */
async function manInTheMiddle(order: "new first" | "old first") {
  const [victim, mallory] = [applicantOf(), applicantOf()];
  const begun = beginLink(victim, random);
  const fake = beginLink(mallory, random);
  const toVictim = greetLink({ commitment: begun.commitment, prefix: null }, random);
  let reply: Sent = null;
  let newDevice = begun.link;
  const playOld = async () => {
    const step = await onLinkMessageToNew(begun.link, toVictim.message!, random);
    newDevice = step.link;
    reply = step.reply;
  };
  if (order === "new first") await playOld();
  const greeted = greetLink({ commitment: fake.commitment, prefix: null }, random);
  const revealed = await onLinkMessageToNew(fake.link, greeted.message!, random);
  const oldDevice = onLinkMessageToOld(greeted.link, revealed.reply!);
  if (order === "old first") await playOld();
  return { newDevice: fresh(newDevice, "comparing"), oldDevice: old(oldDevice, "comparing"), begun, reply };
}

test("[T69] a server that plays each side to the other gets other digits on each, whichever it meets first", async () => {
  for (let i = 0; i < 40; i++) {
    const { newDevice, oldDevice } = await manInTheMiddle(i % 2 === 0 ? "new first" : "old first");
    expect(newDevice.digits).not.toBe(oldDevice.digits);
  }
});

test("[T69] a device shows what it committed to, or the link ends: nothing can be chosen after the other side's nonce is known", async () => {
  // The server made a promise of its own, learned the signed-in device's nonce, and now tries keys until the digits would fit.
  const fake = beginLink(applicantOf(), random);
  const greeted = greetLink({ commitment: fake.commitment, prefix: null }, random);
  for (let i = 0; i < 20; i++) {
    const other = beginLink(applicantOf(), random).link;
    const { reply } = await onLinkMessageToNew(other, greeted.message!, random);
    expect(onLinkMessageToOld(greeted.link, reply!).kind).toBe("failed");
  }
  // The same share under another name, kind or key is another promise.
  const link = fresh(fake.link, "waiting");
  for (const change of [{ name: "other" }, { kind: "bot" }, { leafKey: generateKeyPair(random) }]) {
    const applicant = { ...link.secrets.applicant, ...change };
    const changed: LinkNewDevice = { ...link, secrets: { ...link.secrets, applicant } };
    const { reply } = await onLinkMessageToNew(changed, greeted.message!, random);
    expect(onLinkMessageToOld(greeted.link, reply!).kind).toBe("failed");
  }
  // And so is the same device with another half, or another nonce.
  const { privateKey, ephemeral } = fresh(beginLink(applicantOf(), random).link, "waiting").secrets.share;
  for (const change of [{ privateKey, ephemeral }, { nonce: random(32) }]) {
    const share = { ...link.secrets.share, ...change };
    const changed: LinkNewDevice = { ...link, secrets: { ...link.secrets, share } };
    const { reply } = await onLinkMessageToNew(changed, greeted.message!, random);
    expect(onLinkMessageToOld(greeted.link, reply!).kind).toBe("failed");
  }
  const { reply } = await onLinkMessageToNew(fake.link, greeted.message!, random);
  expect(onLinkMessageToOld(greeted.link, reply!).kind).toBe("comparing");
});

test("[T69] a scanned code names the commitment: the server can't answer with another", () => {
  const { commitment } = beginLink(applicantOf(), random);
  const prefix = commitment.slice(0, 16);
  for (let at = 0; at < 16; at++) {
    const other = commitment.slice();
    other[at]! ^= 1;
    expect(greetLink({ commitment: other, prefix }, random)).toEqual({ link: { kind: "failed" }, message: null });
  }
  expect(greetLink({ commitment, prefix }, random).link.kind).toBe("greeting");
});

/** Up to the signed-in device's proofs, honestly. */
async function proved(applicant = applicantOf()) {
  const begun = beginLink(applicant, random);
  const greeted = greetLink({ commitment: begun.commitment, prefix: null }, random);
  const revealed = await onLinkMessageToNew(begun.link, greeted.message!, random);
  const comparing = old(onLinkMessageToOld(greeted.link, revealed.reply!), "comparing");
  const asked = askForProofs(comparing, ada.account, random);
  const answered = await onLinkMessageToNew(revealed.link, asked.message, random);
  return {
    applicant,
    waiting: begun.link,
    comparing: { newDevice: fresh(revealed.link, "comparing"), oldDevice: comparing },
    asked,
    newDevice: fresh(answered.link, "proving"),
    oldDevice: old(onLinkMessageToOld(asked.link, answered.reply!), "proved"),
    messages: { hello: greeted.message!, reveal: revealed.reply!, ask: asked.message, prove: answered.reply! },
  };
}

test("[T69] the new device takes no chain but the account's own, ending with the statement that adds its very keys", async () => {
  const { applicant, newDevice, oldDevice } = await proved();
  const statement = await addStatement(ada, oldDevice);
  const good = [...ada.chain, statement];
  const bob = await accountOf();
  const of = (keys: LinkApplicant, account: Account, chain: readonly Uint8Array[], kind = "web") =>
    createAddDevice({
      chain,
      accountPrivateKey: account.accountPrivateKey,
      signInPublicKey: keys.signInPublicKey,
      signWithSignInKey: keys.signWithSignInKey,
      leafKey: keys.leafKey,
      kind,
      addedAt: NOW,
    }).then((made) => made.statement);
  const other = applicantOf();
  const device = deviceIdOfKeys(applicant.signInPublicKey, applicant.leafKey.publicKey);
  const signer = { kind: "account", privateKey: ada.accountPrivateKey } as const;
  const revoked = await createRevokeDevice({ chain: good, device, signer, revokedAt: NOW });
  const oneKey = { ...applicant, leafKey: generateKeyPair(random) };
  const otherSignIn = { ...applicantOf(), leafKey: applicant.leafKey };
  const chains: [string, readonly Uint8Array[]][] = [
    ["without it", ada.chain],
    ["another device", [...ada.chain, await of(other, ada, ada.chain)]],
    ["another leaf key", [...ada.chain, await of(oneKey, ada, ada.chain)]],
    ["another sign-in key", [...ada.chain, await of(otherSignIn, ada, ada.chain)]],
    ["another kind", [...ada.chain, await of(applicant, ada, ada.chain, "bot")]],
    ["one more after it", [...good, await of(other, ada, good)]],
    ["revoked at once", [...good, revoked]],
    ["another account's", [...bob.chain, await of(applicant, bob, bob.chain)]],
    ["not a chain", [...ada.chain.slice(0, 1), statement]],
    ["a changed statement", [...ada.chain, statement.map((byte, i) => (i === 60 ? byte ^ 1 : byte))]],
  ];
  for (const [what, chain] of chains) {
    const step = await onLinkMessageToNew(newDevice, enrolLinked(oldDevice, enrolmentOf(chain), random), random);
    expect({ what, kind: step.link.kind }).toEqual({ what, kind: "failed" });
  }
  const step = await onLinkMessageToNew(newDevice, enrolLinked(oldDevice, enrolmentOf(good), random), random);
  expect(step.link.kind).toBe("enrolled");
});

test("[T69] proofs of other keys, or for another account, admit nobody", async () => {
  const { comparing, asked } = await proved();
  const bob = await accountOf();
  const forBob = askForProofs(comparing.oldDevice, bob.account, random);
  const answer = await onLinkMessageToNew(comparing.newDevice, forBob.message, random);
  expect(onLinkMessageToOld(asked.link, answer.reply!).kind).toBe("failed");
  expect(onLinkMessageToOld(forBob.link, answer.reply!).kind).toBe("proved");
  const stranger = applicantOf();
  for (const change of [
    { signWithSignInKey: stranger.signWithSignInKey },
    { leafKey: { ...stranger.leafKey, publicKey: comparing.newDevice.secrets.applicant.leafKey.publicKey } },
  ]) {
    const { secrets } = comparing.newDevice;
    const liar = { ...comparing.newDevice, secrets: { ...secrets, applicant: { ...secrets.applicant, ...change } } };
    const lie = await onLinkMessageToNew(liar, asked.message, random);
    expect(onLinkMessageToOld(asked.link, lie.reply!).kind).toBe("failed");
  }
});

test("[T69] each state takes its own message and no other, and a failed link stays failed", async () => {
  const { waiting, comparing, asked, newDevice, oldDevice, messages } = await proved();
  const enrol = enrolLinked(oldDevice, enrolmentOf([...ada.chain, await addStatement(ada, oldDevice)]), random);
  const all = Object.entries({ ...messages, enrol });
  const takesNew: [LinkNewDevice, string | null][] = [
    [waiting, "hello"],
    [comparing.newDevice, "ask"],
    [newDevice, "enrol"],
    [{ kind: "failed" }, null],
  ];
  for (const [state, own] of takesNew)
    for (const [name, message] of all)
      expect((await onLinkMessageToNew(state, message, random)).link.kind === "failed", `${state.kind} ${name}`).toBe(
        name !== own,
      );
  const greeted = greetLink({ commitment: fresh(waiting, "waiting").secrets.commitment, prefix: null }, random).link;
  const takesOld: [LinkOldDevice, string | null][] = [
    [greeted, null], // The reveal answers another hello.
    [comparing.oldDevice, null],
    [asked.link, "prove"],
    [oldDevice, null],
    [{ kind: "failed" }, null],
  ];
  for (const [state, own] of takesOld)
    for (const [name, message] of all)
      expect(onLinkMessageToOld(state, message).kind === "failed", `${state.kind} ${name}`).toBe(name !== own);
});

test("[T69] a side's own message, sent back to it, is none of the other's", async () => {
  const { comparing, asked } = await proved();
  // Sealed in the wrong direction, otherwise right.
  const box = sealLink(comparing.oldDevice.channel, "fromOld", LINK_MESSAGE.prove, encodeCbor([1]), random);
  expect(onLinkMessageToOld(asked.link, encodeSealed(LINK_MESSAGE.prove, box)).kind).toBe("failed");
  const turned = sealLink(
    comparing.newDevice.channel,
    "fromNew",
    LINK_MESSAGE.ask,
    encodeCbor([1, new Uint8Array(32)]),
    random,
  );
  expect(
    (await onLinkMessageToNew(comparing.newDevice, encodeSealed(LINK_MESSAGE.ask, turned), random)).link.kind,
  ).toBe("failed");
  // Right inside, and said to be another.
  const right = decodeSealed(LINK_MESSAGE.ask, asked.message)!;
  expect(
    (await onLinkMessageToNew(comparing.newDevice, encodeSealed(LINK_MESSAGE.enrol, right), random)).link.kind,
  ).toBe("failed");
  // Sealed as one message and sent as another.
  const ask = sealLink(
    comparing.oldDevice.channel,
    "fromOld",
    LINK_MESSAGE.enrol,
    encodeCbor([1, new Uint8Array(32)]),
    random,
  );
  expect((await onLinkMessageToNew(comparing.newDevice, encodeSealed(LINK_MESSAGE.ask, ask), random)).link.kind).toBe(
    "failed",
  );
});

test("[T37] halves of the exchange that give everybody the same secret are refused on both sides", async () => {
  const one = new Uint8Array(32);
  one[0] = 1;
  for (const bad of [new Uint8Array(32), one]) {
    const begun = beginLink(applicantOf(), random);
    const { kemKey } = oldShare(random);
    const hello = encodeHello({ ephemeral: bad, kemKey, nonce: random(32) });
    expect((await onLinkMessageToNew(begun.link, hello, random)).link.kind).toBe("failed");
    const greeted = greetLink({ commitment: random(32), prefix: null }, random);
    const parts = { nonce: random(32), encapsulation: random(1088), description: random(200) };
    const reveal = encodeReveal({ ...parts, ephemeral: bad });
    expect(onLinkMessageToOld(greeted.link, reveal).kind).toBe("failed");
  }
});

test("[T69] the digits are fixed once both have said what they can't take back: nothing in the answer moves them", async () => {
  // Whoever has seen the other side's nonce may seal and encapsulate anew as often as it likes.
  const fake = beginLink(applicantOf(), random);
  const greeted = greetLink({ commitment: fake.commitment, prefix: null }, random);
  const [replies, digits] = [new Set<string>(), new Set<string>()];
  for (let i = 0; i < 20; i++) {
    const step = await onLinkMessageToNew(fake.link, greeted.message!, random);
    replies.add(step.reply!.join());
    digits.add(old(onLinkMessageToOld(greeted.link, step.reply!), "comparing").digits);
    digits.add(fresh(step.link, "comparing").digits);
  }
  expect(replies.size).toBe(20);
  expect(digits.size).toBe(1);
});

test("[T69] digits and keys cover the commitment, both halves and both nonces", () => {
  const share = newShare(random);
  const hello: LinkHello = oldShare(random);
  const commitment = random(32);
  const coins = random(32);
  const made = (parts: { share?: NewShare; hello?: LinkHello; commitment?: Uint8Array } = {}) => {
    const agreed = channelOfNew(
      parts.share ?? share,
      parts.commitment ?? commitment,
      parts.hello ?? hello,
      () => coins,
    );
    const { channel } = agreed!;
    return { digits: linkDigits(channel), fromNew: channel.fromNew.join(), fromOld: channel.fromOld.join() };
  };
  const base = made();
  expect(made()).toEqual(base);
  expect(base.fromNew).not.toBe(base.fromOld);
  const { kemKey, ephemeral } = oldShare(random);
  for (const changed of [
    made({ commitment: random(32) }),
    made({ hello: { ...hello, nonce: random(32) } }),
    made({ hello: { ...hello, kemKey } }),
    made({ hello: { ...hello, ephemeral } }),
    made({ share: { ...share, nonce: random(32) } }),
    made({ share: { ...newShare(random), nonce: share.nonce } }),
  ])
    for (const what of ["digits", "fromNew", "fromOld"] as const) expect(changed[what]).not.toBe(base[what]);
});

test("who breaks one of the two exchanges alone opens nothing", async () => {
  const { comparing, messages } = await proved();
  const { secrets, channel } = comparing.newDevice;
  const hello = decodeHello(messages.hello)!;
  const again = channelOfNew(secrets.share, secrets.commitment, hello, random)!;
  expect(again.channel.exchange).toEqual(channel.exchange);
  expect(again.channel.fromNew).not.toEqual(channel.fromNew);
  const greeting = old(greetLink({ commitment: secrets.commitment, prefix: null }, random).link, "greeting");
  const other = { ...greeting.share, ...hello };
  expect(channelOfOld(other, secrets.commitment, decodeReveal(messages.reveal)!)?.fromNew).not.toEqual(channel.fromNew);
});

test("[T55] hostile bytes are answered with a failed link, never with an exception", async () => {
  const { waiting, comparing, asked, newDevice } = await proved();
  const greeted = greetLink({ commitment: random(32), prefix: null }, random).link;
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.oneof(fc.nat(6), fc.string({ maxLength: 5 }), fc.uint8Array({ maxLength: 40 })), { maxLength: 6 })
      .map((value) => encodeCbor(value)),
  );
  await fc.assert(
    fc.asyncProperty(noise, async (message) => {
      for (const state of [waiting, comparing.newDevice, newDevice])
        expect((await onLinkMessageToNew(state, message, random)).link.kind).toBe("failed");
      for (const state of [greeted, asked.link]) expect(onLinkMessageToOld(state, message).kind).toBe("failed");
    }),
  );
  // Sealed by the other side itself, and still not what it should be.
  const { channel } = comparing.oldDevice;
  const fields = (decodeCbor(encodeEnrolment(enrolmentOf(ada.chain))) as { value: unknown[] }).value;
  const badly = (type: 3 | 5, value: unknown) =>
    encodeSealed(type, sealLink(channel, "fromOld", type, encodeCbor(value), random));
  for (const value of [[1], [2, random(32)], [1, random(31)], [1, random(32), 0], {}])
    expect((await onLinkMessageToNew(comparing.newDevice, badly(3, value), random)).link.kind).toBe("failed");
  for (let i = 0; i < fields.length; i++)
    for (const value of [undefined, null, "A", -1, [], new Uint8Array(3)]) {
      const changed =
        value === undefined ? fields.filter((_, at) => at !== i) : fields.map((x, at) => (at === i ? value : x));
      expect((await onLinkMessageToNew(newDevice, badly(5, changed), random)).link.kind).toBe("failed");
    }
  expect((await onLinkMessageToNew(waiting, new Uint8Array(400_000), random)).link.kind).toBe("failed");
});

test("[T69] the code is text that only Sotto's settings read: any case, spaces and dashes, and no address", () => {
  const { commitment } = beginLink(applicantOf(), random);
  const code = "0A1B2C3D";
  const qr = linkQr(code, commitment);
  expect(qr).toMatch(/^SOTTO LINK [0-9A-Z]{8} [0-9A-Z]{26}$/);
  expect(parseLinkCode(qr)).toEqual({ code, prefix: commitment.slice(0, 16) });
  expect(parseLinkCode(` ${qr.toLowerCase()}\n`)).toEqual({ code, prefix: commitment.slice(0, 16) });
  for (const typed of [code, "0a1b-2c3d", " OA 1B 2C 3D ", "oalb-2c3d", "0-A-i-B-2-C-3-D"])
    expect(parseLinkCode(typed), `typed ${typed}`).toEqual({ code, prefix: null });
  for (const bad of [
    "",
    "0A1B2C3",
    "0A1B2C3D4",
    "0A1B2C3U",
    "SOTTO LINK 0A1B2C3D",
    `${qr}0`,
    qr.slice(0, -1),
    `https://example.org/${qr}`,
    `sotto://link/${code}`,
    qr.replace("LINK", "JOIN"),
    `${qr.slice(0, -1)}Z`, // bits that nobody wrote
    qr.replaceAll(" ", "  "),
  ])
    expect(parseLinkCode(bad), `text ${bad}`).toBeUndefined();
});

test("six digits, evenly", async () => {
  const seen = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const begun = beginLink(applicantOf(), random);
    const greeted = greetLink({ commitment: begun.commitment, prefix: null }, random);
    const { link } = await onLinkMessageToNew(begun.link, greeted.message!, random);
    const { digits } = fresh(link, "comparing");
    expect(digits).toMatch(/^\d{6}$/);
    seen.add(digits[0]!);
  }
  expect(seen.size).toBeGreaterThan(6);
});
