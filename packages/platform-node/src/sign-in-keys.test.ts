import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { expect, test } from "vitest";
import { nodeSignInKeys } from "./sign-in-keys.ts";

test("a key signs by its reference, and its public half verifies that and nothing else", async () => {
  const keys = nodeSignInKeys();
  const { reference, publicKey } = await keys.create();
  expect(publicKey.length).toBe(32);
  const message = new TextEncoder().encode("challenge");
  const signature = await keys.sign(reference, message);
  expect(signature.constructor).toBe(Uint8Array);
  expect(signature.length).toBe(64);
  const verifier = createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") },
    format: "jwk",
  });
  expect(verify(null, message, verifier, signature)).toBe(true);
  expect(verify(null, message.subarray(1), verifier, signature)).toBe(false);
  // The reference alone is enough after a restart.
  expect(verify(null, message, verifier, await nodeSignInKeys().sign(reference.slice(), message))).toBe(true);
});

test("each key is another one", async () => {
  const keys = nodeSignInKeys();
  const [one, two] = [await keys.create(), await keys.create()];
  expect(one.publicKey).not.toEqual(two.publicKey);
  expect(one.reference).not.toEqual(two.reference);
});

test("a reference that is no Ed25519 key is refused", async () => {
  const keys = nodeSignInKeys();
  const { reference } = await keys.create();
  const other = generateKeyPairSync("x25519").privateKey.export({ format: "der", type: "pkcs8" });
  for (const wrong of [new Uint8Array(), reference.subarray(1), new Uint8Array(other)]) {
    await expect(keys.sign(wrong, new Uint8Array(3))).rejects.toThrow();
  }
});
