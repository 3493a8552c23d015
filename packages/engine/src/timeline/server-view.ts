import { entryHash } from "@sotto/crypto";
import { epochOfMessage } from "@sotto/mls";
import {
  ENTRY_KIND,
  SottoError,
  decodeCommitBody,
  decodeEnvelope,
  equalBytes,
  type ConversationId,
  type Seq,
} from "@sotto/protocol";
import type { ServerView } from "../api.ts";
import type { Context } from "../context.ts";
import { bytesOf } from "../rows.ts";

/** Fetches one stored entry from the server, exactly as it holds it, and says whether it is what this device had processed. */
export async function serverView(context: Context, conversation: ConversationId, seq: Seq): Promise<ServerView> {
  const page = await context.online().logPage(conversation, seq - 1, 1);
  const row = page.rows[0];
  const envelope = row?.kind === "stored" && row.seq === seq ? decodeEnvelope(row.envelope) : undefined;
  if (row === undefined || row.kind !== "stored" || envelope === undefined) {
    throw new SottoError("conversation/unknown", "The server doesn't hold this entry any more.");
  }
  const hash = entryHash(row.envelope);
  const local = context.store.all("select hash from log where conversation = ? and seq = ?", [conversation, seq])[0];
  const message = envelope.kind === ENTRY_KIND.commit ? decodeCommitBody(envelope.body)?.commit : envelope.body;
  return {
    conversation,
    seq,
    kind: envelope.kind === ENTRY_KIND.commit ? "commit" : "application",
    epoch: String(message === undefined ? "" : (epochOfMessage(message) ?? "")),
    seen: envelope.seen,
    applied: envelope.applied,
    acceptedAt: row.acceptedAt,
    sizeBytes: row.envelope.length,
    envelope: row.envelope,
    hash,
    matchesLocal: local !== undefined && equalBytes(bytesOf(local, "hash"), hash),
  };
}
