import { countOf, decryptText, hexLines, serverRows } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { findConversation, needServer } from "../resolve.ts";
import { signedIn, type Run } from "../session.ts";
import { columns } from "../text.ts";

/** Sixteen bytes each: what a person looks at. A program gets all. */
const LINES_FOR_PEOPLE = 32;

/** `sotto server-view`: one stored entry exactly as the server holds it. */
export async function serverView(
  run: Run,
  name: string,
  typed: string,
  { keys }: { keys?: boolean | undefined } = {},
): Promise<Exit> {
  await signedIn(run);
  await needServer(run, "This shows what the server holds");
  const { conversation } = await findConversation(run, name, { mayOpen: false });
  if (!/^\d{1,15}$/.test(typed))
    throw new Stop(EXIT.usage, "The entry is named by its place in the log.", [
      `see the places:  sotto read "${name}" --json`,
    ]);
  if (keys === true) {
    const found = await run.engine.entryKeys({ conversation, seq: Number(typed) });
    await run.print(decryptText(found).trimEnd());
    await run.note(
      "Whoever has these keys reads what this sender wrote in this epoch. To open the entry:  sotto decrypt",
    );
    return EXIT.done;
  }
  const view = await run.engine.serverView({ conversation, seq: Number(typed) });
  for (const row of columns(serverRows(view).map((each) => [each.name, each.value]))) await run.print(row);
  const { lines, restBytes } = hexLines(view.envelope, run.look.forPeople ? LINES_FOR_PEOPLE : Infinity);
  for (const line of lines) await run.print(line);
  if (restBytes > 0) await run.print(`and ${countOf(restBytes, "byte", "bytes")} more`);
  await run.note(
    view.matchesLocal
      ? "It is what this device has read: the hashes are the same."
      : "This device has not read an entry with this hash there.",
  );
  return EXIT.done;
}
