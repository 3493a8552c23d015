import { ed25519 } from "@noble/curves/ed25519.js";
import { labelled } from "./hash.ts";
import type { Label } from "./labels.ts";

/** Ed25519 (RFC 8032). 32 bytes each; the private key is the seed. */
export type KeyPair = { publicKey: Uint8Array; privateKey: Uint8Array };

export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** The pair of a 32-byte seed. The seed isn't copied. */
export function keyPairOf(privateKey: Uint8Array): KeyPair {
  return { privateKey, publicKey: ed25519.getPublicKey(privateKey) };
}

export function generateKeyPair(random: (length: number) => Uint8Array): KeyPair {
  return keyPairOf(random(KEY_BYTES));
}

/** Is this a canonically encoded point that isn't of small order? Under any other key implementations disagree. */
export function isUsableKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES) return false;
  try {
    return !ed25519.Point.fromBytes(publicKey, false).isSmallOrder();
  } catch {
    return false;
  }
}

/** Signs a message that already begins with its label. @returns 64 bytes. */
export function signMessage(privateKey: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, privateKey);
}

/** Signs a label and a body. @returns 64 bytes. */
export function sign(privateKey: Uint8Array, label: Label, body: Uint8Array): Uint8Array {
  return signMessage(privateKey, labelled(label, body));
}

/** Strict verification (RFC 8032 §5.1.7: canonical points and scalars, no small orders). Malformed input is false, never an exception. */
export function verify(publicKey: Uint8Array, label: Label, body: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, labelled(label, body), publicKey, { zip215: false });
  } catch {
    return false;
  }
}
