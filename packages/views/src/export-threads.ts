import type { PostId } from "@sotto/protocol";
import type { ExportedItem } from "./export-data.ts";

export type ExportedThreads = {
  /** By the post on which the thread stands, oldest first. */
  on: ReadonlyMap<PostId, readonly ExportedItem[]>;
  /** Keys of the items that stand in one. */
  inside: ReadonlySet<string>;
};

/**
 * What stands under which post: one step in, however deep somebody's client hung it. What has no such post in this file, or hangs on
 * itself, is in no thread and stands among the others: nothing is lost.
 */
export function exportedThreads(items: readonly ExportedItem[]): ExportedThreads {
  const threadOf = new Map<PostId, PostId | null>();
  for (const item of items) if (item.kind !== "system") threadOf.set(item.post, item.thread);
  const tops = new Map<PostId, PostId | null>();
  const on = new Map<PostId, ExportedItem[]>();
  const inside = new Set<string>();
  for (const item of items) {
    if (item.kind === "system" || item.thread === null) continue;
    const top = topOf(item.post, threadOf, tops);
    if (top === null) continue;
    inside.add(item.key);
    const replies = on.get(top);
    if (replies === undefined) on.set(top, [item]);
    else replies.push(item);
  }
  return { on, inside };
}

/** Up to the post that is in no thread; null where that isn't here, or the way goes in a circle. Each step is taken once for all items. */
function topOf(
  post: PostId,
  threadOf: ReadonlyMap<PostId, PostId | null>,
  tops: Map<PostId, PostId | null>,
): PostId | null {
  const passed = new Set<PostId>();
  let top: PostId | null = null;
  for (let at: PostId = post; !passed.has(at);) {
    const known = tops.get(at);
    if (known !== undefined) {
      top = known;
      break;
    }
    passed.add(at);
    const above = threadOf.get(at);
    if (above === undefined) break;
    if (above === null) {
      top = at;
      break;
    }
    at = above;
  }
  for (const each of passed) tops.set(each, top);
  return top;
}
