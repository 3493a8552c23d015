import type { TimelineItem, TimelinePage } from "@sotto/engine";
import type { PostId } from "@sotto/protocol";

/** Pages that brought nothing though more was said to lie before: after so many the rest counts as out of reach. */
const EMPTY_PAGES_MAX = 20;

export type WholeTimeline = {
  /** Oldest first, in the order of the log; what stands in threads is among them. */
  items: TimelineItem[];
  /** By the keys of items: the post in whose thread they stand. */
  threads: ReadonlyMap<string, PostId>;
  /** False: what lies before the first item could not be fetched. */
  complete: boolean;
};

/** Which page is asked for: the one before that order, or the newest; of a thread, or of the conversation itself. */
export type PageAt = { beforeOrder?: number; thread?: PostId };
type Asking = { onItems: (count: number) => void; mayRetry: () => Promise<boolean> };

/**
 * A conversation back to its beginning with all its threads, page by page from the newest.
 * @param page       asks for a page
 * @param onItems    told of each page: how many items there are by now
 * @param mayRetry   asked when what lies before can't be fetched; true tries again
 */
export async function wholeTimeline(
  page: (at: PageAt) => Promise<TimelinePage>,
  { onItems, mayRetry }: Asking,
): Promise<WholeTimeline> {
  const main = await allPages(page, { onItems, mayRetry });
  const items = new Map(main.items.map((item) => [item.key, item]));
  const threads = new Map<string, PostId>();
  let { complete } = main;
  // Grows as it is gone through: what somebody's client hung on a post inside a thread is there, too. Each is asked for once.
  const roots = new Set(main.items.flatMap(rootsIn));
  for (const thread of roots) {
    const counted = (count: number): void => onItems(items.size + count);
    const found = await allPages((at) => page({ ...at, thread }), { onItems: counted, mayRetry });
    complete &&= found.complete;
    for (const item of found.items) {
      // The first of a thread is the post on which it stands.
      if (items.has(item.key)) continue;
      items.set(item.key, item);
      threads.set(item.key, thread);
      for (const root of rootsIn(item)) roots.add(root);
    }
  }
  return { items: [...items.values()].toSorted((a, b) => a.order - b.order), threads, complete };
}

/** On which there may be a thread. Of what was deleted or can't be shown nobody says whether there is one. */
function rootsIn(item: TimelineItem): PostId[] {
  if (item.kind === "system") return [];
  return item.kind === "post" && item.marks.replies === null ? [] : [item.post];
}

async function allPages(
  page: (at: PageAt) => Promise<TimelinePage>,
  { onItems, mayRetry }: Asking,
): Promise<Pick<WholeTimeline, "items" | "complete">> {
  const pages: TimelineItem[][] = [];
  let before: number | undefined;
  let empty = 0;
  let count = 0;
  for (;;) {
    const { items, more, unreachable } = await page(before === undefined ? {} : { beforeOrder: before });
    const first = items[0];
    if (first !== undefined && (before === undefined || first.order < before)) {
      const isBefore = before ?? Infinity;
      const older = items.filter(({ order }) => order < isBefore);
      pages.push(older);
      count += older.length;
      before = first.order;
      empty = 0;
      onItems(count);
    } else empty++;
    if (unreachable) {
      if (!(await mayRetry())) return { items: pages.toReversed().flat(), complete: false };
    } else if (!more) return { items: pages.toReversed().flat(), complete: true };
    else if (empty >= EMPTY_PAGES_MAX) return { items: pages.toReversed().flat(), complete: false };
  }
}
