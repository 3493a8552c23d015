import { createKeyPackage, type LeafKey } from "@sotto/mls";
import { KEY_PACKAGES_MAX, KEY_PACKAGE_LIFETIME_SECONDS, toHex } from "@sotto/protocol";
import type { AccountId, DeviceId } from "@sotto/protocol";
import type { Ports, Store } from "../ports.ts";

/** What new key packages are made from. */
export type KeyPackageOwner = { account: AccountId; device: DeviceId; leafKey: LeafKey; chain: Uint8Array };

/** One key package of ours. */
type Made = { publicBytes: Uint8Array; privateBytes: Uint8Array; reference: Uint8Array };
export type KeyPackageSet = { keyPackages: Made[]; lastResort: Made | undefined; expiresAt: number };

/** How many are made at once; the rest follows in the background, so that signing up doesn't wait for a hundred key pairs. */
export const FIRST_KEY_PACKAGES = 10;
const TOP_UP_BELOW = 50;
/** A sender's clock may be an hour behind ours. */
const CLOCK_SKEW_SECONDS = 3600;

export async function makeKeyPackages(
  ports: Ports,
  owner: KeyPackageOwner,
  count: number,
  withLastResort: boolean,
): Promise<KeyPackageSet> {
  const nowSeconds = Math.floor(ports.clock.now() / 1000);
  const lifetime = {
    notBefore: nowSeconds - CLOCK_SKEW_SECONDS,
    notAfter: nowSeconds - CLOCK_SKEW_SECONDS + KEY_PACKAGE_LIFETIME_SECONDS,
  };
  const make = (lastResort: boolean): Promise<Made> =>
    createKeyPackage({
      provider: ports.provider,
      identity: { account: owner.account, device: owner.device },
      leafKey: owner.leafKey,
      chain: owner.chain,
      lifetime: { notBefore: BigInt(lifetime.notBefore), notAfter: BigInt(lifetime.notAfter) },
      lastResort,
    });
  const keyPackages: Made[] = [];
  for (let i = 0; i < count; i++) keyPackages.push(await make(false));
  return { keyPackages, lastResort: withLastResort ? await make(true) : undefined, expiresAt: lifetime.notAfter };
}

/** Keeps the private parts. Before the public ones leave, in the same transaction as whatever makes them needed. */
export function saveKeyPackages(store: Store, made: KeyPackageSet): void {
  const rows = made.keyPackages.map((one): [Made, number] => [one, 0]);
  if (made.lastResort !== undefined) rows.push([made.lastResort, 1]);
  for (const [one, lastResort] of rows) {
    store.run(
      "insert or replace into key_packages (reference, public_bytes, private_bytes, last_resort, expires_at) values (?, ?, ?, ?, ?)",
      [toHex(one.reference), one.publicBytes, one.privateBytes, lastResort, made.expiresAt],
    );
  }
}

export const publicParts = (made: KeyPackageSet): { keyPackages: Uint8Array[]; lastResort: Uint8Array | null } => ({
  keyPackages: made.keyPackages.map(({ publicBytes }) => publicBytes),
  lastResort: made.lastResort?.publicBytes ?? null,
});

type TopUp = KeyPackageOwner & {
  ports: Ports;
  store: Store;
  publish: (parts: { keyPackages: Uint8Array[]; lastResort: Uint8Array | null }) => Promise<number>;
};

/**
 * Publishes fresh key packages when few are left: on connecting, never in answer to a claim, so that draining them tells
 * nobody when this device is awake. Expired private parts are forgotten. @param left what the server holds
 */
export async function topUpKeyPackages(owner: TopUp, left: number): Promise<void> {
  const { ports, store } = owner;
  const nowSeconds = Math.floor(ports.clock.now() / 1000);
  store.transaction(() => store.run("delete from key_packages where expires_at < ?", [nowSeconds]));
  const renewsLastResort =
    store.all("select 1 as one from key_packages where last_resort = 1 and expires_at > ?", [
      nowSeconds + KEY_PACKAGE_LIFETIME_SECONDS / 2,
    ]).length === 0;
  let missing = left < TOP_UP_BELOW ? KEY_PACKAGES_MAX - left : 0;
  let lastResort = renewsLastResort;
  while (missing > 0 || lastResort) {
    const made = await makeKeyPackages(ports, owner, Math.min(missing, FIRST_KEY_PACKAGES), lastResort);
    store.transaction(() => saveKeyPackages(store, made));
    await owner.publish(publicParts(made));
    missing -= made.keyPackages.length;
    lastResort = false;
  }
}
