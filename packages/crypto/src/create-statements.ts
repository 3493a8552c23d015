import { idBytes, SottoError, type AccountId, type DeviceId, encodeCbor } from "@sotto/protocol";
import { deviceIdOfKeys, verifyChain, type VerifiedChain } from "./chain.ts";
import { labelled } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { RECOVERY_KEY_BYTES, recoverySigningKey } from "./recovery-key.ts";
import { generateKeyPair, sign, signMessage, type KeyPair } from "./signature.ts";
import {
  NO_STATEMENT,
  possessionBody,
  REVOKED_BY,
  STATEMENT,
  statementMessage,
  unsignedStatement,
} from "./statement.ts";

/** A key that signs where it lives. @returns 64 bytes, Ed25519 over the given message as it is. */
export type SignMessage = (message: Uint8Array) => Promise<Uint8Array>;

const SALT_BYTES = 16;

const signedBy =
  (privateKey: Uint8Array): SignMessage =>
  async (message) =>
    signMessage(privateKey, message);

async function statement(
  signer: SignMessage,
  kind: number,
  previous: Uint8Array,
  fields: readonly unknown[],
): Promise<Uint8Array> {
  const unsigned = unsignedStatement(kind, previous, fields);
  return encodeCbor([...unsigned, await signer(statementMessage(unsigned))]);
}

function verified(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid")
    throw new SottoError("chain/invalid", "The identity that should be continued doesn't verify.");
  return verdict.chain;
}

/** A new account. Both keys are secrets: the account's goes into the vault, the recovery key to the person. */
export type Genesis = {
  statement: Uint8Array;
  account: AccountId;
  accountPrivateKey: Uint8Array;
  recoveryKey: Uint8Array;
};

/** Begins an account: fresh account key and recovery key, and a salt, so that the id says nothing about the keys. */
export async function createGenesis(random: (length: number) => Uint8Array): Promise<Genesis> {
  const accountKey = generateKeyPair(random);
  const recoveryKey = random(RECOVERY_KEY_BYTES);
  const fields = [accountKey.publicKey, recoverySigningKey(recoveryKey).publicKey, random(SALT_BYTES)];
  const bytes = await statement(signedBy(accountKey.privateKey), STATEMENT.genesis, NO_STATEMENT, fields);
  return {
    statement: bytes,
    account: verified([bytes]).account,
    accountPrivateKey: accountKey.privateKey,
    recoveryKey,
  };
}

/**
 * Takes a device on. Its two keys sign that they stand in this chain, each where it lives; the account key signs the whole.
 * @param chain statements so far
 * @param kind "web", "terminal", "bot"
 * @param addedAt seconds since the Unix epoch
 */
export async function createAddDevice(parts: {
  chain: readonly Uint8Array[];
  accountPrivateKey: Uint8Array;
  signInPublicKey: Uint8Array;
  signWithSignInKey: SignMessage;
  leafKey: KeyPair;
  kind: string;
  addedAt: number;
}): Promise<{ statement: Uint8Array; device: DeviceId }> {
  const { signInPublicKey, leafKey } = parts;
  const chain = verified(parts.chain);
  const body = possessionBody(chain.account, signInPublicKey, leafKey.publicKey);
  const signInProof = await parts.signWithSignInKey(labelled(LABEL.signInPossession, body));
  const leafProof = sign(leafKey.privateKey, LABEL.leafPossession, body);
  const fields = [signInPublicKey, leafKey.publicKey, parts.kind, parts.addedAt, signInProof, leafProof];
  return {
    statement: await statement(signedBy(parts.accountPrivateKey), STATEMENT.addDevice, chain.head, fields),
    device: deviceIdOfKeys(signInPublicKey, leafKey.publicKey),
  };
}

/**
 * Ends a device.
 * @param chain statements so far
 * @param signer the account key, or the sign-in key of the device itself when it signs out
 * @param revokedAt seconds since the Unix epoch
 */
export async function createRevokeDevice(parts: {
  chain: readonly Uint8Array[];
  device: DeviceId;
  signer: { kind: "account"; privateKey: Uint8Array } | { kind: "device"; sign: SignMessage };
  revokedAt: number;
}): Promise<Uint8Array> {
  const { device, signer, revokedAt } = parts;
  const sign = signer.kind === "account" ? signedBy(signer.privateKey) : signer.sign;
  return statement(sign, STATEMENT.revokeDevice, verified(parts.chain).head, [
    idBytes(device),
    REVOKED_BY[signer.kind],
    revokedAt,
  ]);
}

/** Ends an account for ever. @param chain statements so far @param closedAt seconds since the Unix epoch */
export async function createCloseAccount(parts: {
  chain: readonly Uint8Array[];
  accountPrivateKey: Uint8Array;
  closedAt: number;
}): Promise<Uint8Array> {
  return statement(signedBy(parts.accountPrivateKey), STATEMENT.closeAccount, verified(parts.chain).head, [
    parts.closedAt,
  ]);
}
