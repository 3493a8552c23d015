import { conversationIdOf, equalBytes, utf8 } from "@sotto/protocol";
import { expect, test } from "vitest";
import { verifyChain, type VerifiedChain } from "./chain.ts";
import { createAddDevice, createGenesis, createRevokeDevice } from "./create-statements.ts";
import { inviteIdOfSecret, openInvitePreview, openJoinRequest, sealInvitePreview, sealJoinRequest } from "./invite.ts";
import { generateKeyPair, signMessage } from "./signature.ts";
import { seededRandom } from "../test/seeded-random.ts";

const random = seededRandom(7);
const conversation = conversationIdOf(random(16));
const elsewhere = conversationIdOf(random(16));
const place = { conversation, secret: random(32) };

async function asker() {
  const genesis = await createGenesis(random);
  const statements = [genesis.statement];
  const [signIn, leaf] = [generateKeyPair(random), generateKeyPair(random)];
  const { statement, device } = await createAddDevice({
    chain: statements,
    accountPrivateKey: genesis.accountPrivateKey,
    signInPublicKey: signIn.publicKey,
    leafKey: leaf,
    kind: "web",
    addedAt: 1_800_000_000,
    signWithSignInKey: async (message) => signMessage(signIn.privateKey, message),
  });
  statements.push(statement);
  const revoke = async () =>
    statements.push(
      await createRevokeDevice({
        chain: statements,
        device,
        signer: { kind: "account", privateKey: genesis.accountPrivateKey },
        revokedAt: 1_800_000_001,
      }),
    );
  return { account: genesis.account, device, leaf, revoke, chain: () => chainOf(statements) };
}

function chainOf(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid") throw new Error(verdict.because);
  return verdict.chain;
}

const changed = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

test("a preview opens for whoever has the link, for this conversation alone", () => {
  const says = utf8("Garden");
  const sealed = sealInvitePreview(place, says, random);
  expect(openInvitePreview(place, sealed)).toEqual(says);
  expect(openInvitePreview({ ...place, secret: random(32) }, sealed)).toBeUndefined();
  expect(openInvitePreview({ ...place, conversation: elsewhere }, sealed)).toBeUndefined();
  for (let at = 0; at < sealed.length; at++) expect(openInvitePreview(place, changed(sealed, at))).toBeUndefined();
  expect(openInvitePreview(place, new Uint8Array(0))).toBeUndefined();
});

test("the id of a link says nothing of its secret and is another for another", () => {
  const ids = new Set(Array.from({ length: 64 }, () => inviteIdOfSecret(random(32))));
  expect(ids.size).toBe(64);
  expect(equalBytes(utf8(inviteIdOfSecret(place.secret)), utf8(inviteIdOfSecret(place.secret)))).toBe(true);
});

test("[T93] a request counts only with the secret, from the account that signed it, by a device that it has", async () => {
  const [ann, eve] = [await asker(), await asker()];
  const ask = { account: ann.account, device: ann.device, at: 5, leafPrivateKey: ann.leaf.privateKey };
  const sealed = sealJoinRequest(place, ask, random);
  expect(openJoinRequest(place, sealed, ann.chain())).toEqual({ account: ann.account, device: ann.device, at: 5 });
  // Copied by another account, to another link, to another conversation.
  expect(openJoinRequest(place, sealed, eve.chain())).toBeUndefined();
  expect(openJoinRequest({ ...place, secret: random(32) }, sealed, ann.chain())).toBeUndefined();
  expect(openJoinRequest({ ...place, conversation: elsewhere }, sealed, ann.chain())).toBeUndefined();
  // In Ann's name by somebody who has the link and not her keys.
  const forged = sealJoinRequest(place, { ...ask, leafPrivateKey: eve.leaf.privateKey }, random);
  expect(openJoinRequest(place, forged, ann.chain())).toBeUndefined();
  const borrowed = sealJoinRequest(place, { ...ask, device: eve.device, leafPrivateKey: eve.leaf.privateKey }, random);
  expect(openJoinRequest(place, borrowed, ann.chain())).toBeUndefined();
  for (let at = 0; at < sealed.length; at += 3)
    expect(openJoinRequest(place, changed(sealed, at), ann.chain())).toBeUndefined();
  await ann.revoke();
  expect(openJoinRequest(place, sealed, ann.chain())).toBeUndefined();
});
