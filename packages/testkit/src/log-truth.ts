import { createHash } from "node:crypto";
import {
  ENTRY_KIND,
  ROLE,
  decodeCommitBody,
  decodeEnvelope,
  decodeRoster,
  toBase64Url,
  type AccountId,
  type ConversationId,
  type LogRow,
} from "@sotto/protocol";
import { nextHead } from "@sotto/crypto";
import type { Ledger, Sent } from "./ledger.ts";

/** One entry of a log, with what really stands behind it. */
export type TrueEntry = {
  seq: number;
  hash: string;
  isPost: boolean;
  /** Who made it and what it says; undefined for commits, and for what no device of the simulation made. */
  sent: (Sent & { key: string }) | undefined;
  /** Accounts that were members when it was made. */
  members: ReadonlySet<AccountId>;
};

export type ReadLog = {
  conversation: ConversationId;
  entries: TrueEntry[];
  head: Uint8Array;
  members: ReadonlySet<AccountId>;
};

export const hashOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());

/** Reads a log as an observer who knows which commits honest clients skip. */
export function readLog(conversation: ConversationId, rows: readonly LogRow[], ledger: Ledger): ReadLog {
  let head: Uint8Array = new Uint8Array(32);
  let members: ReadonlySet<AccountId> = new Set();
  const entries: TrueEntry[] = [];
  for (const row of rows) {
    if (row.kind === "erased") throw new Error("nothing is erased here");
    const bytes = hashOf(row.envelope);
    const hash = toBase64Url(bytes);
    head = nextHead(head, row.seq, row.envelope[1] ?? 0, bytes);
    const envelope = decodeEnvelope(row.envelope);
    const isPost = envelope?.kind === ENTRY_KIND.application;
    if (!isPost && envelope !== undefined && !ledger.hostileCommits.has(hash)) {
      const body = decodeCommitBody(envelope.body);
      const roster = body === undefined ? undefined : decodeRoster(body.roster);
      if (roster !== undefined)
        members = new Set(roster.filter(([, role]) => role !== ROLE.banned).map(([account]) => account));
    }
    entries.push({ seq: row.seq, hash, isPost, sent: isPost ? ledger.sentIn(conversation, hash) : undefined, members });
  }
  return { conversation, entries, head, members };
}
