import { hasHead, safetyNumber, type ChainIdentity, type VerifiedChain } from "@sotto/crypto";
import { AccountId, Bytes } from "@sotto/protocol";
import * as v from "valibot";
import type { Trust } from "../api.ts";
import type { SyncValue } from "../sync/sync-state.ts";

/**
 * What the person decided about somebody: kept in the account, the same on all own devices. `verified.head`: the head of the chain
 * that was compared; `reclaims`: how often the account had been taken over by then.
 */
export type Decision = {
  verified: { head: Uint8Array; reclaims: number; at: number } | null;
  blocked: boolean;
};

/** What this device pinned of somebody. */
export type Pin = {
  chain: VerifiedChain;
  /** The server's owner gave the name to another account. */
  replaced: boolean;
  /** Somebody showed a chain of this account, rightly signed, that contradicts the pinned one. */
  contradicted: boolean;
};

export const UNDECIDED: Decision = { verified: null, blocked: false };

/**
 * How much somebody is trusted: the one place that decides it, anew each time, from the pinned chain and the person's decision.
 * Verified is who was compared and whose chain has only grown since, by statements of its own keys. [Note: What a changed identity
 * is] A reclaim replaces keys without the old ones; a name moved is another account; a fork has two signers. All are changes for whoever had
 * compared, and none may pass as the person that was verified.
 */
export function trustOf(pin: Pin | undefined, decision: Decision): Exclude<Trust, "self"> {
  if (decision.blocked) return "blocked";
  const { verified } = decision;
  if (verified === null || pin === undefined) return "unverified";
  const { chain } = pin;
  return hasHead(chain, verified.head) && chain.reclaims === verified.reclaims && !pin.replaced && !pin.contradicted
    ? "verified"
    : "changed";
}

const VERSION = 1;
const Wire = v.tuple([
  v.literal(VERSION),
  v.nullable(v.strictTuple([Bytes, v.pipe(v.number(), v.safeInteger(), v.minValue(0)), v.number()])),
  v.boolean(),
]);

export function encodeDecision({ verified, blocked }: Decision): SyncValue {
  return [VERSION, verified === null ? null : [verified.head, verified.reclaims, verified.at], blocked];
}

/** Values that were read before: every row of a list asks what was decided about each of its people. */
const decoded = new WeakMap<object, Decision>();

/** What can't be read is no decision: nobody is verified by it. */
export function decodeDecision(value: unknown): Decision {
  if (typeof value !== "object" || value === null) return UNDECIDED;
  const decision = decoded.get(value) ?? parseDecision(value);
  decoded.set(value, decision);
  return decision;
}

function parseDecision(value: unknown): Decision {
  const parsed = v.safeParse(Wire, value);
  if (!parsed.success) return UNDECIDED;
  const [, verified, blocked] = parsed.output;
  return {
    verified: verified === null ? null : { head: verified[0], reclaims: verified[1], at: verified[2] },
    blocked,
  };
}

/** The first words say what it is, so that no camera takes it for an address. */
const QR = /^SOTTO VERIFY 1 ([A-Za-z0-9_-]{43}) ([0-9]{60})$/;

/**
 * What one person's screen shows to the other's camera: whose it is, and the safety number of both, which is only the same if each of the two
 * sees the other's true account and key.
 */
export function verificationText(own: ChainIdentity, other: ChainIdentity): string {
  return `SOTTO VERIFY 1 ${own.account} ${safetyNumber(own, other).replaceAll(" ", "")}`;
}

/** Does a scanned text prove that the other's screen belongs to them, and that it shows us as we are? */
export function provesIdentity(text: string, own: ChainIdentity, other: ChainIdentity): boolean {
  const match = QR.exec(text);
  if (match === null || own.account === other.account) return false;
  const account = v.safeParse(AccountId, match[1]);
  return (
    account.success && account.output === other.account && match[2] === safetyNumber(own, other).replaceAll(" ", "")
  );
}
