import {
  bytesOf,
  decodeCbor,
  encodeCbor,
  equalBytes,
  idBytes,
  SottoError,
  VAULT_BYTES_MAX,
  type AccountId,
} from "@sotto/protocol";
import * as v from "valibot";
import { BOX_OVERHEAD_BYTES, openBox, sealBox, type BoxContext } from "./box.ts";
import type { VerifiedChain } from "./chain.ts";
import { deriveKey } from "./hash.ts";
import { LABEL } from "./labels.ts";
import { RECOVERY_KEY_BYTES, recoverySigningKey, recoveryWrappingKey } from "./recovery-key.ts";
import { keyPairOf } from "./signature.ts";

/** What only the person's password or recovery key opens. */
export type VaultContents = {
  /** 32-byte seed of the account's signing key. */
  accountPrivateKey: Uint8Array;
  /** 16 bytes, kept until the person has confirmed that it is saved; then null. */
  recoveryKey: Uint8Array | null;
  /** 32-byte keys of the archive, oldest first. Records stay under the generation that they were sealed in. */
  archiveKeys: readonly { generation: number; key: Uint8Array }[];
};

/**
 * An opened vault. Holds the vault key, so that it can be sealed again without the other way in; never leaves memory.
 * `revision` only grows: a device that has seen one takes no older vault for the newest.
 */
export type OpenVault = {
  contents: VaultContents;
  revision: number;
  vaultKey: Uint8Array;
  wrappedByPassword: Uint8Array;
  wrappedByRecovery: Uint8Array;
};

type Random = (length: number) => Uint8Array;
type Way = "password" | "recovery";

const VERSION = 1;
const KEY_BYTES = 32;
/** Every vault has this size, whatever it holds (T66). */
const CONTENT_BYTES = 3712;
/** More than anybody makes between two reclaims. */
const REVISIONS_PER_RECLAIM = 2 ** 32;
/** Generations that fit into a vault. */
export const ARCHIVE_GENERATIONS_MAX = 90;
const WRAPPED_BYTES = KEY_BYTES + BOX_OVERHEAD_BYTES;

export const ArchiveKeys = v.pipe(
  v.array(v.strictTuple([v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1)), bytesOf(KEY_BYTES)])),
  v.minLength(1),
  v.maxLength(ARCHIVE_GENERATIONS_MAX),
);
const Content = v.strictTuple([
  v.literal(VERSION),
  bytesOf(KEY_BYTES),
  v.nullable(bytesOf(RECOVERY_KEY_BYTES)),
  ArchiveKeys,
]);
const Revision = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Wire = v.strictTuple([
  v.literal(VERSION),
  Revision,
  bytesOf(WRAPPED_BYTES),
  bytesOf(WRAPPED_BYTES),
  bytesOf(CONTENT_BYTES + BOX_OVERHEAD_BYTES),
]);

const contextOf = (label: BoxContext["label"], account: AccountId, ...more: number[]): BoxContext => ({
  label,
  about: encodeCbor([VERSION, idBytes(account), ...more]),
});

const WRAP_LABEL = { password: LABEL.vaultPasswordWrap, recovery: LABEL.vaultRecoveryWrap } as const;

/** @param secret the export key of the password protocol (RFC 9807 §3), or the recovery key */
const wrappingKeyOf = (way: Way, secret: Uint8Array, account: AccountId): Uint8Array =>
  way === "password" ? deriveKey(secret, LABEL.passwordWrappingKey, idBytes(account)) : recoveryWrappingKey(secret);

const wrap = (way: Way, secret: Uint8Array, account: AccountId, vaultKey: Uint8Array, random: Random): Uint8Array =>
  sealBox(wrappingKeyOf(way, secret, account), contextOf(WRAP_LABEL[way], account), vaultKey, random);

/**
 * Makes a vault under a fresh key that the password and the recovery key both unwrap: an account's first, or the first after it
 * was reclaimed.
 * @param reclaims of the chain whose keys are in it: its revision counts as newer than that of every vault before the last one
 */
export function createVault(parts: {
  account: AccountId;
  contents: VaultContents;
  exportKey: Uint8Array;
  recoveryKey: Uint8Array;
  reclaims?: number;
  random: Random;
}): Uint8Array {
  const { account, contents, exportKey, recoveryKey, reclaims = 0, random } = parts;
  const vaultKey = random(KEY_BYTES);
  const wrappedByPassword = wrap("password", exportKey, account, vaultKey, random);
  const wrappedByRecovery = wrap("recovery", recoveryKey, account, vaultKey, random);
  return sealed(
    account,
    { contents, vaultKey, revision: reclaims * REVISIONS_PER_RECLAIM + 1, wrappedByPassword, wrappedByRecovery },
    random,
  );
}

