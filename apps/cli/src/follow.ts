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
  /** Everything up to here has been dealt with. */
  floor: number;
  /** What was shown above it. An own post knows its place before those in front of it have been read. */
  shown: Set<number>;
};

/** Shows every item of the log once, in order, as it becomes known. */
export async function follow(engine: Engine, { wants, from, show }: FollowOptions): Promise<Following> {
  const places = new Map<ConversationId, Place>();
  for (const { conversation } of await engine.conversations()) {
    const { items, unreadAfter } = await engine.timeline({ conversation, limit: 1 });
    const newest = newestOrder(items);
    places.set(conversation, { floor: from === "unread" ? (unreadAfter ?? newest) : newest, shown: new Set() });
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
    const place = places.get(conversation.conversation) ?? (await placeOfNew(engine, conversation.conversation));
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

function newestOrder(items: readonly TimelineItem[]): number {
  return Math.max(0, ...items.filter(({ seq }) => seq !== null).map(({ order }) => order));
}

/**
 * A conversation that wasn't there at the beginning: somebody began it, or a device that has just signed in has entered it, with
 * all its history. What nobody has read yet is news, of a page at most.
 */
async function placeOfNew(engine: Engine, conversation: ConversationId): Promise<Place> {
  const { items, unreadAfter } = await engine.timeline({ conversation, limit: PAGE });
  const [oldest] = items;
  const lowest = oldest === undefined || items.length < PAGE ? 0 : oldest.order - 1;
  return { floor: Math.max(lowest, unreadAfter ?? newestOrder(items)), shown: new Set() };
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
