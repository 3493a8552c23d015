import {
  createProvider,
  createGroup,
  createKeyPackage,
  epochAuthenticator,
  generateLeafKey,
  open,
  seal,
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

const identity = { account: accountIdOf(new Uint8Array(32).fill(1)), device: deviceIdOf(new Uint8Array(16).fill(2)) };
const conversation = conversationIdOf(new Uint8Array(16).fill(3));
const extension: ConversationExtension = {
  kind: KIND.self,
  accounts: [[identity.account, ROLE.admin]],
  policy: { add: "admins", ...MEMBERS_MAY, join: "closed", history: "archive", timerSeconds: 0 },
  profileHash: null,
};

async function lifeOf(provider: Awaited<ReturnType<typeof createProvider>>) {
  const leafKey = generateLeafKey(provider);
  const chain = new Uint8Array(100);
  const lifetime = { notBefore: 1n, notAfter: 1000n };
  const keyPackage = await createKeyPackage({ provider, identity, leafKey, chain, lifetime });
  const group = await createGroup({ provider, conversation, identity, leafKey, chain, extension });
  const { sealed, next } = await seal(group, new Uint8Array(64));
  return { keyPackage, sealed, authenticator: epochAuthenticator(next), echo: (await open(next, sealed)).kind };
}

test("gives the very bytes of the product's portable provider with the same random bytes", async () => {
  const [a, b] = [new Random("x"), new Random("x")];
  const [ours, theirs] = await Promise.all([
    lifeOf(await seededProvider((length) => a.bytes(length))),
    lifeOf(await createProvider({ random: (length) => b.bytes(length) })),
  ]);
  expect(ours).toEqual(theirs);
  expect(ours.echo).toBe("own-echo");
});

test("encapsulates, signs and seals as the portable provider does", async () => {
  const [a, b] = [new Random("y"), new Random("y")];
  const ours = (await seededProvider((length) => a.bytes(length))).suite;
  const theirs = (await createProvider({ random: (length) => b.bytes(length) })).suite;
  const [pair, same] = [await ours.hpke.generateKeyPair(), await theirs.hpke.generateKeyPair()];
  const text = new Uint8Array(33).fill(9);
  const info = new Uint8Array(5);
  const sealed = await ours.hpke.seal(pair.publicKey, text, info, undefined);
  expect(await theirs.hpke.seal(same.publicKey, text, info, undefined)).toEqual(sealed);
  expect(await ours.hpke.open(pair.privateKey, sealed.enc, sealed.ct, info, undefined)).toEqual(text);
  expect(await theirs.hpke.open(same.privateKey, sealed.enc, sealed.ct, info, undefined)).toEqual(text);
  const changed = sealed.ct.slice();
  changed[0]! ^= 1;
  await expect(ours.hpke.open(pair.privateKey, sealed.enc, changed, info, undefined)).rejects.toThrow();

  const { signKey, publicKey } = await ours.signature.keygen();
  const signature = await theirs.signature.sign(signKey, text);
  expect(await ours.signature.sign(signKey, text)).toEqual(signature);
  expect(await ours.signature.verify(publicKey, text, signature)).toBe(true);
  expect(await ours.signature.verify(publicKey, changed, signature)).toBe(false);
  expect(await ours.signature.verify(text, text, signature)).toBe(false);
});
