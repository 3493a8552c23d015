import type { ConversationSummary, Person, TimelineItem, Trust } from "@sotto/engine";
import { NO_MARKS } from "./no-marks.ts";
import { accountIdOf, conversationIdOf, postIdOf, toBase64Url } from "@sotto/protocol";

const bytes = (name: string, length: number) =>
  Uint8Array.from({ length }, (_, at) => name.charCodeAt(at % name.length) ^ at);

export function personOf(username: string, displayName: string | null = null, trust: Trust = "unverified"): Person {
  return {
    account: accountIdOf(bytes(username, 32)),
    username,
    displayName,
    contactName: null,
    replaced: false,
    trust,
    seal: { id: bytes(username, 2), key: bytes(username, 18) },
    picture: null,
    status: "",
  };
}

export const YOU = personOf("joan", "Joan Clarke", "self");
export const ADA = personOf("ada", "Ada Lovelace");
export const GRACE = personOf("grace", "Grace Hopper", "verified");

export function conversationOf(change: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    conversation: conversationIdOf(bytes(change.name ?? "direct", 16)),
    kind: "direct",
    name: null,
    seal: ADA.seal,
    people: [ADA],
    peopleCount: 2,
    activeAt: 1_000,
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
    ...change,
  };
}

export function postAt(
  order: number,
  at: number,
  sender: Person,
  text = "text",
): Extract<TimelineItem, { kind: "post" }> {
  const own = sender.trust === "self";
  return {
    kind: "post",
    key: toBase64Url(Uint8Array.of(order)),
    order,
    seq: order,
    at,
    post: postIdOf(bytes(`${order}`, 32)),
    sender,
    own,
    text,
    state: own ? { kind: "sent" } : { kind: "received" },
    marks: NO_MARKS,
  };
}
