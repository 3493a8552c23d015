import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equalBytes } from "@sotto/protocol";
import type { Key, Subtle } from "./webcrypto.ts";

/** Ed25519 (RFC 8032). Keys are 32 bytes; a private key is its seed. `verify` answers false to anything malformed. */
export interface Signer {
  sign(privateKey: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

export const SIGNATURE_BYTES = 64;
export const ED25519_KEY_BYTES = 32;
const { Point } = ed25519;

function littleEndian(bytes: Uint8Array): bigint {
  let number = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) number = (number << 8n) | BigInt(bytes[i]!);
  return number;
}

/**
 * Is this a canonically encoded point that isn't of small order? Implementations disagree on signatures under any other
 * key, and what one member accepts all must accept; so such keys never enter a tree.
 */
export function isUsableSignatureKey(bytes: Uint8Array): boolean {
  if (bytes.length !== ED25519_KEY_BYTES) return false;
  try {
    return !Point.fromBytes(bytes).isSmallOrder();
  } catch {
    return false;
  }
}

/** In JavaScript. Verifies without cofactor and by comparing R's bytes, exactly as WebCrypto does (RFC 8032 §5.1.7, FIPS 186-5). */
export function portableSigner(): Signer {
  return {
    async sign(privateKey, message) {
      return ed25519.sign(message, privateKey);
    },
    async verify(publicKey, message, signature) {
      if (signature.length !== SIGNATURE_BYTES || !isUsableSignatureKey(publicKey)) return false;
      const s = littleEndian(signature.subarray(32));
      const order = Point.Fn.ORDER;
      if (s >= order) return false;
      const r = signature.subarray(0, 32);
      const k = littleEndian(sha512(concat(r, publicKey, message))) % order;
      const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k));
      return equalBytes(expected.toBytes(), r);
    },
  };
}

const ED25519 = "Ed25519";
// RFC 8410: the PKCS #8 frame of a raw Ed25519 key.
const ED25519_PKCS8 = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);

/** On WebCrypto. Imported keys are kept for as long as the given array lives, so leaves of a group are imported once. */
export function nativeSigner(subtle: Subtle): Signer {
  const signing = new WeakMap<Uint8Array, Promise<Key>>();
  const verifying = new WeakMap<Uint8Array, Promise<Key>>();

  function signingKey(privateKey: Uint8Array): Promise<Key> {
    let known = signing.get(privateKey);
    if (known === undefined) {
      known = subtle.importKey("pkcs8", concat(ED25519_PKCS8, privateKey), ED25519, false, ["sign"]);
      signing.set(privateKey, known);
    }
    return known;
  }

  function verifyingKey(publicKey: Uint8Array): Promise<Key> {
    let known = verifying.get(publicKey);
    if (known === undefined) {
      known = isUsableSignatureKey(publicKey)
        ? subtle.importKey("raw", publicKey, ED25519, false, ["verify"])
        : Promise.reject(new TypeError("unusable signature key"));
      verifying.set(publicKey, known);
    }
    return known;
  }

  return {
    async sign(privateKey, message) {
      return new Uint8Array(await subtle.sign(ED25519, await signingKey(privateKey), message));
    },
    async verify(publicKey, message, signature) {
      if (signature.length !== SIGNATURE_BYTES) return false;
      try {
        return await subtle.verify(ED25519, await verifyingKey(publicKey), signature, message);
      } catch {
        return false;
      }
    },
  };
}

/** The public half of a 32-byte seed. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(privateKey);
}

/** RFC 8032 §7.1, test 2: known, because computing it here would take longer than all the rest of a start. */
const KNOWN = {
  seed: hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
  publicKey: hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
  message: hex("72"),
  signature: hex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ),
};

function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Does this platform sign and verify Ed25519? */
export async function hasNativeEd25519(subtle: Subtle): Promise<boolean> {
  const { seed, publicKey, message, signature } = KNOWN;
  try {
    const signer = nativeSigner(subtle);
    return (
      equalBytes(await signer.sign(seed, message), signature) && (await signer.verify(publicKey, message, signature))
    );
  } catch {
    return false;
  }
}
