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
  acceptedAt: number;
  hash: string;
  isPost: boolean;
  /** Made in an epoch to which only a hostile commit leads. */
  isAstray: boolean;
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

/**
 * Reads a log as an observer who knows which commits honest clients skip. A hostile one may lead newcomers astray for a while:
 * what builds on it, and what is said there until they notice, is nobody else's.
 */
export function readLog(conversation: ConversationId, rows: readonly LogRow[], ledger: Ledger): ReadLog {
  let head: Uint8Array = new Uint8Array(32);
  let members: ReadonlySet<AccountId> = new Set();
  const astray = new Set<number>();
  const entries: TrueEntry[] = [];
  for (const row of rows) {
    if (row.kind === "erased") throw new Error("nothing is erased here");
    const bytes = hashOf(row.envelope);
    const hash = toBase64Url(bytes);
    head = nextHead(head, row.seq, row.envelope[1] ?? 0, bytes);
    const envelope = decodeEnvelope(row.envelope);
    const isPost = envelope?.kind === ENTRY_KIND.application;
    const isAstray = envelope !== undefined && (astray.has(envelope.applied) || ledger.hostileCommits.has(hash));
    if (isAstray && !isPost) astray.add(row.seq);
    if (!isPost && !isAstray && envelope !== undefined) {
      const body = decodeCommitBody(envelope.body);
      const roster = body === undefined ? undefined : decodeRoster(body.roster);
      if (roster !== undefined)
        members = new Set(roster.filter(([, role]) => role !== ROLE.banned).map(([account]) => account));
    }
    const sent = isPost ? ledger.sentIn(conversation, hash) : undefined;
    entries.push({ seq: row.seq, acceptedAt: row.acceptedAt, hash, isPost, isAstray, sent, members });
  }
  return { conversation, entries, head, members };
}
