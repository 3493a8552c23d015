import { sha256 } from "./hash.ts";

/** By which a vault that is to be replaced is named: SHA-256 of its bytes, so that none is overwritten unseen. */
export function vaultDigest(vault: Uint8Array): Uint8Array {
  return sha256(vault);
}
