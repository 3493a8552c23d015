import type { Person, Verification } from "@sotto/engine";
import { DISPLAY_NAME_LENGTH_MAX, lengthOf } from "@sotto/protocol";
import { fullTime, safetyGroups } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { trustWords } from "../people.ts";
import { ask } from "../prompt.ts";
import { qrLines } from "../qr-code.ts";
import { HERE, utc } from "../records.ts";
import { findKnown } from "../resolve.ts";
import { signedIn, type Run } from "../session.ts";
import { personName, personWithUsername, safeJson } from "../text.ts";
import { catchUpOrSay, type OutputOptions } from "./list.ts";

export type VerifyOptions = OutputOptions & {
  match?: boolean | undefined;
  unverify?: boolean | undefined;
  qr?: boolean | string | undefined;
};

const GROUPS_A_LINE = 4;

/** `sotto verify`: the safety number, to compare; on a terminal it is marked there and then, in scripts with --match. */
export async function verify(run: Run, typed: string, options: VerifyOptions): Promise<Exit> {
  await signedIn(run);
  // What other own devices decided counts here, and what is decided here is told to them.
  await catchUpOrSay(run);
  const person = await findKnown(run, typed);
  const { account, username } = person;
  const exact = personWithUsername(person);
  if (options.unverify === true) {
    await run.engine.unverify({ account });
    await run.print(`${exact} is not verified any more`);
    return EXIT.done;
  }
  if (options.match === true || typeof options.qr === "string") {
    await run.engine.verify({ account, ...(typeof options.qr === "string" ? { qr: options.qr } : {}) });
    await run.print(`${exact} is verified`);
    return EXIT.done;
  }
  if (options.json === true) {
    await run.print(asJson(person, await run.engine.verification(account)));
    return EXIT.done;
  }
  await showVerification(run, typed, { qr: options.qr === true });
  if (!run.look.forPeople || run.io.stdin.isTTY !== true) {
    await run.note(`If all groups are the same on the other side:  sotto verify @${username} --match`);
    return EXIT.done;
  }
  const answer = await ask(run.io, "m and Enter: they match.  x and Enter: they differ.  Enter: later. ");
  if (/^m$/i.test(answer)) {
    await run.engine.verify({ account });
    await run.print(`${exact} is verified`);
    return EXIT.done;
  }
  if (/^x$/i.test(answer)) {
    throw new Stop(EXIT.trust, `The numbers differ, so this may not be ${personName(person)}. Nothing was marked.`, [
      "share nothing private there; reach them on another way, then compare again",
      `show and send nothing:  sotto block @${username}`,
    ]);
  }
  await run.note("Nothing was marked.");
  return EXIT.done;
}

/** The safety number in groups, for comparing. */
export async function showVerification(run: Run, typed: string, { qr = false }: { qr?: boolean } = {}): Promise<void> {
  const person = await findKnown(run, typed);
  if (person.trust === "self") throw new Stop(EXIT.usage, "That's you.");
  const found = await run.engine.verification(person.account);
  const groups = safetyGroups(found.safetyNumber);
  const whom = `${personWithUsername(person)} (${trustWords({ ...person, trust: found.trust })})`;
  if (!run.look.forPeople) {
    await run.print(groups.join(" "));
    await run.note(whom);
    return;
  }
  await run.print(`Verify ${whom}`);
  if (found.changedAt !== null)
    await run.note(`The keys are others than those that you verified, since ${fullTime(found.changedAt, HERE)}.`);
  await run.print("");
  for (let at = 0; at < groups.length; at += GROUPS_A_LINE)
    await run.print(`    ${run.look.bold(groups.slice(at, at + GROUPS_A_LINE).join("  "))}`);
  await run.print("");
  if (qr) {
    const lines = qrLines(found.qr, run.io);
    if (lines === null) await run.note("A code to scan doesn't fit this window: compare the numbers.");
    for (const line of lines ?? []) await run.print(line);
  }
  await run.note(
    `Compare with the screen of ${personName(person)}, side by side or on a call where you know the voice.`,
  );
}

function asJson({ username, account }: Person, found: Verification): string {
  const { trust, safetyNumber, qr, verifiedAt, changedAt } = found;
  const time = (at: number | null): string | null => (at === null ? null : utc(at));
  const number = safetyGroups(safetyNumber).join(" ");
  return safeJson({ username, account, trust, number, qr, verified: time(verifiedAt), changed: time(changedAt) });
}

/** `sotto block`, `sotto unblock`: on all own devices; the other side isn't told. */
export async function setBlocked(run: Run, typed: string, blocked: boolean): Promise<Exit> {
  await signedIn(run);
  // What other own devices decided counts here, and what is decided here is told to them.
  await catchUpOrSay(run);
  const person = await findKnown(run, typed);
  if (person.trust === "self") throw new Stop(EXIT.usage, "That's you.");
  await run.engine.setBlocked({ account: person.account, blocked });
  await run.print(`${personWithUsername(person)} is ${blocked ? "blocked" : "not blocked any more"}`);
  if (blocked) await run.note("Nothing they write is shown, and nothing is sent to them. They are not told.");
  return EXIT.done;
}

/** `sotto name`: what this account calls somebody, on all its devices. An empty name takes it back. */
export async function setName(run: Run, typed: string, name: string): Promise<Exit> {
  await signedIn(run);
  const wanted = name.trim();
  if (lengthOf(wanted) > DISPLAY_NAME_LENGTH_MAX)
    throw new Stop(EXIT.usage, `A name has at most ${DISPLAY_NAME_LENGTH_MAX} characters.`);
  await catchUpOrSay(run);
  const person = await findKnown(run, typed);
  await run.engine.setContactName({ account: person.account, name: wanted === "" ? null : wanted });
  const { contactName, displayName, username } = await run.engine.person(person.account);
  await run.print(`@${username} is ${personName({ contactName, displayName, username })} to you`);
  return EXIT.done;
}
