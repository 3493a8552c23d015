import type { Engine, TimelinePage } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { withNewestPage, withOlderPage } from "@sotto/views";

const FIRST_PAGE = 60;
const PAGE = 100;
const PAGE_MAX = 200;
const UNREAD_MAX = 600;

/** Is the end that is shown word for word the one that was asked for just now? */
function isSameEnd(shown: TimelinePage["items"], newest: TimelinePage["items"]): boolean {
  return JSON.stringify(shown.slice(-newest.length)) === JSON.stringify(newest);
}

/** What is loaded of one conversation's timeline: its end, and as much before it as the person has scrolled through. */
export class TimelineFeed {
  #page: TimelinePage | null = null;
  #listeners = new Set<() => void>();
  #work: Promise<void> = Promise.resolve();
  #refreshWaits = false;
  #olderWork: Promise<void> | null = null;
  readonly #engine: Engine;
  readonly #conversation: ConversationId;

  constructor(engine: Engine, conversation: ConversationId) {
    this.#engine = engine;
    this.#conversation = conversation;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  readonly page = (): TimelinePage | null => this.#page;

  /** Fetches the end again. Any number of calls while one is under way lead to one more. */
  refresh(): Promise<void> {
    if (this.#refreshWaits) return this.#work;
    this.#refreshWaits = true;
    return this.#next(async () => {
      this.#refreshWaits = false;
      const before = this.#page;
      const shown = before?.items.length ?? 0;
      const limit = shown === 0 ? FIRST_PAGE : Math.min(PAGE_MAX, shown + PAGE);
      const newest = await this.#engine.timeline({ conversation: this.#conversation, limit });
      this.#page = withNewestPage(this.#page, newest);
      if (shown === 0) await this.#backToUnread();
      else if (before !== null && shown > newest.items.length && isSameEnd(before.items, newest.items))
        await this.#againBackTo(newest, before.items[0]?.order ?? Infinity);
    });
  }

  /** Fetches the page before what is loaded, if there is one. Asked again while one is on its way, it is that one. */
  older(): Promise<void> {
    this.#olderWork ??= this.#next(async () => {
      const [head] = this.#page?.items ?? [];
      if (this.#page === null || !this.#page.more) return;
      const conversation = this.#conversation;
      const shown = this.#page;
      const before = head === undefined ? {} : { beforeOrder: head.order };
      const older = await this.#engine.timeline({ conversation, ...before, limit: PAGE }).catch(
        // Where nothing can be said of what lies before, it is there and can't be had now.
        (): TimelinePage => ({
          items: [],
          more: true,
          moreAfter: false,
          unreachable: true,
          unreadAfter: shown.unreadAfter,
        }),
      );
      this.#page = withOlderPage(shown, older);
    }).finally(() => {
      this.#olderWork = null;
    });
    return this.#olderWork;
  }

  /** What is unread is shown from its first line on: it is loaded before anything is drawn, so far as that is a matter of moments. */
  async #backToUnread(): Promise<void> {
    for (let page = this.#page; page !== null && page.items.length < UNREAD_MAX; page = this.#page) {
      const [head] = page.items;
      if (head === undefined || page.unreadAfter === null || head.order <= page.unreadAfter) return;
      if (!page.more || page.unreachable) return;
      const before = { conversation: this.#conversation, beforeOrder: head.order, limit: PAGE_MAX };
      const older = await this.#engine.timeline(before);
      if (older.items.length === 0) return;
      this.#page = withOlderPage(page, older);
    }
  }

  /** Something changed, and not at the end: what is loaded above it is read again. Keys came, or names are others. */
  async #againBackTo(newest: TimelinePage, oldest: number): Promise<void> {
    let page = newest;
    for (let [head] = page.items; head !== undefined && head.order > oldest && page.more; [head] = page.items) {
      const before = { conversation: this.#conversation, beforeOrder: head.order, limit: PAGE_MAX };
      const older = await this.#engine.timeline(before);
      if (older.items.length === 0) return;
      page = withOlderPage(page, older);
    }
    this.#page = page;
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).then(
      () => this.#listeners.forEach((listener) => listener()),
      // The engine answers from this device. If it can't now, the next change asks again.
      () => undefined,
    );
    return this.#work;
  }
}
