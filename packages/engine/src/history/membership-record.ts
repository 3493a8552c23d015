import { SeqNumber, decodeCbor, encodeCbor, type ConversationId, type Seq } from "@sotto/protocol";
import * as v from "valibot";
import { sealRecord, type ArchiveRecord } from "./archive-records.ts";
import type { Context } from "../context.ts";

/**
 * A mark in the account's archive: at this entry its membership began or ended. A later device learns from it that what lies before
 * was never for the account. They are counted, so that one that is withheld only makes a client ask for more than it can be given.
 */
export type MembershipMark = { how: "created" | "added" | "joined" | "ended"; seq: Seq; at: number; nth: number };

const VERSION = 1;
const HOW = ["created", "added", "joined", "ended"] as const;
const Wire = v.strictTuple([
  v.literal(VERSION),
  v.picklist(HOW),
  SeqNumber,
  v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
]);

/** @param mark `nth`: how many marks there are with this one, as far as its writer knows */
export function membershipRecord(context: Context, conversation: ConversationId, mark: MembershipMark): ArchiveRecord {
  const plaintext = encodeCbor([VERSION, mark.how, mark.seq, mark.at, mark.nth]);
  return sealRecord(context, conversation, { kind: "membership" }, plaintext);
}

export function readMembership(plaintext: Uint8Array): MembershipMark | undefined {
  const decoded = decodeCbor(plaintext);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, how, seq, at, nth] = parsed.output;
  return { how, seq, at, nth };
}

/** Where the account was a member: after the one entry and up to the other. */
export type Span = { after: Seq; until: Seq };

/**
 * The spans of a log in which the account was a member. Between two marks that aren't known to follow each other anything may have been:
 * all of it counts, so nothing that the account may read is ever hidden by what a server leaves out.
 */
export function spansOf(marks: readonly MembershipMark[]): Span[] {
  const sorted = [...marks].sort((a, b) => a.seq - b.seq || a.nth - b.nth);
  const spans: Span[] = [];
  let last: Pick<MembershipMark, "how" | "seq" | "nth"> = { how: "ended", seq: 0, nth: 0 };
  for (const mark of sorted) {
    if (mark.seq === last.seq && mark.how === last.how) continue;
    const follows = mark.nth === last.nth + 1 && (mark.how === "ended") !== (last.how === "ended");
    if (!follows || mark.how === "ended") spans.push({ after: last.seq, until: mark.seq });
    last = mark;
  }
  // At the end of what is to be read the device entered: there the account was a member, whatever is known.
  return joined([...spans, { after: last.seq, until: Number.MAX_SAFE_INTEGER }]);
}

/** Spans that touch are one. */
function joined(spans: readonly Span[]): Span[] {
  return spans.reduce<Span[]>((all, span) => {
    const before = all.at(-1);
    if (before !== undefined && before.until === span.after)
      return [...all.slice(0, -1), { ...before, until: span.until }];
    return [...all, span];
  }, []);
}

/** Is this entry from a time in which the account was a member? */
export const isWithin = (spans: readonly Span[], seq: Seq): boolean =>
  spans.some(({ after, until }) => seq > after && seq <= until);
