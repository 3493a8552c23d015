import type { SignInKeys } from "@sotto/engine";
import { Buffer } from "node:buffer";
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

const PUBLIC_KEY_BYTES = 32;

/**
 * Ed25519 by Node's own cryptography. Node keeps no keys for a program, so the reference is the private key itself (PKCS #8,
 * RFC 8410), which the engine keeps in its encrypted store and nowhere else.
 */
export function nodeSignInKeys(): SignInKeys {
  return {
    async create() {
      const { privateKey, publicKey } = generateKeyPairSync("ed25519");
      const reference = new Uint8Array(privateKey.export({ format: "der", type: "pkcs8" }));
      // The last 32 bytes of the SubjectPublicKeyInfo are the key (RFC 8410 §4).
      const encoded = publicKey.export({ format: "der", type: "spki" });
      return { reference, publicKey: new Uint8Array(encoded.subarray(encoded.length - PUBLIC_KEY_BYTES)) };
    },
    async sign(reference, message) {
      return new Uint8Array(sign(null, message, privateKeyOf(reference)));
    },
  };
}

function privateKeyOf(reference: Uint8Array): KeyObject {
  const key = createPrivateKey({ key: Buffer.from(reference), format: "der", type: "pkcs8" });
  if (key.asymmetricKeyType !== "ed25519") throw new TypeError("not an Ed25519 key");
  return key;
}
