import { idBytes, type DeviceId } from "@sotto/protocol";
import { LABEL } from "./labels.ts";
import { RECOVERY_KEY_BYTES, recoverySigningKey } from "./recovery-key.ts";
import { generateKeyPair, keyPairOf, sign } from "./signature.ts";
import { assertRoom, signedBy, signedStatement, verifiedStatements, type SignMessage } from "./signed-statement.ts";
import { accountKeyBody, RECLAIM_STAGE, recoveryKeyBody, STATEMENT } from "./statement.ts";

type Random = (length: number) => Uint8Array;

/**
 * Puts a new account key in the place of the present one, which vouches for it.
 * @param chain statements so far
 * @param accountPrivateKey the present one
 * @param rotatedAt seconds since the Unix epoch
 */
export async function createRotateAccountKey(parts: {
  chain: readonly Uint8Array[];
  accountPrivateKey: Uint8Array;
  rotatedAt: number;
  random: Random;
}): Promise<{ statement: Uint8Array; accountPrivateKey: Uint8Array }> {
  const chain = verifiedStatements(parts.chain);
  const { privateKey, publicKey } = generateKeyPair(parts.random);
  const body = accountKeyBody(chain.account, publicKey, chain.recoveryKey);
  const fields = [publicKey, parts.rotatedAt, sign(privateKey, LABEL.accountKeyPossession, body)];
  const signer = signedBy(parts.accountPrivateKey);
  const statement = await signedStatement(signer, STATEMENT.rotateAccountKey, chain.head, fields);
  assertRoom(parts.chain, statement);
  return { statement, accountPrivateKey: privateKey };
}

/** Puts a new recovery key in the place of the present one. @returns it too, 16 bytes. The vault needs its wrapping as well. */
export async function createRotateRecoveryKey(parts: {
  chain: readonly Uint8Array[];
  accountPrivateKey: Uint8Array;
  rotatedAt: number;
  random: Random;
}): Promise<{ statement: Uint8Array; recoveryKey: Uint8Array }> {
  const chain = verifiedStatements(parts.chain);
  const recoveryKey = parts.random(RECOVERY_KEY_BYTES);
  const { privateKey, publicKey } = recoverySigningKey(recoveryKey);
  const proof = sign(privateKey, LABEL.recoveryKeyPossession, recoveryKeyBody(chain.account, publicKey));
  const signer = signedBy(parts.accountPrivateKey);
  const fields = [publicKey, parts.rotatedAt, proof];
  const statement = await signedStatement(signer, STATEMENT.rotateRecoveryKey, chain.head, fields);
  assertRoom(parts.chain, statement);
  return { statement, recoveryKey };
}

/**
 * Says that this device takes the account over, under new keys, since the present ones are lost. The keys are to be kept
 * on the device until {@link createCompleteReclaim}.
 * @param announcedAt seconds since the Unix epoch
 */
export async function createAnnounceReclaim(parts: {
  chain: readonly Uint8Array[];
  device: DeviceId;
  signWithSignInKey: SignMessage;
  announcedAt: number;
  random: Random;
}): Promise<{ statement: Uint8Array; accountPrivateKey: Uint8Array; recoveryKey: Uint8Array }> {
  const accountPrivateKey = generateKeyPair(parts.random).privateKey;
  const recoveryKey = parts.random(RECOVERY_KEY_BYTES);
  const keys = { accountPrivateKey, recoveryKey };
  const stage = RECLAIM_STAGE.announced;
  const statement = await reclaim({ ...parts, ...keys, stage, at: parts.announcedAt });
  assertRoom(parts.chain, statement);
  return { statement, ...keys };
}

/**
 * Takes the account over, as it was announced. Not before {@link reclaimCompletesAt}.
 * @param accountPrivateKey and recoveryKey: as made by the announcement
 * @param completedAt seconds since the Unix epoch
 */
export async function createCompleteReclaim(parts: {
  chain: readonly Uint8Array[];
  device: DeviceId;
  signWithSignInKey: SignMessage;
  accountPrivateKey: Uint8Array;
  recoveryKey: Uint8Array;
  completedAt: number;
}): Promise<Uint8Array> {
  return reclaim({ ...parts, stage: RECLAIM_STAGE.completed, at: parts.completedAt });
}

async function reclaim(parts: {
  chain: readonly Uint8Array[];
  stage: number;
  device: DeviceId;
  signWithSignInKey: SignMessage;
  accountPrivateKey: Uint8Array;
  recoveryKey: Uint8Array;
  at: number;
}): Promise<Uint8Array> {
  const { stage, device, at, accountPrivateKey } = parts;
  const chain = verifiedStatements(parts.chain);
  const accountKey = keyPairOf(accountPrivateKey).publicKey;
  const recoveryKey = recoverySigningKey(parts.recoveryKey).publicKey;
  const body = accountKeyBody(chain.account, accountKey, recoveryKey);
  const proof = sign(accountPrivateKey, LABEL.accountKeyPossession, body);
  const fields = [stage, accountKey, recoveryKey, idBytes(device), at, proof];
  return signedStatement(parts.signWithSignInKey, STATEMENT.reclaim, chain.head, fields);
}
