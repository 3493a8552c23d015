import type { AccountId, ConversationId } from "@sotto/protocol";
import { ArchiveReader } from "../history/archive-reader.ts";
import type { Context } from "../context.ts";
import { headAt, loadConversation } from "../conversation/conversation-record.ts";
import { readBack, type BackEntry } from "../history/history-page.ts";
import { isFromRevoked } from "../people/revoked.ts";
import { SnapshotSearch, applySync, loadSelfState, readSync, saveSelfState } from "./sync-posts.ts";

const PAGE_ENTRIES = 64;

/**
 * A device that has entered the conversation of its account's devices reads what was said there before, newest first, until it has a whole
 * snapshot and everything that the snapshot's writer hadn't read, or the beginning. What it has by then it keeps; cut short, it begins again.
 * @param isLastTry posts whose keys aren't in the archive (yet) are given up
 * @returns the keys whose values changed, and whether there is nothing more to read
 */
export async function readSelfBack(
  context: Context,
  conversation: ConversationId,
  isLastTry: boolean,
): Promise<{ changed: string[]; whole: boolean }> {
  const record = loadConversation(context.store, conversation);
  if (record?.state.kind !== "open" || loadSelfState(context, conversation).whole) return { changed: [], whole: true };
  const changed = new Set<string>();
  const archive = new ArchiveReader(context, conversation);
  const search = new SnapshotSearch();
  let posts = 0;
  let missing = 0;
  let through = record.joinedSeq;
  let head = headAt(context.store, conversation, through);
  const isEnough = () => through <= Math.max(0, search.after ?? 0);
  while (head !== undefined && !isEnough()) {
    const page = await readBack(context, archive, conversation, { through, head, limit: PAGE_ENTRIES });
    missing += page.entries.filter(({ kind }) => kind === "missing").length;
    context.store.transaction(() => {
      for (const entry of page.entries.toReversed()) {
        const content = contentOf(context, entry, context.account);
        if (content === undefined) continue;
        posts++;
        search.add(content);
        for (const key of applySync(context, content)) changed.add(key);
      }
    });
    through = page.from - 1;
    head = page.headBefore;
  }
  const whole = missing === 0 || isLastTry;
  if (whole)
    context.store.transaction(() => {
      const { since } = loadSelfState(context, conversation);
      saveSelfState(context, conversation, { since: since + posts, whole: true });
    });
  return { changed: [...changed], whole };
}

function contentOf(context: Context, entry: BackEntry, own: AccountId) {
  if (entry.kind !== "post" || entry.sender.account !== own) return undefined;
  const arrival = () => ({ acceptedAt: entry.at, acceptedFloor: 0, checkedAt: 0 });
  return isFromRevoked(context.people.chain(own), entry.sender.device, arrival)
    ? undefined
    : readSync(entry.data.content);
}
