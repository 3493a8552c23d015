import type { AccountId, ConversationId, DeviceId, ErrorCode, PostId, Remedy, Role, Seq } from "@sotto/protocol";
import type { Notify, OwnApi } from "./api-own.ts";
import type { PostMarks, PostsApi } from "./api-posts.ts";
import type { ConversationRules, MemberRights, PictureId, Rights, RulesApi } from "./api-rules.ts";

export type * from "./api-own.ts";
export type * from "./api-posts.ts";
export type * from "./api-rules.ts";

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
      /** What happened to one's own account and wants a look, newest first; dismissed one by one. */
      notices: AccountNotice[];
      seal: SealMaterial;
    };

/** Times in ms. `notice`: stable id, for dismissing. */
export type AccountNotice = { notice: string; at: number } & (
  | { kind: "device-added"; device: DeviceId; name: string }
  | { kind: "password-changed" }
  | { kind: "recovery-key-changed" }
  /** Another device of this account asks to take it over; complete from `completesAt` on unless it is revoked before. */
  | { kind: "reclaim-announced"; device: DeviceId; name: string; completesAt: number; own: boolean }
  | { kind: "reclaimed"; device: DeviceId; name: string }
  /** Sends are stopped: the same device is at work elsewhere, or its disk was put back. Signing in again mends it. */
  | { kind: "cloned" }
);

/** A device of one's own account. Times in ms. */
export type OwnDevice = {
  device: DeviceId;
  /** As the person called it, else made from its kind. */
  name: string;
  kind: string;
  addedAt: number;
  /** To the hour, as the server says; null: not known. */
  lastSeenAt: number | null;
  current: boolean;
  active: boolean;
  revokedAt: number | null;
  fingerprint: string;
};

/** Where a link between a new device and one that is signed in stands. One at a time on a device. */
export type Linking =
  | { kind: "none" }
  /** New device: show both. `qr`: text for a QR code; never an address. `code`: 8 characters to type. */
  | { kind: "waiting"; code: string; qr: string; expiresAt: number }
  /** Signed-in device: fetching what the code stands for. New device: the other one has taken the code. */
  | { kind: "connecting" }
  /** Both: six digits that must be the same. `asks`: on the signed-in device, what would be admitted. */
  | { kind: "compare"; digits: string; asks: { kind: string; name: string } | null; expiresAt: number }
  | { kind: "admitting" }
  | { kind: "done" }
  | { kind: "failed"; failure: Failure };

/** What two people compare. */
export type Verification = {
  account: AccountId;
  trust: Trust;
  /** Twelve groups of five digits, the same on both sides. */
  safetyNumber: string;
  /** Text for a QR code that the other side scans. */
  qr: string;
  verifiedAt: number | null;
  /** Since when the identity is another than the one that was verified; null when it isn't. */
  changedAt: number | null;
};

/** The keys that open the posts of one sender in one epoch, for `sotto decrypt`: whoever has them reads those posts. */
export type EntryKeys = { entry: string; epochKey: string; senderKey: string };

export type Holding = { what: string; rows: number; bytes: number };

/** What a seal is drawn from: two bytes, permanent, and eighteen or more, engraved from the keys. */
export type SealMaterial = { id: Uint8Array; key: Uint8Array };

export type Trust = "unverified" | "verified" | "changed" | "blocked" | "self";

export type Person = {
  account: AccountId;
  username: string;
  /** As they call themselves inside conversations; null until they wrote something that we could read. */
  displayName: string | null;
  /** As this account's owner calls them; shown instead of everything else, on all own devices. */
  contactName: string | null;
  /** The server's owner gave their username to a new account: this one is the past. */
  replaced: boolean;
  trust: Trust;
  seal: SealMaterial;
  /** As they show themselves to people they talk to; null and empty for strangers and where nothing is known. */
  picture: PictureId | null;
  status: string;
};

export type PersonDetails = Person & {
  /** Groups of digits/letters of the account key, for people to read. */
  fingerprint: string;
  devices: { device: DeviceId; kind: string; addedAt: number; active: boolean; fingerprint: string }[];
};

