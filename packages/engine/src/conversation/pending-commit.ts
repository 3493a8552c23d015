import type { GroupState, Provider } from "@sotto/mls";
import {
  OPERATIONS,
  decodeCbor,
  encodeCbor,
  type AccountId,
  type ConversationId,
  type Parameters,
} from "@sotto/protocol";
import * as v from "valibot";
import { packGroup, unpackGroup } from "./group-store.ts";
import type { Store } from "../ports.ts";
import { bytesOf, textOf } from "../rows.ts";

/**
 * An own commit between its making and its verdict. The bundle is kept so that exactly these bytes are sent again after a
 * crash or a lost connection (it is idempotent by its send id), and the state that follows is taken when its echo appears in the log.
 */
export type PendingRequest =
  | { operation: "conversation.commit"; parameters: Parameters<"conversation.commit"> }
  | { operation: "conversation.create"; parameters: Parameters<"conversation.create"> };

/** What it leads to. `leavers`: accounts whose signed leave it carries as evidence. */
export type Pending = { hash: string; next: GroupState; leavers: readonly AccountId[] };

export function savePendingCommit(
  store: Store,
  conversation: ConversationId,
  hash: string,
  request: PendingRequest,
  next: GroupState,
  leavers: readonly AccountId[],
): void {
  store.run(
    "insert or replace into pending_commits (conversation, hash, parameters, rows, leavers) values (?, ?, ?, ?, ?)",
    [conversation, hash, encodeCbor([request.operation, request.parameters]), packGroup(next), JSON.stringify(leavers)],
  );
}

export function loadPendingCommit(provider: Provider, store: Store, conversation: ConversationId): Pending | undefined {
  const row = store.all("select hash, rows, leavers from pending_commits where conversation = ?", [conversation])[0];
  return row === undefined
    ? undefined
    : {
        hash: textOf(row, "hash"),
        next: unpackGroup(provider, bytesOf(row, "rows")),
        leavers: JSON.parse(textOf(row, "leavers")) as AccountId[],
      };
}

const Stored = v.union([
  v.strictTuple([v.literal("conversation.commit"), OPERATIONS["conversation.commit"].parameters]),
  v.strictTuple([v.literal("conversation.create"), OPERATIONS["conversation.create"].parameters]),
]);

export function loadPendingRequest(store: Store, conversation: ConversationId): PendingRequest | undefined {
  const row = store.all("select parameters from pending_commits where conversation = ?", [conversation])[0];
  if (row === undefined) return undefined;
  const decoded = decodeCbor(bytesOf(row, "parameters"));
  if (decoded.kind === "malformed") throw new Error("a stored bundle is malformed");
  const [operation, parameters] = v.parse(Stored, decoded.value);
  return { operation, parameters } as PendingRequest;
}

export function dropPendingCommit(store: Store, conversation: ConversationId): void {
  store.run("delete from pending_commits where conversation = ?", [conversation]);
}
