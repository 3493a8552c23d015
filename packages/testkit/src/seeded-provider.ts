import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { createProvider, type Primitives, type Provider } from "@sotto/mls";
import { concat, utf8 } from "@sotto/protocol";
import { remembered } from "./remembered.ts";

/**
 * The product's provider on Node's synchronous cryptography: no step of it leaves the thread, and every random byte comes
 * from `random`. So the same calls give the same bytes in the same order, several times as fast as in JavaScript.
 */
export function seededProvider(
  random: (length: number) => Uint8Array,
  aead: Primitives["aead"] = nodeAead,
): Promise<Provider> {
  return createProvider({ random, primitives: { kem: xWing(random), aead, signer } });
}

// Frames of raw private keys (RFC 8410; draft-ietf-lamps-kyber-certificates, the seed alone) and public ones.
const ED25519_PRIVATE = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);
const ED25519_PUBLIC = Uint8Array.of(48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0);
const X25519_PRIVATE = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 110, 4, 34, 4, 32);
const X25519_PUBLIC = Uint8Array.of(48, 42, 48, 5, 6, 3, 43, 101, 110, 3, 33, 0);
const ML_KEM_PRIVATE = Uint8Array.of(48, 84, 2, 1, 0, 48, 11, 6, 9, 96, 134, 72, 1, 101, 3, 4, 4, 2, 4, 66, 128, 64);

const privateKey = (frame: Uint8Array, raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(concat(frame, raw)), format: "der", type: "pkcs8" });
const publicKey = (frame: Uint8Array, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(concat(frame, raw)), format: "der", type: "spki" });
const rawPublic = (key: KeyObject, length: number): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" })).slice(-length);

const signingKey = remembered((seed) => privateKey(ED25519_PRIVATE, seed));
const verifyingKey = remembered((raw) => publicKey(ED25519_PUBLIC, raw));

const signer: Primitives["signer"] = {
  sign: async (seed, message) => new Uint8Array(sign(null, message, signingKey(seed))),
  verify: async (key, message, signature) => {
    if (key.length !== 32 || signature.length !== 64) return false;
    try {
      return verify(null, message, verifyingKey(key), signature);
    } catch {
      return false; // not a point
    }
  },
};

const TAG_BYTES = 16;

export const nodeAead: Primitives["aead"] = {
  encrypt: async (key, nonce, aad, plaintext) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
    return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
  },
  decrypt: async (key, nonce, aad, ciphertext) => {
    if (ciphertext.length < TAG_BYTES) throw new TypeError("shorter than its tag");
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
    decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
    return concat(decipher.update(ciphertext.subarray(0, -TAG_BYTES)), decipher.final());
  },
};

const PUBLIC_BYTES = 1216;
const CIPHERTEXT_BYTES = 1120;
const ML_KEM_PUBLIC_BYTES = 1184;
const ML_KEM_CIPHERTEXT_BYTES = 1088;
const LABEL = utf8("\\.//^\\");

/** X-Wing (draft-connolly-cfrg-xwing-kem). Only the encapsulation of ML-KEM, which needs coins of ours, is JavaScript. */
function xWing(random: (length: number) => Uint8Array): Primitives["kem"] {
  const combine = (shared: Uint8Array, xShared: Uint8Array, xCiphertext: Uint8Array, xPublic: Uint8Array): Uint8Array =>
    sha3_256(concat(shared, xShared, xCiphertext, xPublic, LABEL));
  const agree = (own: KeyObject, other: Uint8Array): Uint8Array =>
    new Uint8Array(diffieHellman({ privateKey: own, publicKey: publicKey(X25519_PUBLIC, other) }));
  const expanded = remembered((seed) => {
    if (seed.length !== 32) throw new TypeError("X-Wing: expected 32 bytes");
    const bytes = shake256(seed, { dkLen: 96 });
    const mlKem = privateKey(ML_KEM_PRIVATE, bytes.subarray(0, 64));
    const x = privateKey(X25519_PRIVATE, bytes.subarray(64));
    return { mlKem, x, publicBytes: concat(rawPublic(mlKem, ML_KEM_PUBLIC_BYTES), rawPublic(x, 32)) };
  });
  return {
    derive: async (seed) => ({ privateKey: { seed }, publicKey: { bytes: expanded(seed).publicBytes } }),
    encapsulate: async ({ bytes }) => {
      if (bytes.length !== PUBLIC_BYTES) throw new TypeError("X-Wing: expected 1216 bytes");
      const coins = random(64);
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(
        bytes.slice(0, ML_KEM_PUBLIC_BYTES),
        coins.slice(0, 32),
      );
      const ephemeral = privateKey(X25519_PRIVATE, coins.subarray(32));
      const xCiphertext = rawPublic(ephemeral, 32);
      const xPublic = bytes.subarray(ML_KEM_PUBLIC_BYTES);
      return {
        secret: combine(sharedSecret, agree(ephemeral, xPublic), xCiphertext, xPublic),
        ciphertext: concat(cipherText, xCiphertext),
      };
    },
    decapsulate: async ({ seed }, ciphertext) => {
      if (ciphertext.length !== CIPHERTEXT_BYTES) throw new TypeError("X-Wing: expected 1120 bytes");
      const { mlKem, x, publicBytes } = expanded(seed);
      const shared = new Uint8Array(decapsulate(mlKem, ciphertext.subarray(0, ML_KEM_CIPHERTEXT_BYTES)));
      const xCiphertext = ciphertext.subarray(ML_KEM_CIPHERTEXT_BYTES);
      return combine(shared, agree(x, xCiphertext), xCiphertext, publicBytes.subarray(ML_KEM_PUBLIC_BYTES));
    },
  };
}
