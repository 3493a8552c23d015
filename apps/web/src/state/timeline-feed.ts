import type { Engine, TimelineItem, TimelinePage } from "@sotto/engine";
import type { ConversationId, PostId } from "@sotto/protocol";
import { areSame, withKnown } from "./same-items.ts";

const FIRST_PAGE = 60;
const PAGE = 100;
const PAGE_MAX = 200;
const UNREAD_MAX = 400;
/** What is looked at first after a change: nearly always it happened at the end. */
const END_PAGE = 40;
/** Items that are kept, and how many more there may be before some are let go: that isn't worth doing for each page. */
const KEPT = 400;
const SLACK = 200;
/** Whatever else may have changed is read again at most so often. */
const WHOLE_MS = 250;

type Request = Omit<Parameters<Engine["timeline"]>[0], "conversation" | "thread">;
type Place = { conversation: ConversationId; thread?: PostId };

/**
 * [Note: A window of a timeline]
 *
 * What is loaded of one conversation's timeline: a part without gaps, at first its end, of bounded size however far one scrolls. It grows
 * where one comes near an edge (older, newer) and is cut at the other one when whoever shows it says what is being looked at (settle).
 * While its end is the timeline's end (`moreAfter` is false), what arrives is put there. Otherwise it stays where it is until it is brought
 * back (latest, or newer as often as it takes), or until the person writes something.
 *
 * After a change the end is read first, and shown: that is what a keypress and an arriving post wait for. What else may have changed, such
 * as an edit far above, follows a moment later, for the whole window. Items that say nothing new stay the same objects.
 *
 * A page is cut and grown in steps of their own: a list that keeps its place has to know at which end it was.
 */
export class TimelineFeed {
  #page: TimelinePage | null = null;
  /** Another number: nothing is left of what was shown before, and no place is to be kept. */
  #window = 0;
  readonly #listeners = new Set<() => void>();
  #work: Promise<void> = Promise.resolve();
  #refreshWaits = false;
  #wholeWaits = false;
  #olderWork: Promise<void> | null = null;
  #newerWork: Promise<void> | null = null;
  /** Own posts that have brought the window to the end already. */
  #lastOwn: string | undefined;
  readonly #engine: Pick<Engine, "timeline">;
  readonly #place: Place;
  readonly #later: (work: () => void) => void;

  constructor(
    engine: Pick<Engine, "timeline">,
    place: Place,
    later: (work: () => void) => void = (work) => void setTimeout(work, WHOLE_MS),
  ) {
    this.#engine = engine;
    this.#place = place;
    this.#later = later;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      // Who comes back begins at the end again.
      if (!this.isWatched && this.#page?.moreAfter === true) this.#forget();
    };
  };

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  readonly page = (): TimelinePage | null => this.#page;
  readonly window = (): number => this.#window;

  /** Something may have changed. Any number of calls while one is under way lead to one more. */
  refresh(): Promise<void> {
    if (this.#refreshWaits) return this.#work;
    this.#refreshWaits = true;
    return this.#next(async () => {
      this.#refreshWaits = false;
      const shown = this.#page;
      if (shown === null || shown.items.length === 0) return this.#first();
      const newest = await this.#ask({ limit: END_PAGE });
      const isOwnNews = this.#isOwnNews(newest.items);
      if (!shown.moreAfter) {
        const next = withEnd(shown, newest) ?? withEnd(shown, await this.#ask({ limit: PAGE_MAX }));
        if (next === undefined && !this.isWatched) return this.#forget();
        this.#show(next ?? behind(shown));
      } else if (isOwnNews) return this.#toEnd();
      this.#wholeLater();
    });
  }

