import { isDeepStrictEqual } from "node:util";
import {
  createGroup,
  createKeyPackage,
  epochAuthenticator,
  generateLeafKey,
  open,
  seal,
  type Provider,
} from "@sotto/mls";
import {
  KIND,
  MEMBERS_MAY,
  ROLE,
  accountIdOf,
  conversationIdOf,
  deviceIdOf,
  type ConversationExtension,
} from "@sotto/protocol";
import { expect, test } from "vitest";
import { Random } from "./random.ts";
import { seededProvider } from "./seeded-provider.ts";
import { standInProvider } from "./stand-in-provider.ts";

const identity = { account: accountIdOf(new Uint8Array(32).fill(1)), device: deviceIdOf(new Uint8Array(16).fill(2)) };
const extension: ConversationExtension = {
  kind: KIND.self,
  accounts: [[identity.account, ROLE.admin]],
  policy: { add: "admins", ...MEMBERS_MAY, join: "closed", history: "archive", timerSeconds: 0 },
  profileHash: null,
};
const text = new Uint8Array(33).fill(9);
const info = new Uint8Array(5);
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte));

const suiteOf = async (seed: string) => {
  const random = new Random(seed);
  return (await standInProvider((length) => random.bytes(length))).suite;
};

test("only the key that something was sealed to opens it, unchanged", async () => {
  const { hpke } = await suiteOf("seal");
  const [ours, theirs] = [await hpke.generateKeyPair(), await hpke.generateKeyPair()];
  const { enc, ct } = await hpke.seal(ours.publicKey, text, info, undefined);
  expect(await hpke.open(ours.privateKey, enc, ct, info, undefined)).toEqual(text);
  await expect(hpke.open(theirs.privateKey, enc, ct, info, undefined)).rejects.toThrow();
  await expect(hpke.open(ours.privateKey, flipped(enc), ct, info, undefined)).rejects.toThrow();
  await expect(hpke.open(ours.privateKey, enc, flipped(ct), info, undefined)).rejects.toThrow();
  await expect(hpke.open(ours.privateKey, enc, ct, new Uint8Array(6), undefined)).rejects.toThrow();
  await expect(hpke.open(ours.privateKey, enc, ct, info, text)).rejects.toThrow();
  await expect(hpke.open(ours.privateKey, enc.subarray(1), ct, info, undefined)).rejects.toThrow();
  const { enc: kem, secret } = await hpke.exportSecret(ours.publicKey, text, 64, info);
  expect(await hpke.importSecret(ours.privateKey, text, kem, 64, info)).toEqual(secret);
  expect(await hpke.importSecret(theirs.privateKey, text, kem, 64, info)).not.toEqual(secret);
});

test("a signature fits its key and its message alone", async () => {
  const { signature } = await suiteOf("sign");
  const [ours, theirs] = [await signature.keygen(), await signature.keygen()];
  const signed = await signature.sign(ours.signKey, text);
  expect(await signature.verify(ours.publicKey, text, signed)).toBe(true);
  expect(await signature.verify(theirs.publicKey, text, signed)).toBe(false);
  expect(await signature.verify(ours.publicKey, flipped(text), signed)).toBe(false);
  expect(await signature.verify(ours.publicKey, text, flipped(signed))).toBe(false);
});

test("hashes and derives as the real suite does", async () => {
  const { kdf, hash } = await suiteOf("derive");
  const real = (await seededProvider((length) => new Uint8Array(length))).suite;
  for (const length of [0, 31, 64, 128, 129, 1000]) {
    const [salt, ikm] = [new Uint8Array(length).fill(7), new Uint8Array(length + 1).fill(8)];
    expect(await kdf.extract(salt, ikm)).toEqual(await real.kdf.extract(salt, ikm));
    expect(await kdf.expand(text, ikm, length)).toEqual(await real.kdf.expand(text, ikm, length));
    expect(await hash.digest(ikm)).toEqual(await real.hash.digest(ikm));
    expect(await hash.mac(salt, ikm)).toEqual(await real.hash.mac(salt, ikm));
  }
});

test("messages have the lengths that they have under the real suite", async () => {
  const lengths = async (provider: Provider) => {
    const leafKey = generateLeafKey(provider);
    const chain = new Uint8Array(100);
    const keyPackage = await createKeyPackage({
      provider,
      identity,
      leafKey,
      chain,
      lifetime: { notBefore: 1n, notAfter: 1000n },
    });
    const conversation = conversationIdOf(new Uint8Array(16).fill(3));
    const group = await createGroup({ provider, conversation, identity, leafKey, chain, extension });
    const { sealed, next } = await seal(group, new Uint8Array(64));
    expect((await open(next, sealed)).kind).toBe("own-echo");
    return {
      publicBytes: keyPackage.publicBytes.length,
      sealed: sealed.length,
      authenticator: epochAuthenticator(next).length,
    };
  };
  const [a, b] = [new Random("z"), new Random("z")];
  const standIn = await lengths(await standInProvider((length) => a.bytes(length)));
  expect(isDeepStrictEqual(standIn, await lengths(await seededProvider((length) => b.bytes(length))))).toBe(true);
});
