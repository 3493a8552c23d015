import type { ConversationId, PostId } from "@sotto/protocol";
import type { Person, TimelineItem } from "./api.ts";

/** What a person can do with posts beyond writing and reading them. Data of {@link TimelineItem}s and calls. */

/** What a post answers, as it is stored here: never what its author's client says that it was. */
export type Quote = { post: PostId } & (
  | { kind: "post"; sender: Person; own: boolean; text: string }
  | { kind: "deleted" }
  /** Not on this device: older than what it has read, or never there. */
  | { kind: "unknown" }
);

/** One emoji under a post. `people`: those who chose it, oldest first, at most 20; `count` counts all. */
export type Reaction = { emoji: string; count: number; own: boolean; people: Person[] };

export type PollOption = { text: string; votes: number; own: boolean; people: Person[] };
export type Poll = {
  question: string;
  options: PollOption[];
  /** More than one option may be chosen. */
  multiple: boolean;
  closed: boolean;
  /** How many people have voted. */
  voters: number;
  mayClose: boolean;
};

/** Made by the sender, inside the post; nobody who reads it asks anybody for anything. */
export type LinkPreview = { url: string; title: string; description: string };

/** What belongs to a post beside its text. Times in ms. */
export type PostMarks = {
  /** Null: never edited. */
  editedAt: number | null;
  replyTo: Quote | null;
  /** The post whose thread this one is in; such posts stand in the thread, not in the conversation's own timeline. */
  thread: PostId | null;
  /** What was written in the thread on this post. */
  replies: { count: number; newestAt: number; people: Person[] } | null;
  /** Most used first. */
  reactions: Reaction[];
  /** The person, or everybody by one who may, is mentioned. */
  mentionsSelf: boolean;
  forwarded: boolean;
  expiresAt: number | null;
  pinned: boolean;
  starred: boolean;
  poll: Poll | null;
  preview: LinkPreview | null;
  /** Own posts only, and only where receipts are on: who has it, who has read it, of how many others. */
  receipts: { delivered: Person[]; read: Person[]; others: number } | null;
  /** Decided here and nowhere else. `delete`: for everyone. */
  may: { edit: boolean; delete: boolean; pin: boolean; reply: boolean };
};

/** An earlier text of a post, oldest first; the last one is what is shown. */
export type PostVersion = { text: string; at: number };

/** A post that waits on this device for its time. It goes out when Sotto is open here at or after that time. */
export type ScheduledPost = { scheduled: string; conversation: ConversationId; text: string; at: number };

export interface PostsApi {
  /** Resolves once the post is in the outbox on disk. `expiresInSeconds`: shorter than the conversation's timer only. */
  send(request: {
    conversation: ConversationId;
    text: string;
    inReplyTo?: PostId;
    thread?: PostId;
    expiresInSeconds?: number;
    preview?: LinkPreview;
  }): Promise<PostId>;
  /** @throws post/not-yours, post/not-found */
  edit(request: { conversation: ConversationId; post: PostId; text: string }): Promise<void>;
  versions(request: { conversation: ConversationId; post: PostId }): Promise<PostVersion[]>;
  /** `everyone`: own posts, and as an admin anybody's. For oneself: on all own devices. */
  deletePosts(request: { conversation: ConversationId; posts: PostId[]; everyone: boolean }): Promise<void>;
  react(request: { conversation: ConversationId; post: PostId; emoji: string; on: boolean }): Promise<void>;
  /** Into each of the conversations, in order, marked as forwarded; who wrote it first isn't told. */
  forward(request: { conversation: ConversationId; posts: PostId[]; to: ConversationId[] }): Promise<void>;
  /** For everybody here, by those who may. */
  setPostPinned(request: { conversation: ConversationId; post: PostId; pinned: boolean }): Promise<void>;
  /** Newest pin first; those whose posts this device has. */
  pinnedPosts(request: { conversation: ConversationId }): Promise<TimelineItem[]>;
  /** For oneself, on all own devices. */
  setStarred(request: { conversation: ConversationId; post: PostId; starred: boolean }): Promise<void>;
  /** Newest star first. */
  starredPosts(): Promise<{ conversation: ConversationId; item: TimelineItem }[]>;
  sendPoll(request: {
    conversation: ConversationId;
    question: string;
    options: string[];
    multiple: boolean;
    thread?: PostId;
  }): Promise<PostId>;
  /** Replaces what one chose before; none takes the vote back. */
  vote(request: { conversation: ConversationId; post: PostId; options: number[] }): Promise<void>;
  closePoll(request: { conversation: ConversationId; post: PostId }): Promise<void>;
  /** `at`: ms, in the future. */
  schedule(request: { conversation: ConversationId; text: string; at: number; inReplyTo?: PostId }): Promise<string>;
  /** Soonest first. */
  scheduledPosts(request: { conversation: ConversationId }): Promise<ScheduledPost[]>;
  unschedule(request: { scheduled: string }): Promise<void>;
  /** Everything from this post on is unread again, on all own devices. */
  markUnread(request: { conversation: ConversationId; fromOrder: number }): Promise<void>;
}
