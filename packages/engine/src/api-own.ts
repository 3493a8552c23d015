import type { ConversationId } from "@sotto/protocol";
import type { PictureId } from "./api-rules.ts";
import type { Person } from "./api.ts";

/** What a person arranges for themselves, on all own devices, and what others see of them while they are there. */

/** Which posts of a conversation are worth a sound: all, mentions of oneself only, none. */
export type Notify = "all" | "mentions" | "none";

export type Folder = { folder: string; name: string; conversations: ConversationId[] };

/** Off means off for both ways: one neither tells nor is told. */
export type Preferences = { readReceipts: boolean; typing: boolean; linkPreviews: boolean };

export interface OwnApi {
  setNotify(request: { conversation: ConversationId; notify: Notify }): Promise<void>;
  setArchived(request: { conversation: ConversationId; archived: boolean }): Promise<void>;
  setFavourite(request: { conversation: ConversationId; favourite: boolean }): Promise<void>;
  folders(): Promise<Folder[]>;
  /** Makes one when `folder` is null. @returns its id */
  saveFolder(request: { folder: string | null; name: string; conversations: ConversationId[] }): Promise<string>;
  deleteFolder(request: { folder: string }): Promise<void>;

  /** A conversation that somebody began with whom one shares nothing: it becomes an ordinary one. */
  acceptRequest(request: { conversation: ConversationId }): Promise<void>;
  /** It goes, and its sender isn't told. With `block` they can't come back. */
  deleteRequest(request: { conversation: ConversationId; block: boolean }): Promise<void>;

  preferences(): Promise<Preferences>;
  setPreferences(request: Partial<Preferences>): Promise<void>;
  /** Told to the people of one's direct conversations and groups, encrypted. `status`: up to 80 characters. */
  setOwnProfile(request: { displayName?: string | null; status?: string; picture?: Uint8Array | null }): Promise<void>;
  ownProfile(): Promise<{ displayName: string | null; status: string; picture: PictureId | null }>;

  /** The person is writing, or has stopped. Never stored; told at most every few seconds. */
  setTyping(request: { conversation: ConversationId; typing: boolean }): Promise<void>;
  /** Who is writing here now. */
  typingIn(request: { conversation: ConversationId }): Promise<Person[]>;
}
