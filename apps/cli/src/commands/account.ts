import { DISPLAY_NAME_LENGTH_MAX, lengthOf } from "@sotto/protocol";
import { asUsername, connectionWords, keyCharacters, usernameProblem } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { noticeLines } from "../notices.ts";
import { readNewPassword, readPassword, readResetCode, type PasswordSource, type SecretSource } from "../password.ts";
import { ask } from "../prompt.ts";
import { caughtUp, signedIn, whenOnline, type Run } from "../session.ts";
import { settleIn } from "../settle-in.ts";
import { requireStrong } from "../strength.ts";
import { personWithUsername, safeJson, safeName } from "../text.ts";

export type SignUpOptions = SecretSource & { displayName?: string | undefined; resetCode?: boolean | undefined };

/** A new account on this server, and this folder as its first device. */
export async function signUp(run: Run, typed: string | undefined, options: SignUpOptions): Promise<Exit> {
  await requireNobody(run);
  const username = asUsername(typed ?? (await ask(run.io, "Username: ")));
  const problem = username === "" ? "There is no username." : usernameProblem(username);
  if (problem !== null) throw new Stop(EXIT.usage, `That is not a username. ${problem}`);
  const displayName = (options.displayName ?? "").trim();
  if (lengthOf(displayName) > DISPLAY_NAME_LENGTH_MAX) {
    throw new Stop(EXIT.usage, `A display name has at most ${DISPLAY_NAME_LENGTH_MAX} characters.`);
  }
  const isReset = options.resetCode === true || options.resetCodeFd !== undefined;
  const resetCode = isReset ? { resetCode: keyCharacters(await readResetCode(run.io, options)) } : {};
  const password = await readNewPassword(run.io, options);
  await requireStrong(password, [username, displayName, "sotto"]);
  await run.engine.signUp({ username, password, displayName: displayName === "" ? null : displayName, ...resetCode });
  run.home.remember();
  await run.note(
    `Signed up as @${username} at ${run.home.origin}. The state of this device is in ${run.home.directory}.`,
  );
  await run.note("Save your recovery key: without it a forgotten password may lock you out.  sotto recovery-key");
  return EXIT.done;
}

/** This folder as one more device of an account. */
export async function signIn(run: Run, typed: string | undefined, options: PasswordSource): Promise<Exit> {
  await requireNobody(run);
  const username = asUsername(typed ?? (await ask(run.io, "Username: ")));
  if (username === "") throw new Stop(EXIT.usage, "There is no username.");
  const password = await readPassword(run.io, options, "Password: ");
  await run.engine.signIn({ username, password });
  run.home.remember();
  await run.note(
    `Signed in as @${safeName(username)} at ${run.home.origin}. The state of this device is in ${run.home.directory}.`,
  );
  await settleIn(run);
  return EXIT.done;
}

/** @throws Stop when somebody is signed in here */
export async function requireNobody({ engine, home }: Run): Promise<void> {
  const session = await engine.session();
  if (session.kind === "signed-in") {
    throw new Stop(EXIT.failed, `@${safeName(session.username)} is signed in here already.`, [
      "sign out first:  sotto sign-out",
      "or give the other account a folder of its own:  --home <folder>",
    ]);
  }
  if (session.kind === "damaged") await signedIn({ engine, home });
}

/** Wipes this device, after asking for the words to be typed. */
export async function signOut(run: Run, { yes }: { yes?: boolean | undefined }): Promise<Exit> {
  const session = await run.engine.session();
  if (session.kind !== "damaged") await signedIn(run);
  await run.note(
    `This erases from this machine: the keys of this device and every message in ${run.home.directory}. The account, its other devices and what others have are not touched.`,
  );
  if (session.kind === "signed-in" && session.recoveryKeyUnsaved) {
    await run.note("Messages that no other device of yours has can't be read again afterwards.");
  }
  if (
    yes !== true &&
    (await ask(run.io, "Type 'sign out' to go on: ", "say so with  sotto sign-out --yes")) !== "sign out"
  ) {
    throw new Stop(EXIT.failed, "Nothing was erased.");
  }
  if (session.kind === "damaged") await run.engine.startOver();
  else {
    // The server is told if it can be, so that nobody writes to this device any more.
    await whenOnline(run.engine, SIGN_OUT_TIMEOUT_MS).catch(() => false);
    await run.engine.signOut();
  }
  run.home.forget();
  await run.note("Signed out. This device holds nothing any more.");
  return EXIT.done;
}

const SIGN_OUT_TIMEOUT_MS = 4_000;

export async function whoAmI(run: Run, { json }: { json?: boolean | undefined }): Promise<Exit> {
  const me = await signedIn(run);
  await caughtUp(run);
  const session = await signedIn(run);
  const details = await run.engine.person(me.account);
  if (json === true) {
    await run.print(
      safeJson({
        username: me.username,
        name: me.displayName,
        account: me.account,
        fingerprint: details.fingerprint,
        device: me.device,
        server: run.home.origin,
        connection: session.connection,
        home: run.home.directory,
      }),
    );
    return EXIT.done;
  }
  await run.print(personWithUsername(me));
  await run.print(`account      ${me.account}`);
  await run.print(`fingerprint  ${details.fingerprint}`);
  await run.print(`device       ${me.device}`);
  await run.print(`server       ${run.home.origin} (${connectionWords(session.connection).toLowerCase()})`);
  await run.print(`state        ${run.home.directory}`);
  for (const notice of session.notices) for (const line of noticeLines(notice, Date.now()).lines) await run.note(line);
  if (session.recoveryKeyUnsaved) await run.note("Your recovery key isn't saved yet:  sotto recovery-key");
  return EXIT.done;
}
