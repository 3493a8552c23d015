import { assertStrong, readRecoveryKey } from "./account-proof.ts";
import { changeVault } from "./change-vault.ts";
import type { Enrolled, Former } from "./new-device.ts";
import type { Ports, Store } from "./ports.ts";
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
  await changeVault(ports, proof, { check, plan: async () => ({ change: { newPassword }, result: undefined }) });
  return enrolBy(ports, store, proof, former);
}
