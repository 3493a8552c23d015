import * as v from "valibot";
import { fromBase64Url, toBase64Url } from "./bytes.ts";
import { ROOM_NAME_LENGTH_MAX, ROOM_NAME_LENGTH_MIN, USERNAME_LENGTH_MAX, USERNAME_LENGTH_MIN } from "./limits.ts";

const base64UrlOf = (length: number) =>
  v.pipe(
    v.string(),
    v.check((text) => fromBase64Url(text)?.length === length, `not base64url of ${length} bytes`),
  );

/** SHA-256 of an account's genesis statement, 32 bytes as base64url. An id can't be given other keys. */
export const AccountId = v.pipe(base64UrlOf(32), v.brand("AccountId"));
export type AccountId = v.InferOutput<typeof AccountId>;

/** The first 16 bytes of SHA-256 over a device's two public keys, as base64url. Unique within an account. */
export const DeviceId = v.pipe(base64UrlOf(16), v.brand("DeviceId"));
export type DeviceId = v.InferOutput<typeof DeviceId>;

/** 16 random bytes as base64url: a conversation, and the id of its MLS group (RFC 9420 §8.1). */
export const ConversationId = v.pipe(base64UrlOf(16), v.brand("ConversationId"));
export type ConversationId = v.InferOutput<typeof ConversationId>;

/** 16 random bytes as base64url that make a send idempotent, scoped to the device. Survives every re-seal. */
export const SendId = v.pipe(base64UrlOf(16), v.brand("SendId"));
export type SendId = v.InferOutput<typeof SendId>;

/** A MIMI message id (draft-ietf-mimi-content §3.3), 32 bytes as base64url. */
export const PostId = v.pipe(base64UrlOf(32), v.brand("PostId"));
export type PostId = v.InferOutput<typeof PostId>;

/** The first 16 bytes of a labelled hash of a link's secret, as base64url: a link into a conversation. */
export const InviteId = v.pipe(base64UrlOf(16), v.brand("InviteId"));
export type InviteId = v.InferOutput<typeof InviteId>;

/** A name on this server for an account id. Never given out twice. */
export const Username = v.pipe(
  v.string(),
  v.regex(new RegExp(`^[a-z0-9_.]{${USERNAME_LENGTH_MIN},${USERNAME_LENGTH_MAX}}$`)),
  v.brand("Username"),
);
export type Username = v.InferOutput<typeof Username>;

/** The exact, public name of an open room on this server. */
export const RoomName = v.pipe(
  v.string(),
  v.regex(new RegExp(`^[a-z0-9-]{${ROOM_NAME_LENGTH_MIN},${ROOM_NAME_LENGTH_MAX}}$`)),
  v.brand("RoomName"),
);
export type RoomName = v.InferOutput<typeof RoomName>;

/** Raw bytes of any of the ids above. */
export function idBytes(id: AccountId | DeviceId | ConversationId | SendId | PostId | InviteId): Uint8Array {
  const bytes = fromBase64Url(id);
  if (bytes === undefined) throw new TypeError("an id that no schema made");
  return bytes;
}

export function accountIdOf(bytes: Uint8Array): AccountId {
  return v.parse(AccountId, toBase64Url(bytes));
}
export function deviceIdOf(bytes: Uint8Array): DeviceId {
  return v.parse(DeviceId, toBase64Url(bytes));
}
export function conversationIdOf(bytes: Uint8Array): ConversationId {
  return v.parse(ConversationId, toBase64Url(bytes));
}
export function sendIdOf(bytes: Uint8Array): SendId {
  return v.parse(SendId, toBase64Url(bytes));
}
export function inviteIdOf(bytes: Uint8Array): InviteId {
  return v.parse(InviteId, toBase64Url(bytes));
}
export function postIdOf(bytes: Uint8Array): PostId {
  return v.parse(PostId, toBase64Url(bytes));
}
