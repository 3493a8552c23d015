import { SeqNumber, decodeCbor, encodeCbor, type ConversationId, type Seq } from "@sotto/protocol";
import * as v from "valibot";
import { sealRecord, type ArchiveRecord } from "./archive-records.ts";
import type { Context } from "./context.ts";

/**
 * A mark in the account's archive: at this entry its membership began or ended. A later device learns from it that what lies before
 * was never for the account. A mark that is withheld only makes a client ask for more than it can be given.
 */
export type MembershipMark = { how: "created" | "added" | "joined" | "ended"; seq: Seq; at: number; again: boolean };

const VERSION = 1;
const HOW = ["created", "added", "joined", "ended"] as const;
const Wire = v.strictTuple([
  v.literal(VERSION),
  v.picklist(HOW),
  SeqNumber,
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.boolean(),
]);

/** @param mark `again`: there was an earlier membership */
export function membershipRecord(context: Context, conversation: ConversationId, mark: MembershipMark): ArchiveRecord {
  const plaintext = encodeCbor([VERSION, mark.how, mark.seq, mark.at, mark.again]);
  return sealRecord(context, conversation, { kind: "membership" }, plaintext);
}

export function readMembership(plaintext: Uint8Array): MembershipMark | undefined {
  const decoded = decodeCbor(plaintext);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, how, seq, at, again] = parsed.output;
  return { how, seq, at, again };
}

/** Where the account was a member: after the one entry and up to the other. */
export type Span = { after: Seq; until: Seq };

/**
 * The spans of a log in which the account was a member. Marks that are missing only make spans longer: nothing that the account may
 * read is ever hidden by what a server leaves out.
 */
export function spansOf(marks: readonly MembershipMark[]): Span[] {
  const sorted = [...marks].sort((a, b) => a.seq - b.seq);
  const spans: Span[] = [];
  let after: Seq | undefined;
  let last: Seq = 0;
  for (const [index, mark] of sorted.entries()) {
    if (mark.how === "ended") {
      spans.push({ after: after ?? last, until: mark.seq });
      after = undefined;
      last = mark.seq;
      continue;
    }
    const isFirstKnown = index === 0 && mark.again;
    after ??= isFirstKnown ? 0 : mark.seq;
  }
  spans.push({ after: after ?? last, until: Number.MAX_SAFE_INTEGER });
  return spans;
}

/** Is this entry from a time in which the account was a member? */
export const isWithin = (spans: readonly Span[], seq: Seq): boolean =>
  spans.some(({ after, until }) => seq > after && seq <= until);
