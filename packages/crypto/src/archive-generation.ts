import { encodeCbor, idBytes, type AccountId } from "@sotto/protocol";
import { LABEL } from "./labels.ts";
import { sign, verify } from "./signature.ts";

/** A generation of an account's archive, as one of its devices hands it to another. `key`: 32 bytes. */
export type ArchiveGeneration = { account: AccountId; generation: number; key: Uint8Array };

const VERSION = 1;

const body = ({ account, generation, key }: ArchiveGeneration): Uint8Array =>
  encodeCbor([VERSION, idBytes(account), generation, key]);

/**
 * Only who opens the vault begins a generation. Without this a stolen device could tell the others a key of its own for a generation
 * that is still to come, and read the archive after it was ended.
 * @returns 64 bytes
 */
export function signArchiveGeneration(accountPrivateKey: Uint8Array, generation: ArchiveGeneration): Uint8Array {
  return sign(accountPrivateKey, LABEL.archiveGeneration, body(generation));
}

/** @param told `accountKey`: of the account's pinned chain */
export function verifyArchiveGeneration(
  told: ArchiveGeneration & { accountKey: Uint8Array; signature: Uint8Array },
): boolean {
  return verify(told.accountKey, LABEL.archiveGeneration, body(told), told.signature);
}
