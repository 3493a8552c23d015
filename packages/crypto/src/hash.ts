import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 as sha256Of, sha512 as sha512Of } from "@noble/hashes/sha2.js";
import { concat, utf8 } from "@sotto/protocol";
import type { Label } from "./labels.ts";

/** SHA-256 of the given bytes, 32 bytes. Without a label: only for what a format defines that way. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return sha256Of(bytes);
}

/** A label, then the parts, joined. Parts of variable length must be unambiguous by themselves. */
export function labelled(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  return concat(utf8(label), ...parts);
}

/** SHA-256 under a label, 32 bytes. */
export function labelledHash(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256Of(labelled(label, ...parts));
}

/** SHA-512 under a label, 64 bytes. */
export function labelledHash512(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha512Of(labelled(label, ...parts));
}

/**
 * HKDF-SHA256 (RFC 5869) with the label, then `context`, as info.
 * @param length bytes wanted, at most 8160.
 */
export function deriveKey(secret: Uint8Array, label: Label, context: Uint8Array, length = 32): Uint8Array {
  return hkdf(sha256Of, secret, undefined, labelled(label, context), length);
}

/** Equality of secrets of one length, in time that doesn't depend on where they differ. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
