import { NO_MARKS } from "@sotto/engine";
import type { Change, ConversationSummary, Engine, Person, Session, TimelineItem, Trust } from "@sotto/engine";
import { accountIdOf, conversationIdOf, deviceIdOf, postIdOf, type ConversationId } from "@sotto/protocol";

const SEAL = { id: new Uint8Array(2), key: new Uint8Array(18) };
const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

export const CONVERSATION: ConversationId = conversationIdOf(bytes(16, 1));

export function personCalled(username: string, trust: Trust = "unverified"): Person {
  return {
    account: accountIdOf(bytes(32, username.length)),
    username,
    displayName: null,
    contactName: null,
    replaced: false,
    trust,
    seal: SEAL,
    picture: null,
    status: "",
  };
}

export function directWith(other: Person): ConversationSummary {
  return {
    conversation: CONVERSATION,
    kind: "direct",
    name: null,
    seal: SEAL,
    people: [other],
    peopleCount: 2,
    activeAt: 1,
    preview: null,
    draft: "",
    unread: 0,
    mentions: 0,
    threads: [],
    markedUnread: false,
    notify: "all",
    muted: false,
    pinned: false,
    archived: false,
    favourite: false,
    request: false,
    picture: null,
    state: { kind: "open" },
  };
}

/** One's own post, in the log where `seq` is a number. */
export function post(number: number, seq: number | null, own = false): Extract<TimelineItem, { kind: "post" }> {
  return {
    kind: "post",
    key: String(number),
    order: seq === null ? 1_000_000 + number : seq * 64,
    seq,
    at: number,
    post: postIdOf(bytes(32, number)),
    sender: personCalled("bob"),
    own,
    text: `post ${number}`,
    marks: NO_MARKS,
    state: { kind: own ? (seq === null ? "sending" : "sent") : "received" },
  };
}

export const SIGNED_IN: Extract<Session, { kind: "signed-in" }> = {
  kind: "signed-in",
  account: accountIdOf(bytes(32, 9)),
  device: deviceIdOf(bytes(16, 9)),
  username: "alice",
  displayName: null,
  connection: "connecting",
  caughtUp: false,
  durability: "durable",
  recoveryKeyUnsaved: true,
  refusedBecause: null,
  notices: [],
  seal: SEAL,
};

/** An engine whose state is what a test says that it is. Only what the test uses is there. */
export function fakeEngine() {
  const listeners = new Set<(change: Change) => void>();
  const world = {
    session: SIGNED_IN as Session,
    conversations: [] as ConversationSummary[],
    items: [] as TimelineItem[],
    unreadAfter: null as number | null,
  };
  const engine: Partial<Engine> = {
    session: async () => world.session,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    conversations: async () => world.conversations,
    timeline: async ({ beforeOrder = Infinity, limit }) => {
      const before = world.items.filter(({ order }) => order < beforeOrder).sort((a, b) => a.order - b.order);
      return {
        items: before.slice(-limit),
        more: before.length > limit,
        moreAfter: false,
        unreachable: false,
        unreadAfter: world.unreadAfter,
      };
    },
  };
  return {
    engine: engine as Engine,
    world,
    listeners,
    tell: (change: Change) => {
      for (const listener of listeners) listener(change);
    },
  };
}
