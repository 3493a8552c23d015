import type { AccountId, ConversationId, DeviceId, ErrorCode, PostId, Remedy, Role, Seq } from "@sotto/protocol";

/**
 * The face of the engine towards shells. Plain data in and out (structured-clone safe), so that it is the same call in
 * one process, from a page to a worker and from one tab to another. Methods reject with a {@link Failure}.
 */

export type Failure = { code: ErrorCode; message: string; remedy: Remedy };

export type ConnectionState = "connecting" | "online" | "offline";

export type Session =
  | { kind: "starting" }
  | { kind: "signed-out" }
  /** The local database can't be read: nothing on the server is lost, sign in again. */
  | { kind: "damaged"; failure: Failure }
  | {
      kind: "signed-in";
      account: AccountId;
      device: DeviceId;
      username: string;
      displayName: string | null;
      connection: ConnectionState;
      /** Online, and everything that the server held when this device came online has been read. */
      caughtUp: boolean;
      durability: "durable" | "memory";
      /** True until the person has confirmed that the recovery key is saved. */
      recoveryKeyUnsaved: boolean;
      /** The server doesn't let this device in any more: signed out elsewhere, or the account was closed. What is here stays readable. */
      refusedBecause: ErrorCode | null;
      seal: SealMaterial;
    };

/** What a seal is drawn from: two bytes, permanent, and eighteen or more, engraved from the keys. */
export type SealMaterial = { id: Uint8Array; key: Uint8Array };

export type Trust = "unverified" | "verified" | "changed" | "blocked" | "self";

export type Person = {
  account: AccountId;
  username: string;
  /** As they call themselves inside conversations; null until they wrote something that we could read. */
  displayName: string | null;
  trust: Trust;
  seal: SealMaterial;
};

export type PersonDetails = Person & {
  /** Groups of digits/letters of the account key, for people to read. */
  fingerprint: string;
  devices: { device: DeviceId; kind: string; addedAt: number; active: boolean; fingerprint: string }[];
};

export type ConversationKindName = "direct" | "group" | "room" | "self";

export type ConversationSummary = {
  conversation: ConversationId;
  kind: ConversationKindName;
  /** Group name, #room name, or null: then the title is made from `people`. */
  name: string | null;
  seal: SealMaterial;
  /** Up to 5 other people (for a direct conversation exactly the other one). */
  people: Person[];
  peopleCount: number;
  /** ms; time of the newest post or change that the list is sorted by, newest first. */
  activeAt: number;
  preview:
    | { kind: "post"; sender: Person; text: string; state: PostState }
    | { kind: "system"; line: SystemLine }
    | null;
  draft: string;
  unread: number;
  state: ConversationState;
};

/** Why one can't write here, or that one can. */
export type ConversationState =
  | { kind: "open" }
  | { kind: "joining" }
  | { kind: "left"; because: "left" | "removed" | "closed" }
  /** Cryptographic failure, fork or clone: sending is stopped; says who claims it where known. */
  | { kind: "stopped"; because: "frozen" | "fork" | "clone"; code: ErrorCode };

export type PostState =
  /** Received from someone else, or from one's own other device. */
  { kind: "received" } | { kind: "sending" } | { kind: "sent" } | { kind: "failed"; failure: Failure };

/** A change of a conversation, told from verified commits only. */
export type SystemLine =
  | { kind: "created"; by: Person }
  | { kind: "added"; by: Person; people: Person[] }
  | { kind: "removed"; by: Person; people: Person[] }
  | { kind: "left"; people: Person[] }
  | { kind: "joined"; by: Person }
  | { kind: "device-added"; by: Person }
  | { kind: "role"; by: Person; person: Person; role: Role }
  | { kind: "settings"; by: Person }
  | { kind: "renamed"; by: Person; name: string }
  /** Everything before this was written before this device signed in, or before its account was added. */
  | { kind: "joined-here"; because: "signed-in-here" | "added" }
  /** An entry that can't be shown, with the reason. */
  | { kind: "unreadable"; because: "quarantined" | "not-for-this-device" | "newer-version" | "refused" }
  | { kind: "alarm"; alarm: "order" | "fork" | "gap" | "echo"; claimedBy: Person | null };

