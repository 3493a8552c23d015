import { SottoError } from "@sotto/protocol";
import { asFailure, asUsername, groupsOf, keyCharacters } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { readNewPassword, readPassword, readRecoveryKey, type SecretSource } from "../password.ts";
import { ask, confirmed } from "../prompt.ts";
import { needServer } from "../resolve.ts";
import { signedIn, type Run, type SignedIn } from "../session.ts";
import { settleIn } from "../settle-in.ts";
import { requireStrong } from "../strength.ts";
import { safeName } from "../text.ts";
import { requireNobody } from "./account.ts";

const CONFIRM_TRIES_MAX = 3;

/** `sotto recover`: password forgotten. The recovery key opens everything, and this folder becomes a device. */
export async function recover(run: Run, typed: string | undefined, options: SecretSource): Promise<Exit> {
  await requireNobody(run);
  const username = asUsername(typed ?? (await ask(run.io, "Username: ")));
  if (username === "") throw new Stop(EXIT.usage, "There is no username.");
  const recoveryKey = await readRecoveryKey(run.io, options);
  const newPassword = await readNewPassword(run.io, options, "newPasswordFd");
  await requireStrong(newPassword, [username, "sotto"]);
  await run.engine.recover({ username, recoveryKey, newPassword });
  run.home.remember();
  await run.note(
    `Signed in as @${safeName(username)} at ${run.home.origin}, with the new password. The recovery key stays what it was.`,
  );
  await settleIn(run);
  await run.note("Look through your devices:  sotto devices");
  return EXIT.done;
}

/** `sotto password`: changes it. Keys, devices and the recovery key stay. */
export async function changePassword(run: Run, options: SecretSource): Promise<Exit> {
  const me = await signedIn(run);
  await needServer(run, "Changing the password needs the server");
  const password = await readPassword(run.io, options, "Password now: ");
  const newPassword = await readNewPassword(run.io, options, "newPasswordFd");
  await requireStrong(newPassword, [me.username, me.displayName ?? "", "sotto"]);
  await run.engine.changePassword({ password, newPassword });
  await run.print("password changed");
  await run.note("Your devices stay signed in. If somebody knew the old one, look through them:  sotto devices");
  return EXIT.done;
}

export type RecoveryKeyOptions = SecretSource & { change?: boolean | undefined };

/** `sotto recovery-key`: shows it, and has it typed to confirm that it is saved. With --change a new one. */
export async function recoveryKey(run: Run, { change, ...source }: RecoveryKeyOptions): Promise<Exit> {
  const me = await signedIn(run);
  await needServer(run, "The recovery key lies in your vault, which needs the server");
  if (change === true) {
    await run.note("The recovery key that you have opens nothing any more after this.");
    const isMeant = run.io.stdin.isTTY !== true || (await confirmed(run.io, "Make a new recovery key?"));
    if (!isMeant) throw new Stop(EXIT.failed, "Nothing was changed.");
  }
  const password = await readPassword(run.io, source, "Password: ");
  const key =
    change === true
      ? (await run.engine.changeRecoveryKey({ password })).recoveryKey
      : (await run.engine.recoveryKey({ password })).recoveryKey;
  if (key === null) throw new SottoError("recovery-key/confirmed", "");
  await showRecoveryKey(run, me, { key, password, source });
  return EXIT.done;
}

type Shown = { key: string; password: string; source: SecretSource };

/** The key goes to the terminal that asked; on a terminal it is typed back, and then the vault forgets it. */
export async function showRecoveryKey(
  run: Run,
  me: Pick<SignedIn, "username">,
  { key, password, source }: Shown,
): Promise<void> {
  const groups = groupsOf(keyCharacters(key), 4);
  if (!run.look.forPeople) return run.print(groups.join("-"));
  await run.print(`Recovery key of @${safeName(me.username)} at ${run.home.origin}`);
  await run.print("");
  for (const half of [groups.slice(0, 4), groups.slice(4)]) await run.print(`    ${run.look.bold(half.join("  "))}`);
  await run.print("");
  await run.note(
    "Write it down and keep it where you keep what must not be lost. Whoever has it can open your account.",
  );
  await run.note("Type it as you saved it (nothing is shown), or Ctrl C for later.");
  for (let tries = 1; ; tries++) {
    const typed = await readRecoveryKey(run.io, source);
    try {
      await run.engine.confirmRecoveryKey({ password, recoveryKey: typed });
      await run.note("Confirmed. From now on it is nowhere but with you.");
      return;
    } catch (error) {
      if (asFailure(error).code !== "recovery-key/malformed" || tries >= CONFIRM_TRIES_MAX) throw error;
      await run.note("That isn't it: compare group by group. It never contains I, L, O or U. Once more:");
    }
  }
}
