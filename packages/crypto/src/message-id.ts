import {
  accountUri,
  concat,
  conversationUri,
  MESSAGE_ID_SHA256,
  messageIdInput,
  postIdOf,
  utf8,
  type AccountId,
  type ConversationId,
  type PostId,
  type RoomName,
} from "@sotto/protocol";
import { labelledHash, sha256 } from "./hash.ts";
import { LABEL } from "./labels.ts";

/** Message id of a MIMI content under any URIs (draft-ietf-mimi-content §3.3), 32 bytes. */
export function messageIdBytes(parts: {
  senderUri: string;
  roomUri: string;
  content: Uint8Array;
  salt: Uint8Array;
}): Uint8Array {
  return concat(Uint8Array.of(MESSAGE_ID_SHA256), sha256(messageIdInput(parts)).subarray(0, 31));
}

/** The id of a post: who wrote what, where. @param content encoded bytes @param salt the content's own */
export function postIdOfContent(parts: {
  account: AccountId;
  conversation: ConversationId;
  content: Uint8Array;
  salt: Uint8Array;
}): PostId {
  const { account, conversation, content, salt } = parts;
  return postIdOf(
    messageIdBytes({ senderUri: accountUri(account), roomUri: conversationUri(conversation), content, salt }),
  );
}

/** The hash by which a group agrees on its profile: SHA-256 of its encoded bytes. */
export function profileHash(profile: Uint8Array): Uint8Array {
  return sha256(profile);
}

/** The hash by which an open room agrees on its public name, so that the server can't relabel it. */
export function roomNameHash(room: RoomName): Uint8Array {
  return labelledHash(LABEL.roomName, utf8(room));
}
