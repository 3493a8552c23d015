import type { Command } from "commander";
import type { SignUpOptions } from "../commands/account.ts";
import type { LinkOptions } from "../commands/link.ts";
import type { RecoveryKeyOptions } from "../commands/recovery.ts";
import type { PasswordSource, SecretSource } from "../password.ts";
import { json, newPasswordFd, passwordFd, recoveryKeyFd, resetCodeFd, type Face, type Output } from "./face.ts";

/** Signing up, in and out, and the secrets of one's account. */
export function accountCommands(program: Command, { on }: Face): void {
  const load = () => import("../commands/account.ts");
  const recovery = () => import("../commands/recovery.ts");
  program
    .command("sign-up [username]")
    .description("make an account, with this machine as its first device")
    .option("--display-name <name>", "what people you talk to see; the server doesn't")
    .option("--reset-code", "take a name over with a code of the server's owner, which is asked for")
    .addOption(resetCodeFd())
    .addOption(passwordFd())
    .action((username: string | undefined, options: SignUpOptions) =>
      on(async (run) => (await load()).signUp(run, username, options)),
    );
  program
    .command("sign-in [username]")
    .description("make this machine a device of an account")
    .option("--link", "without the password: by a code that a device which is signed in takes")
    .addOption(passwordFd())
    .action((username: string | undefined, { link, ...options }: PasswordSource & { link?: boolean }) =>
      on(async (run) =>
        link === true
          ? (await import("../commands/link.ts")).linkThisDevice(run)
          : (await load()).signIn(run, username, options),
      ),
    );
  program
    .command("sign-out")
    .description("erase this device")
    .option("--yes", "don't ask")
    .action((options: { yes?: boolean }) => on(async (run) => (await load()).signOut(run, options)));
  program
    .command("whoami")
    .description("who is signed in here, and what happened to the account")
    .addOption(json())
    .action((options: Output) => on(async (run) => (await load()).whoAmI(run, options)));
  program
    .command("password")
    .description("change the password")
    .addOption(passwordFd())
    .addOption(newPasswordFd())
    .action((options: SecretSource) => on(async (run) => (await recovery()).changePassword(run, options)));
  program
    .command("recovery-key")
    .description("show the recovery key, and confirm that it is saved")
    .option("--change", "make a new one; the one before opens nothing any more")
    .addOption(passwordFd())
    .addOption(recoveryKeyFd())
    .action((options: RecoveryKeyOptions) => on(async (run) => (await recovery()).recoveryKey(run, options)));
  program
    .command("recover [username]")
    .description("password forgotten: sign in with the recovery key, and set a new password")
    .addOption(recoveryKeyFd())
    .addOption(newPasswordFd())
    .action((username: string | undefined, options: SecretSource) =>
      on(async (run) => (await recovery()).recover(run, username, options)),
    );
  program
    .command("delete-account [username]")
    .description("end the account for ever")
    .addOption(passwordFd())
    .action((username: string | undefined, options: PasswordSource) =>
      on(async (run) => (await import("../commands/close.ts")).deleteAccount(run, username, options)),
    );
}

/** One's own devices, and how new ones come in. */
export function deviceCommands(program: Command, { on }: Face): void {
  const load = () => import("../commands/devices.ts");
  const reclaim = () => import("../commands/reclaim.ts");
  const devices = program
    .command("devices")
    .description("list the devices of the account")
    .addOption(json())
    .action((options: Output) => on(async (run) => (await load()).devices(run, options)));
  devices
    .command("rename <device> <name>")
    .description("call a device something else")
    .action((device: string, name: string) => on(async (run) => (await load()).renameDevice(run, device, name)));
  devices
    .command("revoke <device>")
    .description("sign a device out for good, and out of every group")
    .addOption(passwordFd())
    .action((device: string, options: PasswordSource) =>
      on(async (run) => (await load()).revokeDevice(run, device, options)),
    );
  program
    .command("link")
    .description("admit a new device by the code that it shows")
    .option("--new", "the other side: make this machine the new device, and show a code")
    .option("--code <code>", "the code, instead of being asked for it")
    .addOption(passwordFd())
    .action(({ new: isNew, ...options }: LinkOptions & { new?: boolean }) =>
      on(async (run) => {
        const link = await import("../commands/link.ts");
        return isNew === true ? link.linkThisDevice(run) : link.linkAnother(run, options);
      }),
    );
  const takeover = program
    .command("reclaim")
    .description("password and recovery key both lost: take the account over from this device")
    .action(() => on(async (run) => (await reclaim()).reclaimStatus(run)));
  takeover
    .command("status")
    .description("how far it is")
    .action(() => on(async (run) => (await reclaim()).reclaimStatus(run)));
  takeover
    .command("announce")
    .description("tell the other devices; they have 24 hours to stop it")
    .option("--yes", "don't ask")
    .action((options: { yes?: boolean }) => on(async (run) => (await reclaim()).announceReclaim(run, options)));
  takeover
    .command("complete")
    .description("new keys, a new password and a new recovery key")
    .addOption(newPasswordFd())
    .action((options: SecretSource) => on(async (run) => (await reclaim()).completeReclaim(run, options)));
}
