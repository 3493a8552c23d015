import { encodeCbor, idBytes, type AccountId, type DeviceId } from "@sotto/protocol";
import { labelled } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { sign, verify } from "./signature.ts";

/** What a connection proves. `origin`: where the device believes to be connected; a proof for one origin is worth nothing at another. */
export type SessionChallenge = { origin: string; challenge: Uint8Array; account: AccountId; device: DeviceId };

const VERSION = 1;

const body = ({ origin, challenge, account, device }: SessionChallenge): Uint8Array =>
  encodeCbor([VERSION, origin, challenge, idBytes(account), idBytes(device)]);

/** The bytes that the device's sign-in key signs (Ed25519), label included. */
export function sessionChallengeMessage(challenge: SessionChallenge): Uint8Array {
  return labelled(LABEL.sessionChallenge, body(challenge));
}

export function signSessionChallenge(privateKey: Uint8Array, challenge: SessionChallenge): Uint8Array {
  return sign(privateKey, LABEL.sessionChallenge, body(challenge));
}

/** Did the owner of this sign-in key answer exactly this challenge? Whether the device is active is the chain's question. */
export function verifySessionChallenge(
  answer: SessionChallenge & { publicKey: Uint8Array; signature: Uint8Array },
): boolean {
  return verify(answer.publicKey, LABEL.sessionChallenge, body(answer), answer.signature);
}
