import { idBytes, SottoError, type AccountId, type DeviceId } from "@sotto/protocol";
import { verifyChain } from "./chain.ts";
import { labelled } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { RECOVERY_KEY_BYTES, recoverySigningKey } from "./recovery-key.ts";
import { generateKeyPair, sign, type KeyPair } from "./signature.ts";
import { assertRoom, signedBy, signedStatement, verifiedStatements, type SignMessage } from "./signed-statement.ts";
import { deviceIdOfKeys, NO_STATEMENT, possessionBody, REVOKED_BY, STATEMENT } from "./statement.ts";

const SALT_BYTES = 16;

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
  const bytes = await signedStatement(signedBy(accountKey.privateKey), STATEMENT.genesis, NO_STATEMENT, fields);
  return {
    statement: bytes,
    account: verifiedStatements([bytes]).account,
    accountPrivateKey: accountKey.privateKey,
    recoveryKey,
  };
}

/** What a new device's two keys sign, each where it lives: that both stand in this account's chain. 64 bytes each. */
export type PossessionProofs = { signInProof: Uint8Array; leafProof: Uint8Array };

/** Proves both keys of a device to an account that is about to take it on. */
export async function possessionProofs(parts: {
  account: AccountId;
  signInPublicKey: Uint8Array;
  signWithSignInKey: SignMessage;
  leafKey: KeyPair;
}): Promise<PossessionProofs> {
  const { account, signInPublicKey, signWithSignInKey, leafKey } = parts;
  const body = possessionBody(account, signInPublicKey, leafKey.publicKey);
  return {
    signInProof: await signWithSignInKey(labelled(LABEL.signInPossession, body)),
    leafProof: sign(leafKey.privateKey, LABEL.leafPossession, body),
  };
}

/**
 * Takes a device on whose keys are here. The account key signs the whole.
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
  const { account } = verifiedStatements(parts.chain);
  const proofs = await possessionProofs({ ...parts, account });
  return createAddDeviceFromProofs({ ...parts, ...proofs, leafPublicKey: parts.leafKey.publicKey });
}

/**
 * Takes a device on that proved its keys from afar.
 * @throws {SottoError} account/too-many-devices; account/chain-full; chain/invalid when the proofs aren't by these keys for this account
 */
export async function createAddDeviceFromProofs(
  parts: {
    chain: readonly Uint8Array[];
    accountPrivateKey: Uint8Array;
    signInPublicKey: Uint8Array;
    leafPublicKey: Uint8Array;
    kind: string;
    addedAt: number;
  } & PossessionProofs,
): Promise<{ statement: Uint8Array; device: DeviceId }> {
  const { signInPublicKey, leafPublicKey, kind, addedAt, signInProof, leafProof } = parts;
  const statement = await signedStatement(
    signedBy(parts.accountPrivateKey),
    STATEMENT.addDevice,
    verifiedStatements(parts.chain).head,
    [signInPublicKey, leafPublicKey, kind, addedAt, signInProof, leafProof],
  );
  assertRoom(parts.chain, statement);
  const verdict = verifyChain([...parts.chain, statement]);
  if (verdict.kind === "invalid" && verdict.because === "too-many-devices")
    throw new SottoError("account/too-many-devices", "This account has as many devices as it may have.", {
      kind: "person",
      do: "Remove one that isn't used any more, on a device that you have. If you have none, recover with the recovery key: that makes room.",
    });
  if (verdict.kind === "invalid") throw new SottoError("chain/invalid", "The new device doesn't fit this identity.");
  return { statement, device: deviceIdOfKeys(signInPublicKey, leafPublicKey) };
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
  return signedStatement(sign, STATEMENT.revokeDevice, verifiedStatements(parts.chain).head, [
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
  return signedStatement(
    signedBy(parts.accountPrivateKey),
    STATEMENT.closeAccount,
    verifiedStatements(parts.chain).head,
    [parts.closedAt],
  );
}
