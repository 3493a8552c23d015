import { dismissNotice } from "../account/account-notices.ts";
import type { Engine } from "../api.ts";
import { changePassword } from "../account/change-password.ts";
import { closeAccount } from "../account/close-account.ts";
import type { Desk } from "./desk.ts";
import { renameDevice } from "../account/device-names.ts";
import { ownDevices } from "../account/own-devices.ts";
import { changeRecoveryKey, confirmRecoveryKey, recoveryKey } from "../account/own-recovery-key.ts";
import { announceReclaim, completeReclaim } from "../account/reclaim.ts";
import { retireDevice } from "../account/retire-device.ts";
import { revokeDevice } from "../account/revoke-device.ts";

/** What a person does with their own account and its devices, once signed in. */
export function accountCalls({
  current,
  wipe,
}: Desk): Pick<
  Engine,
  | "devices"
  | "renameDevice"
  | "revokeDevice"
  | "changePassword"
  | "recoveryKey"
  | "confirmRecoveryKey"
  | "changeRecoveryKey"
  | "announceReclaim"
  | "completeReclaim"
  | "dismissNotice"
  | "holdings"
  | "signOut"
  | "closeAccount"
> {
  return {
    devices: async () => ownDevices(current().context),
    renameDevice: async (request) => renameDevice(current().context, request),
    revokeDevice: async (request) => revokeDevice(current(), request),
    changePassword: async (request) => changePassword(current(), request),
    recoveryKey: async (request) => recoveryKey(current(), request),
    confirmRecoveryKey: async (request) => confirmRecoveryKey(current(), request),
    changeRecoveryKey: async (request) => changeRecoveryKey(current(), request),
    announceReclaim: async () => announceReclaim(current()),
    completeReclaim: async (request) => completeReclaim(current(), request),
    dismissNotice: async ({ notice }) => dismissNotice(current().context, notice),
    holdings: async () => (await current().context.online().request("account.holdings", {})).holdings,
    signOut: async () => {
      await retireDevice(current());
      await wipe();
    },
    closeAccount: async (request) => {
      await closeAccount(current(), request);
      await wipe();
    },
  };
}
