import type { ConversationSummary } from "@sotto/engine";
import {
  exportConversation,
  exportedConversation,
  exportIndex,
  exportNames,
  wholeTimeline,
  type ExportEntry,
  type ExportFile,
} from "@sotto/views";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EXIT, Stop, type Exit } from "../exit.ts";
import { titleOf } from "../people.ts";
import { HERE } from "../records.ts";
import { signedIn, whenOnline, type Run } from "../session.ts";
import { safeLine } from "../text.ts";
import { catchUpOrSay } from "./list.ts";

const PAGE = 200;
/** What can't be fetched is tried so often before a conversation counts as not whole. */
const TRIES_MAX = 4;
const RETRY_MS = 1_000;

/** `sotto export`: every conversation with its whole history, as files in a folder that is new or empty. */
export async function exportAll(run: Run, typed: string): Promise<Exit> {
  const me = await signedIn(run);
  const folder = resolve(typed);
  openFolder(folder);
  await catchUpOrSay(run);
  const exportedAt = Date.now();
  const conversations = [...(await run.engine.conversations())].sort((a, b) => b.activeAt - a.activeAt);
  const names = exportNames(conversations.map((each) => ({ conversation: each.conversation, title: titleOf(each) })));
  const entries: ExportEntry[] = [];
  for (const [at, summary] of conversations.entries()) {
    const progress = progressOf(run, `${at + 1} of ${conversations.length}  ${titleOf(summary)}`);
    const whole = await history(run, summary, progress.count);
    const conversation = await run.engine.conversation(summary.conversation);
    const data = exportedConversation({
      ...whole,
      conversation,
      account: me.account,
      server: run.home.origin,
      exportedAt,
    });
    const name = names.get(summary.conversation) ?? summary.conversation;
    const { files, entry } = exportConversation(data, { name, place: HERE });
    for (const file of files) write(folder, file);
    entries.push(entry);
    await progress.end(whole.complete ? `${entry.posts} messages` : `${entry.posts} messages, not whole`);
  }
  const about = { username: me.username, server: run.home.origin, exportedAt, place: HERE };
  for (const file of exportIndex(entries, about)) write(folder, file);
  await run.print(join(folder, "index.html"));
  await run.note("These files are not encrypted: whoever has them can read them.");
  const partial = entries.filter(({ complete }) => !complete).length;
  if (partial === 0) return EXIT.done;
  await run.note(
    `Not whole: ${partial} of ${entries.length}, because earlier messages could not be fetched. Try again, into another folder, when the server can be reached.`,
  );
  return EXIT.failed;
}

/** @throws Stop when something is there already: an export is written once, whole */
function openFolder(folder: string): void {
  const found = attempt(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return readdirSync(folder).length;
  });
  if (found > 0) {
    throw new Stop(EXIT.failed, `There is something in ${safeLine(folder)} already. Nothing was written.`, [
      "name a new folder, or an empty one",
    ]);
  }
}

function write(folder: string, { path, text }: ExportFile): void {
  // Never over a file that is there, nor through a link: the folder was empty.
  attempt(join(folder, path), () => writeFileSync(join(folder, path), text, { flag: "wx", mode: 0o600 }));
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new Stop(EXIT.failed, `${safeLine(path)} can't be written (${code}).`, [
      "look at its permissions and whether the disk is full",
    ]);
  }
}

function history(
  { engine }: Run,
  { conversation }: ConversationSummary,
  onItems: (count: number) => void,
): ReturnType<typeof wholeTimeline> {
  let tries = 0;
  return wholeTimeline((at) => engine.timeline({ conversation, limit: PAGE, ...at }), {
    onItems: (count) => {
      tries = 0;
      onItems(count);
    },
    mayRetry: async () => {
      if (++tries >= TRIES_MAX) return false;
      await new Promise((wake) => setTimeout(wake, RETRY_MS));
      return whenOnline(engine).catch(() => false);
    },
  });
}

type Progress = { count: (items: number) => void; end: (result: string) => Promise<void> };

/** How far a conversation is: in place on a terminal, elsewhere one line when it is done. */
function progressOf(run: Run, title: string): Progress {
  const isLive = run.io.stderr.isTTY === true && run.io.env["TERM"] !== "dumb";
  const say = (text: string): void => void run.io.stderr.write(`\r\u001b[K${text}`);
  return {
    count: (items) => {
      if (isLive) say(`${title}  ${items}`);
    },
    end: async (result) => {
      if (isLive) say("");
      await run.note(`${title}  ${result}`);
    },
  };
}
