import { createContext, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import type {
  Change,
  ConversationDetails,
  ConversationSummary,
  Engine,
  Linking,
  OwnDevice,
  PersonDetails,
  Session,
  TimelinePage,
  Verification,
} from "@sotto/engine";
import type { AccountId, ConversationId, PostId } from "@sotto/protocol";
import { conversationsOf } from "./conversation-list.ts";
import { Query, useQuery } from "./query.ts";
import type { Loaded } from "./query.ts";
import { TimelineFeed } from "./timeline-feed.ts";

const FEEDS_KEPT = 8;

/** The engine as the screens see it: answers that keep themselves up to date, shared by all who show them. */
export class Live {
  readonly engine: Engine;
  readonly session: Query<Session>;
  readonly conversations: Query<ConversationSummary[]>;
  readonly linking: Query<Linking>;
  readonly devices: Query<OwnDevice[]>;
  #verifications = new Map<AccountId, Query<Verification>>();
  #details = new Map<ConversationId, Query<ConversationDetails>>();
  #people = new Map<AccountId, Query<PersonDetails>>();
  /** By conversation, or by conversation and thread. */
  #feeds = new Map<string, TimelineFeed>();

  constructor(engine: Engine) {
    this.engine = engine;
    this.session = new Query(() => engine.session());
    this.conversations = new Query(conversationsOf(engine));
    this.linking = new Query(() => engine.linking());
    this.devices = new Query(() => engine.devices());
    engine.subscribe((change) => this.#changed(change));
    void this.session.refresh();
  }

  details(conversation: ConversationId): Query<ConversationDetails> {
    return kept(this.#details, conversation, () => new Query(() => this.engine.conversation(conversation)));
  }

  person(account: AccountId): Query<PersonDetails> {
    return kept(this.#people, account, () => new Query(() => this.engine.person(account)));
  }

  verification(account: AccountId): Query<Verification> {
    return kept(this.#verifications, account, () => new Query(() => this.engine.verification(account)));
  }

  /** @param thread  The post under which a thread stands: its feed is of that alone. */
  feed(conversation: ConversationId, thread?: PostId): TimelineFeed {
    const key = feedKey(conversation, thread);
    const place = { conversation, ...(thread !== undefined && { thread }) };
    const feed = kept(this.#feeds, key, () => new TimelineFeed(this.engine, place));
    // Most recently used last; timelines that nobody looks at are let go.
    this.#feeds.delete(key);
    this.#feeds.set(key, feed);
    for (const old of [...this.#feeds.keys()].slice(0, -FEEDS_KEPT)) this.#feeds.delete(old);
    return feed;
  }

  #changed(change: Change): void {
    switch (change.kind) {
      case "session":
        void this.session.refresh();
        return;
      case "conversations":
      case "people":
        void this.conversations.refresh();
        for (const query of [...this.#details.values(), ...this.#people.values(), ...this.#verifications.values()])
          if (query.isWatched) void query.refresh();
        // A name that changed is written in what was said, too.
        if (change.kind === "people") for (const feed of this.#feeds.values()) if (feed.isWatched) void feed.refresh();
        return;
      case "linking":
        void this.linking.refresh();
        return;
      case "devices":
        if (this.devices.isWatched) void this.devices.refresh();
        return;
      case "timeline":
        void this.#timelineChanged(change.conversation);
        return;
      case "arrived":
      case "typing":
      case "preferences":
      case "folders":
        // Whoever shows these listens for themselves.
        return;
    }
  }

  /** What is being read comes first; then what else shows it, such as the list: one waits for a post, and not for its line there. */
  async #timelineChanged(conversation: ConversationId): Promise<void> {
    const feeds = [...this.#feeds].filter(([key]) => key.startsWith(conversation)).map(([, feed]) => feed);
    await Promise.all(feeds.map((feed) => feed.refresh()));
    void this.conversations.refresh();
    const details = this.#details.get(conversation);
    if (details?.isWatched === true) void details.refresh();
  }

  /** Another account, or none: nothing that was shown may be shown again. */
  forget(): void {
    this.#details.clear();
    this.#people.clear();
    this.#verifications.clear();
    this.#feeds.clear();
    this.devices.forget();
  }
}

const feedKey = (conversation: ConversationId, thread?: PostId): string =>
  thread === undefined ? conversation : `${conversation} ${thread}`;

function kept<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("no engine above this screen");
  return live;
}

export function useEngine(): Engine {
  return useLive().engine;
}

function useFresh<T>(query: Query<T>): Loaded<T> {
  useEffect(() => void query.refresh(), [query]);
  return useQuery(query);
}

export function useSession(): Loaded<Session> {
  return useQuery(useLive().session);
}

export function useConversations(): Loaded<ConversationSummary[]> {
  return useFresh(useLive().conversations);
}

export function useDetails(conversation: ConversationId): Loaded<ConversationDetails> {
  const live = useLive();
  return useFresh(useMemo(() => live.details(conversation), [live, conversation]));
}

export function usePerson(account: AccountId): Loaded<PersonDetails> {
  const live = useLive();
  return useFresh(useMemo(() => live.person(account), [live, account]));
}

export function useLinking(): Loaded<Linking> {
  return useFresh(useLive().linking);
}

export function useDevices(): Loaded<OwnDevice[]> {
  return useFresh(useLive().devices);
}

export function useVerification(account: AccountId): Loaded<Verification> {
  const live = useLive();
  return useFresh(useMemo(() => live.verification(account), [live, account]));
}

/** A part of a timeline, and what moves it. [Note: A window of a timeline] */
export type Timeline = {
  page: TimelinePage | null;
  /** Another number: another part than before, of which nothing keeps its place. */
  window: number;
} & Pick<TimelineFeed, "older" | "newer" | "latest" | "show" | "settle">;

export function useTimeline(conversation: ConversationId, thread?: PostId): Timeline {
  const live = useLive();
  const feed = useMemo(() => live.feed(conversation, thread), [live, conversation, thread]);
  useEffect(() => void feed.refresh(), [feed]);
  const page = useSyncExternalStore(feed.subscribe, feed.page);
  return useMemo(
    () => ({
      page,
      window: feed.window(),
      older: () => feed.older(),
      newer: () => feed.newer(),
      latest: () => feed.latest(),
      show: (post) => feed.show(post),
      settle: (order) => feed.settle(order),
    }),
    [page, feed],
  );
}
