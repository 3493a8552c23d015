import { encodeCbor } from "@sotto/protocol";
import { LABEL } from "./labels.ts";
import { recoverySigningKey } from "./recovery-key.ts";
import { sign, verify } from "./signature.ts";

/**
 * What the owner of a recovery key proves, to be given the vault without the password. `origin`: where the device believes to be
 * connected; a proof for one origin is worth nothing at another. `username`: as the server was asked for it.
 */
export type RecoveryChallenge = { origin: string; challenge: Uint8Array; username: string };

const VERSION = 1;

const body = ({ origin, challenge, username }: RecoveryChallenge): Uint8Array =>
  encodeCbor([VERSION, origin, challenge, username]);

/** @param recoveryKey 16 bytes @returns 64 bytes, Ed25519 by its signing half */
export function signRecoveryChallenge(recoveryKey: Uint8Array, challenge: RecoveryChallenge): Uint8Array {
  return sign(recoverySigningKey(recoveryKey).privateKey, LABEL.recoveryChallenge, body(challenge));
}

/** Did the owner of the recovery key answer exactly this challenge? @param answer `publicKey`: the recovery key of the account's chain */
export function verifyRecoveryChallenge(
  answer: RecoveryChallenge & { publicKey: Uint8Array; signature: Uint8Array },
): boolean {
  return verify(answer.publicKey, LABEL.recoveryChallenge, body(answer), answer.signature);
}