  /** Fetches the page before what is loaded, if there is one. Asked again while one is on its way, it is that one. */
  older(): Promise<void> {
    this.#olderWork ??= this.#next(async () => {
      const shown = this.#page;
      if (shown === null || !shown.more) return;
      const [head] = shown.items;
      const older = await this.#ask({ ...(head && { beforeOrder: head.order }), limit: PAGE }).catch(
        // Where nothing can be said of what lies before, it is there and can't be had now.
        (): Pick<TimelinePage, "items" | "more" | "unreachable"> => ({ items: [], more: true, unreachable: true }),
      );
      this.#show(withOlder(shown, older));
    }).finally(() => {
      this.#olderWork = null;
    });
    return this.#olderWork;
  }

  /** Fetches the page after what is loaded, where the window isn't at the timeline's end. */
  newer(): Promise<void> {
    this.#newerWork ??= this.#next(async () => {
      const shown = this.#page;
      const last = shown?.items.at(-1);
      if (shown === null || last === undefined || !shown.moreAfter) return;
      const newer = await this.#ask({ afterOrder: last.order, limit: PAGE });
      const keys = new Set(newer.items.map(({ key }) => key));
      const items = [...shown.items.filter(({ key }) => !keys.has(key)), ...newer.items];
      this.#show({ ...shown, items, moreAfter: newer.moreAfter, unreadAfter: newer.unreadAfter });
    }).finally(() => {
      this.#newerWork = null;
    });
    return this.#newerWork;
  }

  /** Back to the timeline's end, wherever the window is. */
  latest(): Promise<void> {
    return this.#next(async () => {
      if (this.#page === null || this.#page.moreAfter) await this.#toEnd();
    });
  }

  /** Brings a post into the window. @returns false where it can't be found here */
  async show(post: PostId): Promise<boolean> {
    const isHere = (): boolean =>
      this.#page?.items.some((item) => item.kind !== "system" && item.post === post) === true;
    await this.#next(async () => {
      if (isHere()) return;
      const around = await this.#ask({ around: post, limit: PAGE });
      if (!around.items.some((item) => item.kind !== "system" && item.post === post)) return;
      this.#window++;
      this.#show(around);
    });
    return isHere();
  }

  /** What has this order is being looked at: too much that is far from it is let go, at the end that is farther away. */
  settle(order: number): Promise<void> {
    if ((this.#page?.items.length ?? 0) <= KEPT + SLACK) return Promise.resolve();
    return this.#next(async () => {
      const shown = this.#page;
      if (shown === null || shown.items.length <= KEPT + SLACK) return;
      const found = shown.items.findIndex((item) => item.order >= order);
      const at = found === -1 ? shown.items.length - 1 : found;
      if (at < shown.items.length / 2) this.#show({ ...shown, items: shown.items.slice(0, KEPT), moreAfter: true });
      else this.#show({ ...shown, items: shown.items.slice(-KEPT), more: true, unreachable: false });
    });
  }

  #forget(): void {
    this.#page = null;
    this.#window++;
  }

  async #first(): Promise<void> {
    let page = await this.#ask({ limit: FIRST_PAGE });
    this.#lastOwn = newestOwn(page.items);
    // What is unread is shown from its first line on: it is loaded before anything is drawn, so far as that is a matter of moments.
    while (page.items.length < UNREAD_MAX) {
      const [head] = page.items;
      if (head === undefined || page.unreadAfter === null || head.order <= page.unreadAfter) break;
      if (!page.more || page.unreachable) break;
      const older = await this.#ask({ beforeOrder: head.order, limit: PAGE_MAX });
      if (older.items.length === 0) break;
      page = withOlder(page, older);
    }
    this.#show(page);
  }

  async #toEnd(): Promise<void> {
    const newest = await this.#ask({ limit: FIRST_PAGE });
    this.#lastOwn = newestOwn(newest.items);
    this.#window++;
    this.#show(newest);
  }

  /** Has the person written something since? Then that is what they want to see. */
  #isOwnNews(newest: readonly TimelineItem[]): boolean {
    const own = newestOwn(newest);
    const isNews = own !== undefined && own !== this.#lastOwn;
    const isSending = newest.some((item) => item.key === own && item.kind === "post" && item.state.kind === "sending");
    this.#lastOwn = own ?? this.#lastOwn;
    return isNews && isSending;
  }

  #wholeLater(): void {
    const shown = this.#page;
    if (this.#wholeWaits || !this.isWatched || shown === null) return;
    if (!shown.moreAfter && shown.items.length <= END_PAGE) return;
    this.#wholeWaits = true;
    this.#later(() => {
      void this.#next(async () => {
        this.#wholeWaits = false;
        await this.#whole();
      });
    });
  }

  /** Reads the whole window again. */
  async #whole(): Promise<void> {
    const shown = this.#page;
    const [head] = shown?.items ?? [];
    const last = shown?.items.at(-1);
    if (shown === null || head === undefined || last === undefined) return;
    if (!shown.moreAfter) {
      let page = await this.#ask({ limit: Math.min(PAGE_MAX, shown.items.length + END_PAGE) });
      for (
        let [first] = page.items;
        first !== undefined && first.order > head.order && page.more;
        [first] = page.items
      ) {
        const older = await this.#ask({ beforeOrder: first.order, limit: PAGE_MAX });
        if (older.items.length === 0) break;
        page = withOlder(page, older);
      }
      const items = page.items.filter(({ order }) => order >= head.order);
      const isCut = items.length < page.items.length || page.more;
      const before = isCut ? { more: shown.more, unreachable: shown.unreachable } : { more: false, unreachable: false };
      return this.#show({ ...page, ...before, items });
    }
    const items: TimelineItem[] = [];
    for (let after = head.order - 1, isOver = false; !isOver;) {
      const page = await this.#ask({ afterOrder: after, limit: PAGE_MAX });
      items.push(...page.items.filter(({ order }) => order <= last.order));
      after = page.items.at(-1)?.order ?? last.order;
      isOver = !page.moreAfter || after >= last.order;
    }
    if (items.length === 0) return this.#toEnd();
    this.#show({ ...shown, items });
  }

  #ask(request: Request): Promise<TimelinePage> {
    return this.#engine.timeline({ ...this.#place, ...request });
  }

  /** Tells those who show it, if anything is another than it was. */
  #show(next: TimelinePage): void {
    const before = this.#page;
    const items = withKnown(before?.items ?? [], next.items);
    if (
      before !== null &&
      areSame(before.items, items) &&
      before.more === next.more &&
      before.moreAfter === next.moreAfter &&
      before.unreachable === next.unreachable &&
      before.unreadAfter === next.unreadAfter
    )
      return;
    this.#page = { ...next, items };
    for (const listener of this.#listeners) listener();
  }

  #next(step: () => Promise<void>): Promise<void> {
    // The engine answers from this device. If it can't now, the next change asks again.
    this.#work = this.#work.then(step).catch(() => undefined);
    return this.#work;
  }
}

