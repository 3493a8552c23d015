import { asUsername } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { readPassword, type PasswordSource } from "../password.ts";
import { ask } from "../prompt.ts";
import { needServer } from "../resolve.ts";
import { signedIn, type Run } from "../session.ts";
import { safeName } from "../text.ts";

/** `sotto delete-account`: for ever, on every device. The username is typed out. */
export async function deleteAccount(run: Run, typed: string | undefined, options: PasswordSource): Promise<Exit> {
  const me = await signedIn(run);
  await needServer(run, "Deleting the account needs the server");
  for (const line of [
    `This ends @${safeName(me.username)} at ${run.home.origin} for ever, on all its devices:`,
    "  it leaves every conversation; vault, history keys, key packages and what waits for it are erased.",
    "  What others have received stays with them. The name is never given out again.",
    "To keep what you can read:  sotto export <folder>",
  ])
    await run.note(line);
  const question = `Type the username to go on: `;
  const username = asUsername(typed ?? (await ask(run.io, question, "sotto delete-account <username>")));
  if (username !== me.username) throw new Stop(EXIT.failed, "That is not the username. Nothing was deleted.");
  const password = await readPassword(run.io, options, "Password: ");
  await run.engine.closeAccount({ password, username });
  run.home.forget();
  await run.print(`@${safeName(username)} is deleted`);
  return EXIT.done;
}
