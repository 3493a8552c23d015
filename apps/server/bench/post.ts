import { randomBytes } from "node:crypto";
import { ENTRY_KIND, conversationIdOf, encodeEnvelope, encodeSubmit, sendIdOf } from "@sotto/protocol";
import { type BenchSocket, clientFrame, markedPost } from "./client.ts";

/** A post that can be sent again and again: its number and its send id are changed in place. */
export type Template = { frame: Buffer; numberAt: number; sendAt: number | undefined };

const MARK_LENGTH = 5;
let sends = 0;

export function post(socket: BenchSocket, { frame, numberAt, sendAt }: Template, number: number): void {
  // A copy, since the socket may still hold the last one.
  const copy = Buffer.from(frame);
  copy.writeUInt32BE(number, numberAt);
  if (sendAt !== undefined) copy.writeUInt32BE(++sends, sendAt);
  socket.write(copy);
}

export function relayTemplate(room: number): Template {
  const payload = Buffer.concat([Buffer.from([2, 0, 0, 0, 0]), markedPost()]);
  payload.writeUInt32BE(room, 1);
  const { frame, at } = clientFrame(payload);
  return { frame, numberAt: at + 5 + MARK_LENGTH, sendAt: undefined };
}

export function ourTemplate(conversation: Uint8Array): Template {
  const envelope = encodeEnvelope({ kind: ENTRY_KIND.application, seen: 1, applied: 1, body: markedPost() });
  const submit = encodeSubmit({
    request: 1,
    conversation: conversationIdOf(conversation),
    send: sendIdOf(randomBytes(16)),
    envelope,
  });
  const { frame, at } = clientFrame(submit);
  return { frame, numberAt: at + 38 + 18 + MARK_LENGTH, sendAt: at + 22 };
}
