import { concat, equalBytes } from "@sotto/protocol";
import { deriveKey, labelledHash } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { keyPairOf, type KeyPair } from "./signature.ts";

/** Random bytes of a recovery key: what a person writes down, in place of the password. */
export const RECOVERY_KEY_BYTES = 16;
const CHECKSUM_BYTES = 4;

// Crockford's base32: without I, L, O and U, which are misread or spell words.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NONE = new Uint8Array(0);

const checksum = (key: Uint8Array): Uint8Array => labelledHash(LABEL.recoveryChecksum, key).subarray(0, CHECKSUM_BYTES);

/** Eight groups of four characters: 128 bits and a checksum of 32. */
export function printRecoveryKey(key: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of concat(key, checksum(key))) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >> bits) & 31]!;
    }
  }
  return text.replaceAll(/(.{4})(?=.)/g, "$1-");
}

/** Reads what a person typed: any case, spaces and dashes anywhere, O for 0, I and L for 1. Undefined when it isn't a recovery key. */
export function parseRecoveryKey(text: string): Uint8Array | undefined {
  const characters = text.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  if (characters.length !== ((RECOVERY_KEY_BYTES + CHECKSUM_BYTES) * 8) / 5) return undefined;
  const bytes = new Uint8Array(RECOVERY_KEY_BYTES + CHECKSUM_BYTES);
  let buffer = 0;
  let bits = 0;
  let offset = 0;
  for (const character of characters) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return undefined;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (buffer >> bits) & 0xff;
    }
  }
  const key = bytes.slice(0, RECOVERY_KEY_BYTES);
  return equalBytes(checksum(key), bytes.subarray(RECOVERY_KEY_BYTES)) ? key : undefined;
}

/** The signing key whose public half stands in genesis. */
export function recoverySigningKey(recoveryKey: Uint8Array): KeyPair {
  return keyPairOf(deriveKey(recoveryKey, LABEL.recoverySigningKey, NONE));
}

/** The key that wraps the vault key. @returns 32 bytes */
export function recoveryWrappingKey(recoveryKey: Uint8Array): Uint8Array {
  return deriveKey(recoveryKey, LABEL.recoveryWrappingKey, NONE);
}
