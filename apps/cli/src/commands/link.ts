import type { Linking } from "@sotto/engine";
import { SottoError } from "@sotto/protocol";
import { asFailure, deviceKindWords, spacedDigits, spacedKey, LINK_CODE_CHARACTERS } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { readPassword, type PasswordSource } from "../password.ts";
import { ask, confirmed } from "../prompt.ts";
import { qrLines } from "../qr-code.ts";
import { needServer } from "../resolve.ts";
import { signedIn, until, type Run } from "../session.ts";
import { settleIn } from "../settle-in.ts";
import { safeName } from "../text.ts";
import { requireNobody } from "./account.ts";

/** Both codes and comparing run out at the server; this is only for a server that never says so. */
const CEREMONY_TIMEOUT_MS = 10 * 60_000;
const CODES_MAX = 5;
const PASSWORD_TRIES_MAX = 3;

type Kind = Linking["kind"];

/** Waits until linking is somewhere else than it was. */
async function after(run: Run, kinds: readonly Kind[]): Promise<Linking> {
  let linking: Linking = { kind: "none" };
  const isThere = await until(run.engine, CEREMONY_TIMEOUT_MS, async () => {
    linking = await run.engine.linking();
    return !kinds.includes(linking.kind);
  });
  return isThere ? linking : { kind: "failed", failure: asFailure(new SottoError("link/expired", "")) };
}

/** `sotto sign-in --link`: this folder as a new device, admitted by one that is signed in. */
export async function linkThisDevice(run: Run): Promise<Exit> {
  await requireNobody(run);
  try {
    for (let codes = 1; ; codes++) {
      await run.engine.startLink();
      await showCode(run, await after(run, ["none"]));
      const next = await after(run, ["none", "waiting"]);
      // Nobody took the code in its minute: the next one is shown, for a while.
      if (next.kind === "failed" && next.failure.code === "link/expired" && codes < CODES_MAX) {
        await run.note("That code is too old now. A new one:");
        continue;
      }
      await compareHere(run, next);
      break;
    }
  } catch (error) {
    await run.engine.cancelLink().catch(() => undefined);
    throw error;
  }
  run.home.remember();
  const { username } = await signedIn(run);
  await run.note(
    `Signed in as @${safeName(username)} at ${run.home.origin}. The state of this device is in ${run.home.directory}.`,
  );
  await settleIn(run);
  return EXIT.done;
}

async function showCode(run: Run, linking: Linking): Promise<void> {
  if (linking.kind !== "waiting") return;
  const code = spacedKey(linking.code, LINK_CODE_CHARACTERS);
  if (!run.look.forPeople) return run.print(`code\t${linking.code}`);
  await run.note("On a device that is signed in: its settings, Devices, Link a device; or  sotto link");
  for (const line of qrLines(linking.qr, run.io) ?? []) await run.print(line);
  await run.print(`  ${run.look.bold(code)}`);
  await run.note("Scan the picture or type the code there. It works once, for a minute.");
}

async function compareHere(run: Run, begun: Linking): Promise<void> {
  let linking = begun;
  if (linking.kind === "connecting") {
    await run.note("The other device has taken the code.");
    linking = await after(run, ["connecting"]);
  }
  if (linking.kind === "compare") {
    await run.print(
      run.look.forPeople ? `  ${run.look.bold(spacedDigits(linking.digits))}` : `digits\t${linking.digits}`,
    );
    await run.note("Compare these six digits with the other device, and confirm there.");
    linking = await after(run, ["compare", "admitting"]);
  } else if (linking.kind === "admitting") linking = await after(run, ["admitting"]);
  requireDone(linking);
}

function requireDone(linking: Linking): void {
  if (linking.kind === "failed") throw linking.failure;
  if (linking.kind !== "done") throw new SottoError("link/expired", "");
}

export type LinkOptions = PasswordSource & { code?: string | undefined };

/** `sotto link`: admits a new device, from one that is signed in. */
export async function linkAnother(run: Run, { code, ...source }: LinkOptions): Promise<Exit> {
  await signedIn(run);
  await needServer(run, "Linking a device needs the server");
  if (code === undefined) {
    await run.note(
      "A linked device reads and writes as you. Link only one that you have in hand, and that shows its code at this moment.",
    );
  }
  const typed = code ?? (await ask(run.io, "Code on the new device: ", "sotto link --code <code>"));
  await run.engine.claimLink({ codeOrQr: typed });
  try {
    const name = await admit(run, await after(run, ["none", "connecting"]), source);
    requireDone(await after(run, ["admitting", "compare"]));
    await run.print(`linked ${name}`);
  } catch (error) {
    await run.engine.cancelLink().catch(() => undefined);
    throw error;
  }
  return EXIT.done;
}

/** Shows what would be admitted, has the digits compared and admits it. @returns what it is called */
async function admit(run: Run, linking: Linking, source: PasswordSource): Promise<string> {
  if (linking.kind !== "compare") {
    requireDone(linking);
    return "";
  }
  const { digits, asks } = linking;
  const name = safeName(asks?.name ?? "") || "a device";
  await run.note(`It asks to become a device of your account: ${name} (${deviceKindWords(asks?.kind ?? "")}).`);
  await run.note(`Digits: ${spacedDigits(digits)}`);
  const isSame = await confirmed(
    run.io,
    "Does the new device show the same six digits?",
    "comparing needs a person: run sotto link on a terminal",
  );
  if (!isSame) {
    throw new Stop(EXIT.trust, "Nothing was linked.", [
      "If the digits differed, somebody may be between the two devices: begin again, on a network that you trust.",
    ]);
  }
  for (let tries = 1; ; tries++) {
    const password = await readPassword(run.io, source, "Password: ");
    try {
      await run.engine.admitLink({ password });
      return name;
    } catch (error) {
      const isTypo = asFailure(error).code === "account/sign-in-failed" && source.passwordFd === undefined;
      const canAgain = isTypo && tries < PASSWORD_TRIES_MAX && (await run.engine.linking()).kind === "compare";
      if (!canAgain) throw error;
      await run.note("That isn't the password of this account. Once more:");
    }
  }
}
