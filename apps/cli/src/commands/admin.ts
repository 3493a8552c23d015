import { fullTime, groupsOf } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { lookOf, writeLine, type Io } from "../io.ts";
import { HERE, utc } from "../records.ts";
import { safeName } from "../text.ts";

/**
 * `sotto admin reset`: the server's owner gives a name to whoever holds the code. Works on the data folder, beside a running
 * server; the code goes to stdout and nowhere else.
 */
export async function resetName(io: Io, typed: string, { dataDir }: { dataDir?: string | undefined }): Promise<Exit> {
  const { issueResetCode, readConfig } = await import("@sotto/server");
  const folder = dataDir ?? readConfig(io.env).dataDir;
  const username = typed.trim().replace(/^@/, "").toLowerCase();
  const { code, expiresAt } = await issueResetCode(folder, username).catch((error: unknown) => {
    const failed = error instanceof Error && "code" in error ? error.code : undefined;
    if (failed === "account/unknown")
      throw new Stop(EXIT.nobody, `Nobody on the server in ${folder} is called @${safeName(username)}.`, [
        "usernames are exact",
      ]);
    if (failed === "account/closed")
      throw new Stop(EXIT.failed, `@${safeName(username)} was closed by its owner. Its name stays taken.`);
    throw error;
  });
  const forPeople = lookOf(io).forPeople;
  await writeLine(io.stdout, groupsOf(code, 4).join("-"));
  for (const line of [
    `Whoever has this code can take the name @${safeName(username)}, once, until ${forPeople ? fullTime(expiresAt, HERE) : utc(expiresAt)}:`,
    "  sotto sign-up --reset-code, or Sign up on the page of this server, with the code.",
    "It makes a new account. The old one ends: its devices are signed out, and its vault and history keys are erased.",
    "Everybody who knew it is told that the name was given to another account.",
    "Give it to the right person, on a way that you trust. A new code makes this one worthless.",
  ])
    await writeLine(io.stderr, line);
  return EXIT.done;
}
