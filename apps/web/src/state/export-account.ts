import type { Engine } from "@sotto/engine";
import { titleOf } from "@sotto/views";
import type { Place } from "@sotto/views";
import { exportConversation, exportedConversation, exportIndex, exportNames, wholeTimeline } from "@sotto/views/export";
import type { ExportEntry } from "@sotto/views/export";

/** Where the files go. Nothing of an export that was cancelled stays. */
export type ExportSink = {
  write: (path: string, text: string) => Promise<void>;
  finish: () => Promise<void>;
  abandon: () => Promise<void>;
};

export type ExportProgress = { done: number; of: number; title: string; items: number };

export type ExportRequest = {
  session: { account: Parameters<typeof exportedConversation>[0]["account"]; username: string };
  server: string;
  place: Place;
  signal: AbortSignal;
  onProgress: (progress: ExportProgress) => void;
  /** Waits before what can't be reached is asked for again; rejects once it was cancelled. */
  pause: (ms: number) => Promise<void>;
};

const PAGE = 200;
const TRIES = 3;
const RETRY_MS = 2_000;

/** Writes every conversation back to its beginning, as this device reads them. @returns how many are not whole */
export async function exportAccount(engine: Engine, sink: ExportSink, request: ExportRequest): Promise<number> {
  const { session, server, place, signal, onProgress, pause } = request;
  const exportedAt = Date.now();
  const summaries = await engine.conversations();
  const names = exportNames(summaries.map((one) => ({ conversation: one.conversation, title: titleOf(one) })));
  const entries: ExportEntry[] = [];
  try {
    for (const [done, { conversation }] of summaries.entries()) {
      const details = await engine.conversation(conversation);
      const title = titleOf(details);
      const progress = (items: number) => onProgress({ done, of: summaries.length, title, items });
      progress(0);
      let tries = 0;
      const whole = await wholeTimeline(
        (at) => {
          signal.throwIfAborted();
          return engine.timeline({ conversation, limit: PAGE, ...at });
        },
        {
          onItems: progress,
          mayRetry: async () => {
            tries += 1;
            if (tries > TRIES) return false;
            await pause(RETRY_MS);
            return true;
          },
        },
      );
      const data = exportedConversation({
        ...whole,
        conversation: details,
        account: session.account,
        server,
        exportedAt,
      });
      const { files, entry } = exportConversation(data, { name: names.get(conversation) ?? conversation, place });
      for (const { path, text } of files) await sink.write(path, text);
      entries.push(entry);
    }
    const about = { username: session.username, server, exportedAt, place };
    for (const { path, text } of exportIndex(entries, about)) await sink.write(path, text);
    signal.throwIfAborted();
    await sink.finish();
  } catch (thrown) {
    await sink.abandon();
    throw thrown;
  }
  return entries.filter(({ complete }) => !complete).length;
}
