import { SottoError } from "@sotto/protocol";
import type { Proof } from "./account-proof.ts";
import { tellGenerations } from "./archive-generations.ts";
import { changeVault, type KnownAccount } from "./change-vault.ts";
import { addThisDevice, rememberedOf, type Enrolled, type Former } from "./new-device.ts";
import type { Ports, Store } from "../ports.ts";
import { revocationOf } from "./revoke-device.ts";

/** Adds this device to an account: everything that its conversations need follows by external commit. */
export function signIn(
  ports: Ports,
  store: Store,
  { username, password }: { username: string; password: string },
  former: Former | undefined,
): Promise<Enrolled> {
  return enrolBy(ports, store, { kind: "password", username, password }, former);
}

/** Adds this device, and ends the one that it was before: a twin of that goes with it. */
export async function enrolBy(ports: Ports, store: Store, proof: Proof, former: Former | undefined): Promise<Enrolled> {
  const enrolled = await addThisDevice(ports, store, proof, former);
  const isLeft = enrolled.known.chain.devices.some(({ device, active }) => device === former?.device && active);
  const told = (known: KnownAccount): Enrolled => ({ ...enrolled, account: rememberedOf(known), tell: telling(known) });
  if (former === undefined || !isLeft) return told(enrolled.known);
  try {
    const check = (): void => undefined;
    const plan = revocationOf(ports, former.device);
    return told((await changeVault(ports, proof, { check, plan })).known);
  } catch (error) {
    // The new device is there all the same, and the former one stands in the list of devices, to be ended by hand.
    ports.log("warn", "sign-in/former-device-left", {
      code: error instanceof SottoError ? error.code : "internal/unexpected",
    });
    return told(enrolled.known);
  }
}

/**
 * Whoever ended a device may have been gone before it could tell the others the key that came after: every device that opens the vault
 * says the newest again. The same words are news to nobody.
 */
const telling =
  ({ account, contents }: KnownAccount): NonNullable<Enrolled["tell"]> =>
  (sync) =>
    tellGenerations(sync, account, { ...contents, archiveKeys: contents.archiveKeys.slice(-1) });
