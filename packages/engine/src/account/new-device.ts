import { createAddDevice, encodeChain } from "@sotto/crypto";
import { generateLeafKey, type LeafKey } from "@sotto/mls";
import { SottoError, equalBytes, type AccountId, type ConversationId, type DeviceId } from "@sotto/protocol";
import { prove, type Proof } from "./account-proof.ts";
import { knownOf, type KnownAccount } from "./change-vault.ts";
import type { Connection } from "../connection.ts";
import { exchange, isLost, isStale, pauseBeforeTry, TRIES_MAX } from "./exchange.ts";
import { saveIdentity, saveVaultRevision, type ArchiveKey } from "./identity-record.ts";
import {
  FIRST_KEY_PACKAGES,
  makeKeyPackages,
  publicParts,
  saveKeyPackages,
  type KeyPackageSet,
} from "./key-packages.ts";
import { NOTHING_TOLD, People } from "../people/people.ts";
import type { Ports, Store } from "../ports.ts";
import { textOf } from "../rows.ts";
import { PENDING_ORDER } from "../schema.ts";
import { SYNC, SyncState, type Sync } from "../sync/sync-state.ts";

/** A device's two keys: made once, and kept through every try to have it added. */
export type DeviceKeys = { signInKey: { reference: Uint8Array; publicKey: Uint8Array }; leafKey: LeafKey };

export async function makeDeviceKeys(ports: Ports): Promise<DeviceKeys> {
  return { signInKey: await ports.signInKeys.create(), leafKey: generateLeafKey(ports.provider) };
}

export const secondsOf = (ports: Ports): number => Math.floor(ports.clock.now() / 1000);

/** The statement by which the account key takes this device on. @param statements the chain so far */
export function statementFor(
  ports: Ports,
  { signInKey, leafKey }: DeviceKeys,
  { accountPrivateKey, statements }: { accountPrivateKey: Uint8Array; statements: readonly Uint8Array[] },
): Promise<{ statement: Uint8Array; device: DeviceId }> {
  return createAddDevice({
    chain: statements,
    accountPrivateKey,
    signInPublicKey: signInKey.publicKey,
    signWithSignInKey: (message) => ports.signInKeys.sign(signInKey.reference, message),
    leafKey,
    kind: ports.deviceKind,
    addedAt: secondsOf(ports),
  });
}

/**
 * Makes a new device's key packages and keeps their private parts, and none of an enrolment that was cut short: a Welcome is for all
 * devices that a commit adds, and one that nobody finished enrolling may be among them. Before the public parts leave; without a
 * session row they are nobody's.
 */
export async function makeFirstKeyPackages(
  ports: Ports,
  store: Store,
  owner: { account: AccountId; device: DeviceId; leafKey: LeafKey; statements: readonly Uint8Array[] },
): Promise<ReturnType<typeof publicParts>> {
  const chain = encodeChain(owner.statements);
  const made: KeyPackageSet = await makeKeyPackages(ports, { ...owner, chain }, FIRST_KEY_PACKAGES, true);
  store.transaction(() => {
    store.run("delete from key_packages");
    saveKeyPackages(store, made);
  });
  return publicParts(made);
}

/** What a device remembers of its account when it is enrolled. */
type Remembered = Pick<KnownAccount, "account" | "username" | "statements" | "revision"> & {
  archiveKeys: readonly ArchiveKey[];
  recoveryKeyUnsaved: boolean;
};

export const rememberedOf = ({ account, username, statements, contents, revision }: KnownAccount): Remembered => ({
  account,
  username,
  statements,
  revision,
  archiveKeys: contents.archiveKeys,
  recoveryKeyUnsaved: contents.recoveryKey !== null,
});

/** A device that the server has taken on. */
export type Enrolled = {
  account: Remembered;
  device: DeviceId;
  keys: DeviceKeys;
  /** What the other own devices are to know of it, once this one is among them. */
  tell?: (sync: Pick<Sync, "get" | "set">) => void;
};

/** What this device was before, when the server doesn't let that in any more, or it has a twin. */
export type Former = { account: AccountId; device: DeviceId };

/**
 * Adds this device to an account that the person can prove to be theirs, whatever other devices do at the same moment. Over a
 * former device only the same account may come: another one's history is here.
 */
