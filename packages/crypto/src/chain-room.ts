import { CHAIN_BYTES_MAX, CHAIN_STATEMENTS_MAX } from "@sotto/protocol";
import type { VerifiedChain } from "./chain.ts";
import type { Statement } from "./statement.ts";

/** No statement of its kind is larger: every field has a fixed length, and times are 9 bytes at most. */
export const END_BYTES_MAX = { revokeDevice: 144, closeAccount: 128, completeReclaim: 288 } as const;

/** Statements that a chain can do without. Those that end something, and the second half of what was announced, always fit. */
export function takesRoom(statement: Statement): boolean {
  switch (statement.kind) {
    case "addDevice":
    case "rotateAccountKey":
    case "rotateRecoveryKey":
      return true;
    case "reclaim":
      return statement.stage === "announced";
    case "genesis":
    case "revokeDevice":
    case "closeAccount":
      return false;
  }
}

/**
 * Is there room in this chain to end every device that is active, to complete the reclaim that is announced, and to close
 * the account? Nothing that {@link takesRoom} may take that away, so a chain never gets too full for what protects its owner.
 */
export function canStillEnd({ devices, pendingReclaim, length, bytes }: VerifiedChain): boolean {
  const active = devices.filter((device) => device.active).length;
  const reclaims = pendingReclaim === null ? 0 : 1;
  const { revokeDevice, closeAccount, completeReclaim } = END_BYTES_MAX;
  return (
    length + active + reclaims + 1 <= CHAIN_STATEMENTS_MAX &&
    bytes + active * revokeDevice + reclaims * completeReclaim + closeAccount <= CHAIN_BYTES_MAX
  );
}
