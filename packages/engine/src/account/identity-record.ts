import type { LeafKey } from "@sotto/mls";
import { decodeCbor, encodeCbor, type AccountId, type DeviceId } from "@sotto/protocol";
import * as v from "valibot";
import { Bytes } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import { bytesOf, numberOf, textOf } from "../rows.ts";

/** Generation and key of the account's archive. */
export type ArchiveKey = { generation: number; key: Uint8Array };

/** Who this device is. The account's private key isn't here: it lives in the vault only. */
export type Identity = {
  account: AccountId;
  device: DeviceId;
  username: string;
  /** Opaque reference of the sign-in key (see the SignInKeys port). */
  signInKey: Uint8Array;
  leafKey: LeafKey;
  /** The account's chain as it was when this device was added. */
  chain: Uint8Array;
  archiveKeys: readonly ArchiveKey[];
  recoveryKeyUnsaved: boolean;
};

const encodeArchiveKeys = (keys: readonly ArchiveKey[]): Uint8Array =>
  encodeCbor(keys.map(({ generation, key }) => [generation, key]));
const ArchiveKeys = v.pipe(v.array(v.strictTuple([v.number(), Bytes])), v.minLength(1));

/** Writes who this device is, once: when it is enrolled. */
export function saveIdentity(store: Store, identity: Identity): void {
  store.run(
    `insert or replace into session (id, account, device, username, sign_in_key, leaf_private_key, leaf_public_key, chain, archive_keys, recovery_key_unsaved)
     values (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      identity.account,
      identity.device,
      identity.username,
      identity.signInKey,
      identity.leafKey.privateKey,
      identity.leafKey.publicKey,
      identity.chain,
      encodeArchiveKeys(identity.archiveKeys),
      identity.recoveryKeyUnsaved ? 1 : 0,
    ],
  );
}

export function loadIdentity(store: Store): Identity | undefined {
  const row = store.all("select * from session where id = 1")[0];
  if (row === undefined) return undefined;
  const decoded = decodeCbor(bytesOf(row, "archive_keys"));
  if (decoded.kind === "malformed") throw new Error("the stored archive keys are malformed");
  return {
    account: textOf(row, "account") as AccountId,
    device: textOf(row, "device") as DeviceId,
    username: textOf(row, "username"),
    signInKey: bytesOf(row, "sign_in_key"),
    leafKey: { privateKey: bytesOf(row, "leaf_private_key"), publicKey: bytesOf(row, "leaf_public_key") },
    chain: bytesOf(row, "chain"),
    archiveKeys: v.parse(ArchiveKeys, decoded.value).map(([generation, key]) => ({ generation, key })),
    recoveryKeyUnsaved: numberOf(row, "recovery_key_unsaved") === 1,
  };
}

/** Revision of the newest vault that this device saw: an older one is refused (T63). */
export function vaultRevision(store: Store): number {
  const row = store.all("select vault_revision from session where id = 1")[0];
  return row === undefined ? 0 : numberOf(row, "vault_revision");
}

export function saveVaultRevision(store: Store, revision: number): void {
  store.run("update session set vault_revision = ? where id = 1", [revision]);
}

export function saveRecoveryKeyUnsaved(store: Store, unsaved: boolean): void {
  store.run("update session set recovery_key_unsaved = ? where id = 1", [unsaved ? 1 : 0]);
}

/**
 * Adds generations of the archive that this device doesn't have. One that it has is never replaced: records that were sealed under
 * it must stay readable. @returns whether there was news
 */
export function addArchiveKeys(store: Store, added: readonly ArchiveKey[]): boolean {
  const known = loadIdentity(store)?.archiveKeys ?? [];
  const missing = added.filter(({ generation }) => !known.some((each) => each.generation === generation));
  if (missing.length === 0) return false;
  const all = [...known, ...missing].sort((a, b) => a.generation - b.generation);
  store.run("update session set archive_keys = ? where id = 1", [encodeArchiveKeys(all)]);
  return true;
}

/** How far the inbox has been read. */
export function inboxPosition(store: Store): number {
  const row = store.all("select inbox_position from session where id = 1")[0];
  return row === undefined ? 0 : numberOf(row, "inbox_position");
}

export function saveInboxPosition(store: Store, position: number): void {
  store.run("update session set inbox_position = ? where id = 1", [position]);
}

/** The archive key that new records are sealed under. */
export function newestArchiveKey({ archiveKeys }: Identity): ArchiveKey {
  const newest = archiveKeys.at(-1);
  if (newest === undefined) throw new Error("an identity without an archive key");
  return newest;
}
