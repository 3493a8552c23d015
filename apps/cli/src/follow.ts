import type { ConversationSummary, Engine, TimelineItem } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";

const PAGE = 200;

export type Arrival = { item: TimelineItem; conversation: ConversationSummary };

export type FollowOptions = {
  /** Which conversations; those that come into being later are asked for too. */
  wants: (conversation: ConversationSummary) => boolean;
  /** "unread": begin with what nobody has read on this device. "now": begin with what comes next. */
  from: "unread" | "now";
  show: (arrival: Arrival) => Promise<void>;
};

export type Following = {
  /** Settles when following fails, or after `stop`. */
  done: Promise<void>;
  /** Shows what is there already, then no more. */
  stop(): Promise<void>;
};

type Place = {
  /** What lies up to here is history. */
  floor: number;
  /** What was there or was shown above it. An own post knows its place before those in front of it have been read. */
  shown: Set<number>;
};

/** Shows every item of the log once, in order, as it becomes known. */
export async function follow(engine: Engine, { wants, from, show }: FollowOptions): Promise<Following> {
  const places = new Map<ConversationId, Place>();
  for (const { conversation } of await engine.conversations()) {
    const place = await placeNow(engine, conversation, from, { pages: Infinity });
    if (place !== undefined) places.set(conversation, place);
  }

  let changed: Set<ConversationId> | "all" = "all";
  let isStopped = false;
  let wake = (): void => undefined;
  const unsubscribe = engine.subscribe((change) => {
    if (change.kind === "conversations") changed = "all";
    else if (change.kind !== "timeline" && change.kind !== "arrived") return;
    else if (changed !== "all") changed.add(change.conversation);
    wake();
  });

  const pull = async (conversation: ConversationSummary): Promise<void> => {
    // Until this device has joined it, what others will see as history would look like news.
    if (!places.has(conversation.conversation) && conversation.state.kind === "joining") return;
    const place =
      places.get(conversation.conversation) ??
      (await placeNow(engine, conversation.conversation, "unread", { pages: 1 }));
    if (place === undefined) return;
    places.set(conversation.conversation, place);
    const items = await itemsAfter(engine, conversation.conversation, place.floor);
    for (const item of items) {
      if (place.shown.has(item.order)) continue;
      place.shown.add(item.order);
      await show({ item, conversation });
    }
    // Far above what can still be missing: forget what lies below.
    const settledItem = items.at(-PAGE);
    if (settledItem === undefined) return;
    place.floor = settledItem.order;
    for (const order of place.shown) if (order <= place.floor) place.shown.delete(order);
  };

  const work = async (): Promise<void> => {
    for (;;) {
      const due = changed;
      if (due === "all" || due.size > 0) {
        changed = new Set();
        for (const each of await engine.conversations()) {
          if (wants(each) && (due === "all" || due.has(each.conversation))) await pull(each);
        }
      } else if (isStopped) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const done = work().finally(unsubscribe);
  return {
    done,
    stop: () => {
      isStopped = true;
      changed = "all";
      wake();
      return done;
    },
  };
}

/**
 * Where following begins: what is there already counts as shown, but for what is unread where that is wanted.
 * What comes in between later is news as well: messages whose keys were missing. What lies before the page is history, which
 * a device that has just signed in fetches bit by bit.
 * @param pages  how far back unread ones are shown: a conversation that has just been entered may have years of them
 * @returns undefined while nothing of it is here
 */
async function placeNow(
  engine: Engine,
  conversation: ConversationId,
  from: FollowOptions["from"],
  { pages }: { pages: number },
): Promise<Place | undefined> {
  const { items, more, unreadAfter } = await engine.timeline({ conversation, limit: PAGE });
  const [oldest] = items;
  if (oldest === undefined && more) return undefined;
  const isNews = (order: number): boolean => from === "unread" && unreadAfter !== null && order > unreadAfter;
  const inLog = items.filter(({ seq }) => seq !== null).map(({ order }) => order);
  const lowest = more && oldest !== undefined ? oldest.order - 1 : 0;
  const isAllWanted = from === "unread" && unreadAfter !== null && pages > 1;
  return {
    floor: isAllWanted ? Math.min(lowest, unreadAfter) : lowest,
    shown: new Set(inLog.filter((order) => !isNews(order))),
  };
}

/** Everything in the log after a place, oldest first. Own posts that aren't in the log yet are left out. */
async function itemsAfter(engine: Engine, conversation: ConversationId, floor: number): Promise<TimelineItem[]> {
  let found: TimelineItem[] = [];
  let beforeOrder: number | undefined;
  for (;;) {
    const page = await engine.timeline({
      conversation,
      limit: PAGE,
      ...(beforeOrder === undefined ? {} : { beforeOrder }),
    });
    const items = page.items.filter(({ order, seq }) => order > floor && seq !== null);
    found = [...items, ...found];
    const [oldest] = page.items;
    if (oldest === undefined || oldest.order <= floor || !page.more) return found;
    beforeOrder = oldest.order;
  }
}
