import type { TimelineItem, TimelinePage } from "@sotto/engine";

/** Pages that brought nothing though more was said to lie before: after so many the rest counts as out of reach. */
const EMPTY_PAGES_MAX = 20;

export type WholeTimeline = {
  /** Oldest first. */
  items: TimelineItem[];
  /** False: what lies before the first item could not be fetched. */
  complete: boolean;
};

/**
 * A conversation back to its beginning, page by page from the newest.
 * @param page       asks for the page before that order, or for the newest
 * @param onItems    told of each page: how many items there are by now
 * @param mayRetry   asked when what lies before can't be fetched; true tries again
 */
export async function wholeTimeline(
  page: (beforeOrder: number | undefined) => Promise<TimelinePage>,
  { onItems, mayRetry }: { onItems: (count: number) => void; mayRetry: () => Promise<boolean> },
): Promise<WholeTimeline> {
  const pages: TimelineItem[][] = [];
  let before: number | undefined;
  let empty = 0;
  let count = 0;
  for (;;) {
    const { items, more, unreachable } = await page(before);
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