/**
 * Seals the next revision: changed contents, a new password's export key, a new recovery key, in any mixture. Whichever way in isn't
 * given stays as it is; the other no longer opens this revision. The vault key stays.
 */
export function updateVault(parts: {
  account: AccountId;
  vault: OpenVault;
  contents: VaultContents;
  exportKey?: Uint8Array;
  recoveryKey?: Uint8Array;
  random: Random;
}): Uint8Array {
  const { account, vault, contents, exportKey, recoveryKey, random } = parts;
  const { vaultKey } = vault;
  const wrappedByPassword =
    exportKey === undefined ? vault.wrappedByPassword : wrap("password", exportKey, account, vaultKey, random);
  const wrappedByRecovery =
    recoveryKey === undefined ? vault.wrappedByRecovery : wrap("recovery", recoveryKey, account, vaultKey, random);
  const revision = vault.revision + 1;
  return sealed(account, { contents, revision, vaultKey, wrappedByPassword, wrappedByRecovery }, random);
}

function sealed(account: AccountId, vault: OpenVault, random: Random): Uint8Array {
  const { contents, revision, vaultKey } = vault;
  const inside = encodeCbor([
    VERSION,
    contents.accountPrivateKey,
    contents.recoveryKey,
    contents.archiveKeys.map(({ generation, key }) => [generation, key]),
  ]);
  if (contents.archiveKeys.length > ARCHIVE_GENERATIONS_MAX)
    throw new RangeError("more archive generations than a vault holds");
  const padded = new Uint8Array(CONTENT_BYTES);
  new DataView(padded.buffer).setUint16(0, inside.length);
  padded.set(inside, 2);
  const box = sealBox(vaultKey, contextOf(LABEL.vaultContent, account, revision), padded, random);
  padded.fill(0);
  inside.fill(0);
  return encodeCbor([VERSION, revision, vault.wrappedByPassword, vault.wrappedByRecovery, box]);
}

/**
 * Opens the vault of the account whose chain this is. What is inside must be that chain's own keys: a vault can be neither
 * another account's nor of the server's making.
 * @throws {SottoError} vault/unreadable for every failure alike: wrong key, foreign, changed or malformed (T63).
 */
export function openVaultByPassword(parts: {
  chain: VerifiedChain;
  vault: Uint8Array;
  exportKey: Uint8Array;
}): OpenVault {
  return opened(tryOpen(parts.vault, parts.chain, "password", parts.exportKey));
}

/** The same with the recovery key. @throws {SottoError} vault/unreadable */
export function openVaultByRecoveryKey(parts: {
  chain: VerifiedChain;
  vault: Uint8Array;
  recoveryKey: Uint8Array;
}): OpenVault {
  return opened(tryOpen(parts.vault, parts.chain, "recovery", parts.recoveryKey));
}

function opened(vault: OpenVault | undefined): OpenVault {
  if (vault === undefined)
    throw new SottoError("vault/unreadable", "The vault of this account can't be opened.", { kind: "none" });
  return vault;
}

function tryOpen(bytes: Uint8Array, chain: VerifiedChain, way: Way, secret: Uint8Array): OpenVault | undefined {
  if (bytes.length > VAULT_BYTES_MAX) return undefined;
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, revision, wrappedByPassword, wrappedByRecovery, box] = parsed.output;
  const { account } = chain;
  const wrapped = way === "password" ? wrappedByPassword : wrappedByRecovery;
  const vaultKey = openBox(wrappingKeyOf(way, secret, account), contextOf(WRAP_LABEL[way], account), wrapped);
  const padded =
    vaultKey === undefined ? undefined : openBox(vaultKey, contextOf(LABEL.vaultContent, account, revision), box);
  const contents = padded === undefined ? undefined : readContents(padded);
  if (vaultKey === undefined || contents === undefined) return undefined;
  if (!equalBytes(keyPairOf(contents.accountPrivateKey).publicKey, chain.accountKey)) return undefined;
  if (
    contents.recoveryKey !== null &&
    !equalBytes(recoverySigningKey(contents.recoveryKey).publicKey, chain.recoveryKey)
  )
    return undefined;
  return { contents, revision, vaultKey, wrappedByPassword, wrappedByRecovery };
}

function readContents(padded: Uint8Array): VaultContents | undefined {
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint16(0);
  if (length > CONTENT_BYTES - 2 || padded.subarray(2 + length).some((byte) => byte !== 0)) return undefined;
  const decoded = decodeCbor(padded.subarray(2, 2 + length));
  const parsed = decoded.kind === "value" ? v.safeParse(Content, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, accountPrivateKey, recoveryKey, archiveKeys] = parsed.output;
  return { accountPrivateKey, recoveryKey, archiveKeys: archiveKeys.map(([generation, key]) => ({ generation, key })) };
}
