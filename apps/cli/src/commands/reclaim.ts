import type { AccountNotice } from "@sotto/engine";
import { fullTime } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { readNewPassword, type SecretSource } from "../password.ts";
import { HERE, utc } from "../records.ts";
import { confirmed } from "../prompt.ts";
import { needServer } from "../resolve.ts";
import { signedIn, type Run } from "../session.ts";
import { requireStrong } from "../strength.ts";
import { safeName } from "../text.ts";
import { showRecoveryKey } from "./recovery.ts";

type Announcement = Extract<AccountNotice, { kind: "reclaim-announced" }>;

async function announced(run: Run): Promise<Announcement | undefined> {
  const { notices } = await signedIn(run);
  return notices.find((notice) => notice.kind === "reclaim-announced");
}

function when(at: number, run: Run): string {
  return run.look.forPeople ? fullTime(at, HERE) : utc(at);
}

/** `sotto reclaim`: how far it is. */
export async function reclaimStatus(run: Run): Promise<Exit> {
  await signedIn(run);
  await needServer(run, "Whether the account is being taken over is known at the server");
  const pending = await announced(run);
  if (pending === undefined) {
    await run.print("nothing announced");
    await run.note("Password and recovery key lost, but this device is signed in:  sotto reclaim announce");
    return EXIT.done;
  }
  const { own, completesAt, name } = pending;
  if (!own) {
    await run.print(`announced by ${safeName(name)}, to be completed at ${when(completesAt, run)}`);
    await run.note("If that isn't you, sign that device out before then:  sotto devices revoke <device>");
  } else if (Date.now() < completesAt) {
    await run.print(`announced here, can be completed at ${when(completesAt, run)}`);
    await run.note("Until then any of your other devices can stop it by signing this one out.");
  } else {
    await run.print("announced here, can be completed now");
    await run.note("Choose a new password:  sotto reclaim complete");
  }
  return EXIT.done;
}

/** `sotto reclaim announce`: password and recovery key are lost, and this device takes the account over. */
export async function announceReclaim(run: Run, { yes }: { yes?: boolean | undefined }): Promise<Exit> {
  await signedIn(run);
  await needServer(run, "Taking the account over needs the server");
  await run.note(
    "For when password and recovery key are both lost. Your other devices are told and have 24 hours to stop it. Afterwards the account has other keys: people who verified you are asked to compare again.",
  );
  if (yes !== true && !(await confirmed(run.io, "Announce it?", "say so with  sotto reclaim announce --yes")))
    throw new Stop(EXIT.failed, "Nothing was announced.");
  const { completesAt } = await run.engine.announceReclaim();
  const isDue = completesAt <= Date.now();
  await run.print(
    isDue ? "announced, can be completed now" : `announced, can be completed at ${when(completesAt, run)}`,
  );
  await run.note("Then choose a new password:  sotto reclaim complete");
  return EXIT.done;
}

/** `sotto reclaim complete`: new keys, new password, new recovery key. */
export async function completeReclaim(run: Run, source: SecretSource): Promise<Exit> {
  const me = await signedIn(run);
  await needServer(run, "Taking the account over needs the server");
  const newPassword = await readNewPassword(run.io, source, "newPasswordFd");
  await requireStrong(newPassword, [me.username, me.displayName ?? "", "sotto"]);
  const { recoveryKey } = await run.engine.completeReclaim({ newPassword });
  await run.note("The account is yours again, with the new password and a new recovery key.");
  await showRecoveryKey(run, me, { key: recoveryKey, password: newPassword, source });
  return EXIT.done;
}