export type ConversationKindName = "direct" | "group" | "room" | "self";

/** What is unread in the thread on a post, which needn't be on this device. */
export type UnreadThread = { thread: PostId; unread: number; mentions: number; firstPost: PostId };

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
  picture: PictureId | null;
  preview:
    | {
        kind: "post";
        sender: Person;
        text: string;
        state: PostState;
        what: "text" | "poll" | "deleted" | "unsupported";
      }
    | { kind: "system"; line: SystemLine }
    | null;
  draft: string;
  unread: number;
  /** How many of the unread posts mention the person. */
  mentions: number;
  /** Threads in which some of them stand, by the place of their first; to 32 and no further. */
  threads: UnreadThread[];
  /** Marked by hand, though everything was read. */
  markedUnread: boolean;
  notify: Notify;
  /** `notify` is "none". */
  muted: boolean;
  pinned: boolean;
  archived: boolean;
  favourite: boolean;
  /** Somebody with whom the person shares nothing began it, and the person has not decided yet: nothing goes out to them. */
  request: boolean;
  state: ConversationState;
};

/** What became of the list since somebody asked for it last. */
export type ConversationsSince = {
  /** To be given back with the next question. */
  at: string;
  /** `changed` is everything: what the asker had is forgotten. */
  whole: boolean;
  changed: ConversationSummary[];
  gone: ConversationId[];
};

/** Why one can't write here, or that one can. */
export type ConversationState =
  | { kind: "open" }
  | { kind: "joining" }
  | { kind: "left"; because: "left" | "removed" | "closed" }
  /** Verified people whose identity is another now: nothing is sent until the person decides ({@link Engine.acceptIdentity}). */
  | { kind: "paused"; because: "identity-changed"; people: Person[] }
  /** A direct conversation with somebody whom the person blocked. */
  | { kind: "blocked" }
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
  /** Their account has other keys now (reclaimed). */
  | { kind: "identity-changed"; person: Person }
  /** The server's owner gave their username to another account. */
  | { kind: "name-moved"; person: Person; username: string }
  /** So many entries from a time when no device of this account was there; what is done about them. */
  | { kind: "keys-missing"; entries: number; state: "asking" | "unanswered" | "not-a-member" }
  /** What was unreadable here was mended (rejoined, keys fetched). */
  | { kind: "mended"; because: "rejoined" | "keys-received" }
  | { kind: "role"; by: Person; person: Person; role: Role }
  | { kind: "unbanned"; by: Person; person: Person }
  | { kind: "settings"; by: Person }
  /** One line for each rule that changed. */
  | { kind: "rule"; by: Person; rule: RuleChange }
  | { kind: "renamed"; by: Person; name: string }
  | { kind: "topic"; by: Person; topic: string }
  | { kind: "picture"; by: Person; taken: boolean }
  /** `pinned` false: taken down. */
  | { kind: "pin"; by: Person; pinned: boolean }
  | { kind: "invite"; by: Person; made: boolean }
  /** Everything before this was written before this device signed in, or before its account was added. */
  | { kind: "joined-here"; because: "signed-in-here" | "added" }
  /** An entry that can't be shown, with the reason. */
  | {
      kind: "unreadable";
      because: "quarantined" | "not-for-this-device" | "newer-version" | "refused" | "revoked-device";
    }
  | { kind: "alarm"; alarm: "order" | "fork" | "gap" | "echo"; claimedBy: Person | null };

export type RuleChange =
  | { rule: "add" | "post" | "pin" | "mentionAll"; who: "admins" | "members" }
  | { rule: "timerSeconds"; seconds: number };

export type TimelineItem = {
  /** Stable, unique in its conversation, ordered: compare `order` (own pending posts come last). */
  key: string;
  order: number;
  seq: Seq | null;
  /** ms: the sender's signed time; for system lines the time the server accepted the entry. */
  at: number;
} & (
  | { kind: "post"; post: PostId; sender: Person; own: boolean; text: string; state: PostState; marks: PostMarks }
  /** Deleted for everyone. `by` is another than the sender when an admin did it. */
  | { kind: "deleted"; post: PostId; sender: Person; own: boolean; by: Person }
  | { kind: "unsupported"; post: PostId; sender: Person; own: boolean }
  | { kind: "system"; line: SystemLine }
);