export type TimelineItem = {
  /** Stable, unique in its conversation, ordered: compare `order` (own pending posts come last). */
  key: string;
  order: number;
  seq: Seq | null;
  /** ms: the sender's signed time; for system lines the time the server accepted the entry. */
  at: number;
} & (
  | { kind: "post"; post: PostId; sender: Person; own: boolean; text: string; state: PostState }
  | { kind: "unsupported"; post: PostId; sender: Person; own: boolean }
  | { kind: "system"; line: SystemLine }
);

export type TimelinePage = {
  items: TimelineItem[];
  /** More lies before the first item. */
  more: boolean;
  /** Items after this order are unread (own ones never are); null when all is read. */
  unreadAfter: number | null;
};

export type Member = Person & { role: Role; devices: number };

export type ConversationDetails = ConversationSummary & {
  members: Member[];
  ownRole: Role | null;
  mayAdd: boolean;
  mayRemove: boolean;
  history: "archive" | "device-only";
  /** Open rooms only: public on this server. */
  isPublic: boolean;
};

/** One stored entry exactly as the server holds it, fetched from it, beside what this device read. */
export type ServerView = {
  conversation: ConversationId;
  seq: Seq;
  kind: "application" | "commit";
  /** MLS epoch as written in the message's own header. */
  epoch: string;
  seen: Seq;
  applied: Seq;
  acceptedAt: number;
  sizeBytes: number;
  /** The whole envelope. */
  envelope: Uint8Array;
  /** SHA-256 of the envelope: what the log's hash chain holds. */
  hash: Uint8Array;
  matchesLocal: boolean;
};

/** Something changed; ask again for what you show. */
export type Change =
  | { kind: "session" }
  | { kind: "conversations" }
  | { kind: "timeline"; conversation: ConversationId }
  /** For notifications and tests: a post by someone else arrived. */
  | { kind: "arrived"; conversation: ConversationId; post: PostId };

export interface Engine {
  session(): Promise<Session>;
  /** @returns stops it. */
  subscribe(listener: (change: Change) => void): () => void;

  signUp(request: { username: string; password: string; displayName: string | null }): Promise<void>;
  signIn(request: { username: string; password: string }): Promise<void>;
  /** Retires this device (told to the server when reachable) and wipes everything local. */
  signOut(): Promise<void>;
  closeAccount(request: { password: string }): Promise<void>;
  /** After "damaged": wipes the unreadable database. */
  startOver(): Promise<void>;

  conversations(): Promise<ConversationSummary[]>;
  conversation(conversation: ConversationId): Promise<ConversationDetails>;
  /** Newest page, or the page before `beforeOrder`. limit <= 200. */
  timeline(request: { conversation: ConversationId; beforeOrder?: number; limit: number }): Promise<TimelinePage>;
  person(account: AccountId): Promise<PersonDetails>;
  /** Exact username, with or without @. Rejects with member/no-such-person. */
  findPerson(username: string): Promise<Person>;

  openDirect(request: { username: string }): Promise<ConversationId>;
  createGroup(request: { name: string; usernames: string[] }): Promise<ConversationId>;
  createRoom(request: { room: string }): Promise<ConversationId>;
  findRoom(request: { room: string }): Promise<{ conversation: ConversationId; people: number } | null>;
  joinRoom(request: { room: string }): Promise<ConversationId>;
  addMembers(request: { conversation: ConversationId; usernames: string[] }): Promise<void>;
  removeMember(request: { conversation: ConversationId; account: AccountId }): Promise<void>;
  setRole(request: { conversation: ConversationId; account: AccountId; role: Role }): Promise<void>;
  leave(request: { conversation: ConversationId }): Promise<void>;

  /** Resolves once the post is in the outbox on disk; it is sent as soon as it can be. */
  send(request: { conversation: ConversationId; text: string }): Promise<PostId>;
  /** Tries a failed post again. */
  retry(request: { conversation: ConversationId; post: PostId }): Promise<void>;
  /** Removes a failed or queued post that was never sent. */
  discard(request: { conversation: ConversationId; post: PostId }): Promise<void>;
  saveDraft(request: { conversation: ConversationId; text: string }): Promise<void>;
  /** Everything up to this order has been seen by the person. */
  markRead(request: { conversation: ConversationId; upToOrder: number }): Promise<void>;

  serverView(request: { conversation: ConversationId; seq: Seq }): Promise<ServerView>;
  /** The platform noticed that the network may be back. */
  wake(): void;
  close(): Promise<void>;
}
