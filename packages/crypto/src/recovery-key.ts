import { concat, equalBytes } from "@sotto/protocol";
import { asTyped, fromBase32, toBase32 } from "./base32.ts";
import { deriveKey, labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { keyPairOf, type KeyPair } from "./signature.ts";

/** Random bytes of a recovery key: what a person writes down, in place of the password. */
export const RECOVERY_KEY_BYTES = 16;
const CHECKSUM_BYTES = 4;

const NONE = new Uint8Array(0);

const checksum = (key: Uint8Array): Uint8Array => labelledHash(LABEL.recoveryChecksum, key).subarray(0, CHECKSUM_BYTES);

/** Eight groups of four characters: 128 bits and a checksum of 32. */
export function printRecoveryKey(key: Uint8Array): string {
  return toBase32(concat(key, checksum(key))).replaceAll(/(.{4})(?=.)/g, "$1-");
}

/** Reads what a person typed: any case, spaces and dashes anywhere, O for 0, I and L for 1. Undefined when it isn't a recovery key. */
export function parseRecoveryKey(text: string): Uint8Array | undefined {
  const bytes = fromBase32(asTyped(text));
  if (bytes?.length !== RECOVERY_KEY_BYTES + CHECKSUM_BYTES) return undefined;
  const key = bytes.slice(0, RECOVERY_KEY_BYTES);
  return equalBytes(checksum(key), bytes.subarray(RECOVERY_KEY_BYTES)) ? key : undefined;
}

/** The signing key whose public half stands in the chain. */
export function recoverySigningKey(recoveryKey: Uint8Array): KeyPair {
  return keyPairOf(deriveKey(recoveryKey, LABEL.recoverySigningKey, NONE));
}

/** The key that wraps the vault key. @returns 32 bytes */
export function recoveryWrappingKey(recoveryKey: Uint8Array): Uint8Array {
  return deriveKey(recoveryKey, LABEL.recoveryWrappingKey, NONE);
}
