import { compareBytes, concat, idBytes, toHex, type AccountId } from "@sotto/protocol";
import { labelledHash, labelledHash512 } from "./hash.ts";
import { LABEL } from "./labels.ts";

/** Who stands behind a chain: what genesis fixed, and the key that signs for it now. */
export type ChainIdentity = { account: AccountId; accountKey: Uint8Array };

const GROUPS = 12;
const GROUP_BYTES = 5;

/**
 * Twelve groups of five digits that two people compare: the same on both sides, another as soon as either account or its key is
 * another. 199 bits, so that making two pairs of keys with one number takes some 2^99 tries.
 */
export function safetyNumber(a: ChainIdentity, b: ChainIdentity): string {
  const [first, second] = [a, b]
    .map(({ account, accountKey }) => concat(idBytes(account), accountKey))
    .sort(compareBytes);
  const hash = labelledHash512(LABEL.safetyNumber, first!, second!);
  const groups: string[] = [];
  for (let i = 0; i < GROUPS; i++) {
    let value = 0;
    for (const byte of hash.subarray(i * GROUP_BYTES, (i + 1) * GROUP_BYTES)) value = value * 256 + byte;
    groups.push(String(value % 100_000).padStart(5, "0"));
  }
  return groups.join(" ");
}

/** A public key for people to read: eight groups of four hexadecimal digits, 128 bits. Proof between two people is the safety number. */
export function fingerprint(publicKey: Uint8Array): string {
  return toHex(labelledHash(LABEL.fingerprint, publicKey).subarray(0, 16)).replaceAll(/(.{4})(?=.)/g, "$1 ");
}