export async function addThisDevice(
  ports: Ports,
  store: Store,
  proof: Proof,
  former: Former | undefined,
): Promise<Enrolled & { known: KnownAccount }> {
  const keys = await makeDeviceKeys(ports);
  let isSent = false;
  for (let tries = 1; ; tries++) {
    try {
      return await exchange(ports, async (connection) => {
        const known = knownOf(await prove(ports, connection, proof));
        if (former !== undefined && former.account !== known.account) throw somebodyElse();
        const added = await addTo(ports, store, connection, { known, keys, sent: () => (isSent = true) });
        return { ...added, account: rememberedOf(added.known), keys };
      });
    } catch (error) {
      if (!(isStale(error) || (isLost(error) && isSent)) || tries >= TRIES_MAX) throw error;
      await pauseBeforeTry(ports, tries);
    }
  }
}

const somebodyElse = (): SottoError =>
  new SottoError("request/malformed", "This device belongs to another account.", {
    kind: "person",
    do: "Sign out first.",
  });

async function addTo(
  ports: Ports,
  store: Store,
  connection: Connection,
  { known, keys, sent }: { known: KnownAccount; keys: DeviceKeys; sent: () => void },
): Promise<{ known: KnownAccount; device: DeviceId }> {
  const { account, contents } = known;
  const { accountPrivateKey } = contents;
  // Its answer was lost: the device is there, with the key packages that were made for it last.
  const present = known.chain.devices.find(({ leafKey }) => equalBytes(leafKey, keys.leafKey.publicKey));
  if (present !== undefined) return { known, device: present.device };
  const { statement, device } = await statementFor(ports, keys, { accountPrivateKey, statements: known.statements });
  const statements = [...known.statements, statement];
  const parts = await makeFirstKeyPackages(ports, store, { account, device, leafKey: keys.leafKey, statements });
  sent();
  await connection.request("device.add", { account, statement, device, ...parts });
  return { known: { ...known, statements }, device };
}

/**
 * Inside a transaction: this device is that one from here on. Whatever another device left in this database goes: its MLS
 * state must never be used again, and everything else comes back from the log, the archive and the other devices.
 */
export function remember(
  ports: Ports,
  store: Store,
  { account: known, device, keys, tell }: Enrolled,
  displayName: string | null,
): void {
  const sync = new SyncState(store, ports.clock, () => undefined);
  if (store.all("select 1 as one from session").length > 0) {
    keepUnsent(store, sync);
    // Its outbox goes too, and with it what was on its way.
    sync.tellAll();
    forgetDevice(store);
  }
  tell?.(sync);
  saveIdentity(store, {
    account: known.account,
    username: known.username,
    device,
    signInKey: keys.signInKey.reference,
    leafKey: keys.leafKey,
    chain: encodeChain(known.statements),
    archiveKeys: known.archiveKeys,
    recoveryKeyUnsaved: known.recoveryKeyUnsaved,
  });
  saveVaultRevision(store, known.revision);
  const people = new People(store, known.account, { ...NOTHING_TOLD, now: () => ports.clock.now() });
  people.learn(known.account, known.statements, known.username);
  people.setDisplayName(known.account, displayName);
}

/** What was written and never left this device is found in the draft of its conversation, to be sent by the new one. */
function keepUnsent(store: Store, sync: Pick<Sync, "get" | "set">): void {
  const rows = store.all(
    "select conversation, text from items where own = 1 and text is not null and item_order >= ? order by item_order",
    [PENDING_ORDER],
  );
  for (const row of rows) {
    const key = SYNC.draft(textOf(row, "conversation") as ConversationId);
    const draft = sync.get(key);
    sync.set(key, typeof draft === "string" && draft !== "" ? `${draft}\n${textOf(row, "text")}` : textOf(row, "text"));
  }
}

/**
 * Tables that aren't the former device's: fresh key packages, what all devices of the account share, and what tells one installation
 * and its runs from another.
 */
const KEPT = new Set(["key_packages", "sync", "instance", "running"]);

function forgetDevice(store: Store): void {
  const tables = store.all("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'");
  for (const row of tables) {
    const name = textOf(row, "name");
    if (!KEPT.has(name)) store.run(`delete from "${name}"`);
  }
}
