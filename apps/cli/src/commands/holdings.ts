import type { Holding } from "@sotto/engine";
import { countOf } from "@sotto/views";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { needServer } from "../resolve.ts";
import { signedIn, type Run } from "../session.ts";
import { columns, safeFields, safeJson, safeLine } from "../text.ts";
import type { OutputOptions } from "./list.ts";

/** `sotto holdings`: what this account's server says that it holds about it. */
export async function holdings(run: Run, options: OutputOptions): Promise<Exit> {
  await signedIn(run);
  await needServer(run, "This asks the server what it holds");
  await printHoldings(run, await run.engine.holdings(), options);
  await run.note(`This is what ${run.home.origin} says. Who owns its data folder can look:  sotto inspect <folder>`);
  return EXIT.done;
}

/**
 * `sotto inspect`: what a server holds about the account that is signed in here. An address is asked; in a data folder it is
 * counted, without a word to the server and without writing anything.
 */
export async function inspect(run: Run, where: string, options: OutputOptions): Promise<Exit> {
  const me = await signedIn(run);
  if (/^https?:\/\//i.test(where)) {
    const origin = URL.canParse(where) ? new URL(where).origin : "";
    if (origin !== run.home.origin)
      throw new Stop(EXIT.failed, `@${me.username} is an account at ${run.home.origin}, not at ${safeLine(where)}.`);
    return holdings(run, options);
  }
  const folder = resolve(where);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Stop(EXIT.failed, `${safeLine(folder)} is no folder.`, ["give a server's data folder, or its address"]);
  const { inspectAccount } = await import("@sotto/server");
  const found = await inspectAccount(folder, me.account).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "account/unknown")
      throw new Stop(EXIT.nobody, `Nothing is held about the account of @${me.username} in ${safeLine(folder)}.`);
    throw error;
  });
  await printHoldings(run, found.holdings, options);
  if (found.isClosed) await run.note("The account is closed.");
  return EXIT.done;
}

async function printHoldings(run: Run, rows: readonly Holding[], { json }: OutputOptions): Promise<void> {
  if (json === true) {
    for (const { what, rows: count, bytes } of rows) await run.print(safeJson({ what, rows: count, bytes }));
  } else if (run.look.forPeople) {
    const table = rows.map(({ what, rows: count, bytes }) => [
      safeLine(what),
      count.toLocaleString("en-GB"),
      countOf(bytes, "byte", "bytes"),
    ]);
    for (const row of columns(table)) await run.print(row);
  } else {
    for (const { what, rows: count, bytes } of rows) await run.print(safeFields([what, count, bytes]));
  }
}
