import { DEVICES_MAX } from "@sotto/protocol";
import { assertStrong, readRecoveryKey, type OpenAccount } from "./account-proof.ts";
import { changeVault, type VaultChange } from "./change-vault.ts";
import type { Enrolled, Former } from "./new-device.ts";
import type { Ports, Store } from "../ports.ts";
import { revocationOf } from "./revoke-device.ts";
import { enrolBy } from "./sign-in.ts";

/**
 * The password is forgotten and the recovery key isn't: it opens the vault, a new password is set, this device is added. Nothing of
 * the account's identity changes, so nobody else sees more than a new device. The recovery key goes on opening the vault.
 */
export async function recover(
  ports: Ports,
  store: Store,
  request: { username: string; recoveryKey: string; newPassword: string },
  former: Former | undefined,
): Promise<Enrolled> {
  const { username, newPassword } = request;
  const proof = { kind: "recovery-key", username, recoveryKey: readRecoveryKey(request.recoveryKey) } as const;
  assertStrong(newPassword);
  // A device that is new here has nothing to hold the vault against but what is inside it.
  const check = (): void => undefined;
  const plan = async (opened: OpenAccount): Promise<{ change: VaultChange; result: undefined }> => ({
    change: { ...(await roomForOne(ports, opened)), newPassword },
    result: undefined,
  });
  await changeVault(ports, proof, { check, plan });
  return enrolBy(ports, store, proof, former);
}

/**
 * Who recovers an account that has as many devices as it may have has perhaps lost them all, and none is left to end another. The one
 * that was added first makes room.
 */
async function roomForOne(ports: Ports, opened: OpenAccount): Promise<VaultChange> {
  const active = opened.chain.devices.filter((device) => device.active);
  const [oldest] = active;
  if (oldest === undefined || active.length < DEVICES_MAX) return {};
  return (await revocationOf(ports, oldest.device)(opened)).change ?? {};
}