export type TimelinePage = {
  items: TimelineItem[];
  /** More lies before the first item: in this device's database, or in the log and the archive. */
  more: boolean;
  /** More lies after the last item; only for pages that were asked for by `afterOrder` or `around`. */
  moreAfter: boolean;
  /** What lies before the first item could not be fetched just now; asking again tries again. */
  unreachable: boolean;
  /** Items after this order are unread (own ones never are); null when all is read. */
  unreadAfter: number | null;
};

export type Member = Person & { role: Role; devices: number; may: MemberRights };

export type ConversationDetails = ConversationSummary & {
  topic: string;
  members: Member[];
  banned: Person[];
  ownRole: Role | null;
  rules: ConversationRules;
  may: Rights;
  /** How many people ask to be let in; 0 for who can't decide that. */
  joinRequests: number;
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
  | { kind: "linking" }
  | { kind: "devices" }
  /** Names, trust or keys of people. */
  | { kind: "people" }
  | { kind: "timeline"; conversation: ConversationId }
  | { kind: "typing"; conversation: ConversationId }
  | { kind: "preferences" }
  | { kind: "folders" }
  /** For notifications and tests: a post by someone else arrived. */
  | { kind: "arrived"; conversation: ConversationId; post: PostId };

export interface Engine extends PostsApi, RulesApi, OwnApi {
  session(): Promise<Session>;
  /** @returns stops it. */
  subscribe(listener: (change: Change) => void): () => void;

  /** `resetCode`: given by the server's owner; the name goes to this new account. */
  signUp(request: {
    username: string;
    password: string;
    displayName: string | null;
    resetCode?: string;
  }): Promise<void>;
  signIn(request: { username: string; password: string }): Promise<void>;
  /** Password forgotten: opens the vault by the recovery key, sets a new password, adds this device. */
  recover(request: { username: string; recoveryKey: string; newPassword: string }): Promise<void>;

  /** New device, signed out: asks for a code and shows it. Progress by {@link Engine.linking}. */
  startLink(): Promise<void>;
  /** Signed-in device: takes a code, typed or as scanned. */
  claimLink(request: { codeOrQr: string }): Promise<void>;
  /** Signed-in device, after the digits were compared: admits the new device. */
  admitLink(request: { password: string }): Promise<void>;
  cancelLink(): Promise<void>;
  linking(): Promise<Linking>;

  /** This account's devices, this one first, then active ones by last seen, then those that are gone. */
  devices(): Promise<OwnDevice[]>;
  renameDevice(request: { device: DeviceId; name: string }): Promise<void>;
  /** Ends a device: out of every group, a new generation of the archive, nothing from it is shown any more. */
  revokeDevice(request: { device: DeviceId; password: string }): Promise<void>;
  changePassword(request: { password: string; newPassword: string }): Promise<void>;
  /** 8 groups of 4 characters; null once it was confirmed: then it is nowhere but with the person. */
  recoveryKey(request: { password: string }): Promise<{ recoveryKey: string | null }>;
  /** The person typed the key as they saved it: from here on the vault doesn't hold it. @throws recovery-key/malformed */
  confirmRecoveryKey(request: { password: string; recoveryKey: string }): Promise<void>;
  /** A new one; the old one opens nothing any more. To be confirmed like the first. */
  changeRecoveryKey(request: { password: string }): Promise<{ recoveryKey: string }>;
  /** Password and recovery key lost: says so to the other devices. Complete at once when this is the only device. */
  announceReclaim(): Promise<{ completesAt: number }>;
  /** New account key, recovery key and password, 24 h after the announcement. */
  completeReclaim(request: { newPassword: string }): Promise<{ recoveryKey: string }>;
  dismissNotice(request: { notice: string }): Promise<void>;
  holdings(): Promise<Holding[]>;
  /** Retires this device (told to the server when reachable) and wipes everything local. */
  signOut(): Promise<void>;
  /** Leaves every conversation and ends the account for ever. `username`: typed out, must be one's own. */
  closeAccount(request: { password: string; username: string }): Promise<void>;
  /** After "damaged": wipes the unreadable database. */
  startOver(): Promise<void>;

  conversations(): Promise<ConversationSummary[]>;
  /** What of {@link Engine.conversations} is another than it was when `since` was given out; null for all of it. */
  conversationsSince(request: { since: string | null }): Promise<ConversationsSince>;
  conversation(conversation: ConversationId): Promise<ConversationDetails>;
  /**
   * Newest page, the page before `beforeOrder`, the page after `afterOrder`, or the one around a post (as far as this device has it;
   * else the newest). `thread`: only what stands in the thread on that post, the post itself first. limit <= 200. What this device
   * hasn't read yet is fetched from log and archive, verified and kept.
   */
  timeline(request: {
    conversation: ConversationId;
    beforeOrder?: number;
    afterOrder?: number;
    around?: PostId;
    thread?: PostId;
    limit: number;
  }): Promise<TimelinePage>;
  person(account: AccountId): Promise<PersonDetails>;
  /** Exact username, with or without @. Rejects with member/no-such-person. */
  findPerson(username: string): Promise<Person>;

  verification(account: AccountId): Promise<Verification>;
  /** Marks a person as verified; with `qr`, if it is theirs. @throws trust/mismatch */
  verify(request: { account: AccountId; qr?: string }): Promise<void>;
  unverify(request: { account: AccountId }): Promise<void>;
  /** The person has decided to go on with a changed identity: not verified from here on, and sends go out again. */
  acceptIdentity(request: { account: AccountId }): Promise<void>;
  setBlocked(request: { account: AccountId; blocked: boolean }): Promise<void>;
  setContactName(request: { account: AccountId; name: string | null }): Promise<void>;
  setMuted(request: { conversation: ConversationId; muted: boolean }): Promise<void>;
  setPinned(request: { conversation: ConversationId; pinned: boolean }): Promise<void>;

  openDirect(request: { username: string }): Promise<ConversationId>;
  /** `history`: "device-only" keeps no keys in any archive, and a new device starts with nothing. Cannot be changed later. */
  createGroup(request: {
    name: string;
    usernames: string[];
    history?: "archive" | "device-only";
  }): Promise<ConversationId>;
  createRoom(request: { room: string }): Promise<ConversationId>;
  findRoom(request: { room: string }): Promise<{ conversation: ConversationId; people: number } | null>;
  joinRoom(request: { room: string }): Promise<ConversationId>;
  addMembers(request: { conversation: ConversationId; usernames: string[] }): Promise<void>;
  removeMember(request: { conversation: ConversationId; account: AccountId }): Promise<void>;
  setRole(request: { conversation: ConversationId; account: AccountId; role: Role }): Promise<void>;
  leave(request: { conversation: ConversationId }): Promise<void>;

  /** Tries a failed post again. */
  retry(request: { conversation: ConversationId; post: PostId }): Promise<void>;
  /** Removes a failed or queued post that was never sent. */
  discard(request: { conversation: ConversationId; post: PostId }): Promise<void>;
  saveDraft(request: { conversation: ConversationId; text: string }): Promise<void>;
  /**
   * Everything up to this order has been seen by the person: of what stands in the conversation itself, or in one thread. `withThreads`: of
   * all threads, too, to where the conversation itself goes on.
   */
  markRead(request: {
    conversation: ConversationId;
    upToOrder: number;
    thread?: PostId;
    withThreads?: boolean;
  }): Promise<void>;

  serverView(request: { conversation: ConversationId; seq: Seq }): Promise<ServerView>;
  /** @throws archive/keys-missing */
  entryKeys(request: { conversation: ConversationId; seq: Seq }): Promise<EntryKeys>;
  /** The platform noticed that the network may be back. */
  wake(): void;
  close(): Promise<void>;
}