function newestOwn(items: readonly TimelineItem[]): string | undefined {
  return items.findLast((item) => item.kind !== "system" && item.own)?.key;
}

/** A post of one's own that isn't in the log comes last, whatever else there is. */
const waits = (item: TimelineItem): boolean =>
  item.kind === "post" && (item.state.kind === "sending" || item.state.kind === "failed");

/** Puts the newest page over what is shown: what it covers is replaced, what is older stays. Undefined where they don't meet. */
function withEnd(shown: TimelinePage, newest: TimelinePage): TimelinePage | undefined {
  const [head] = newest.items;
  if (head === undefined || !newest.more) return newest;
  const older = shown.items.filter((item) => item.order < head.order);
  if (older.length === 0) return newest;
  const meets = shown.items.some((item) => item.order >= head.order && !waits(item));
  if (!meets) return undefined;
  const { more, unreachable } = shown;
  return { ...newest, items: [...older, ...newest.items], more, unreachable };
}

/** A long time has passed, and what lies between isn't known: it is asked for when somebody comes near it. */
const behind = (shown: TimelinePage): TimelinePage => ({
  ...shown,
  items: shown.items.filter((item) => !waits(item)),
  moreAfter: true,
});

function withOlder(shown: TimelinePage, older: Pick<TimelinePage, "items" | "more" | "unreachable">): TimelinePage {
  const [head] = shown.items;
  const before = head === undefined ? older.items : older.items.filter((item) => item.order < head.order);
  return { ...shown, items: [...before, ...shown.items], more: older.more, unreachable: older.unreachable };
}
