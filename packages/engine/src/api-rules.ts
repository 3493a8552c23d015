import type { AccountId, ConversationId, Role } from "@sotto/protocol";
import type { Person } from "./api.ts";

/** Who may do what in a conversation, what it is called, and how one comes in. */

/** A picture is known by the SHA-256 of its bytes (base64url); the bytes are asked for by {@link RulesApi.picture}. */
export type PictureId = string;

export type WhoMay = "admins" | "members";

export type ConversationRules = {
  add: WhoMay;
  post: WhoMay;
  pin: WhoMay;
  /** @all */
  mentionAll: WhoMay;
  /** Posts disappear so many seconds after they were sent; 0 never. */
  timerSeconds: number;
};

/** What this device's person may do here now; null where there is nothing to decide. Decided here and nowhere else. */
export type Rights = {
  add: boolean;
  remove: boolean;
  post: boolean;
  pin: boolean;
  mentionAll: boolean;
  /** Name, topic, picture, rules, invite links, requests to join. */
  manage: boolean;
  /** After how long posts disappear: also in a direct conversation, where there is nothing else to manage. */
  timer: boolean;
  /** False, too, for the last who is in charge: hand over first. Roles that one may give to whom is asked per member: see {@link MemberRights}. */
  leave: boolean;
};

export type MemberRights = { remove: boolean; ban: boolean; roles: Role[] };

export type Invite = {
  invite: string;
  /** What is passed on: an address of this server whose fragment holds the secret. */
  link: string;
  by: Person;
  /** ms; null never. */
  expiresAt: number | null;
  /** Somebody who may add has to agree to each. */
  approval: boolean;
};

/** What a link leads to, as its maker sealed it under the link's secret. */
export type InvitePreview = {
  conversation: ConversationId;
  name: string;
  topic: string;
  people: number;
  approval: boolean;
  /** `waiting`: asked and not let in yet. */
  state: "open" | "waiting" | "member";
};

export type JoinRequest = { request: string; person: Person; at: number };

export interface RulesApi {
  setProfile(request: {
    conversation: ConversationId;
    name?: string;
    topic?: string;
    /** At most 24 KiB and 512 pixels a side, image/jpeg, image/png or image/webp, unmoving; null takes it away. */
    picture?: Uint8Array | null;
  }): Promise<void>;
  setRules(request: { conversation: ConversationId; rules: Partial<ConversationRules> }): Promise<void>;
  /** Removes them and keeps them out until the ban is lifted. */
  ban(request: { conversation: ConversationId; account: AccountId }): Promise<void>;
  unban(request: { conversation: ConversationId; account: AccountId }): Promise<void>;
  picture(request: { picture: PictureId }): Promise<Uint8Array | null>;

  createInvite(request: {
    conversation: ConversationId;
    expiresInSeconds: number | null;
    approval: boolean;
  }): Promise<Invite>;
  invites(request: { conversation: ConversationId }): Promise<Invite[]>;
  revokeInvite(request: { conversation: ConversationId; invite: string }): Promise<void>;
  /** `link`: as somebody passed it on. @throws invite/unknown, invite/malformed */
  lookAtInvite(request: { link: string }): Promise<InvitePreview>;
  /** Asks to be let in; comes in by itself where no approval is needed, as soon as a member who may add is there. */
  acceptInvite(request: { link: string }): Promise<InvitePreview>;
  joinRequests(request: { conversation: ConversationId }): Promise<JoinRequest[]>;
  answerJoinRequest(request: { conversation: ConversationId; request: string; accept: boolean }): Promise<void>;
}
