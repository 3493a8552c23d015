import * as v from "valibot";
import { bytesOf, bytesUpTo } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { CHAIN_STATEMENTS_MAX, STATEMENT_BYTES_MAX } from "./limits.ts";

const Statement = bytesUpTo(STATEMENT_BYTES_MAX);

/**
 * Why a Remove is allowed that neither the policy nor ownership of the leaf allows. `leave`: the signed statement of a
 * device of the leaving account. `chain`: the account's chain, in which the leaf's device is revoked or the account closed.
 */
export const Evidence = v.variant("kind", [
  v.strictObject({ kind: v.literal("leave"), statement: Statement }),
  v.strictObject({
    kind: v.literal("chain"),
    statements: v.pipe(v.array(Statement), v.maxLength(CHAIN_STATEMENTS_MAX)),
  }),
]);
export type Evidence = v.InferOutput<typeof Evidence>;

/** The authenticated data of a commit (RFC 9420 §6.3.1): signed, and readable by the delivery service. */
export const CommitData = v.strictObject({
  /** SHA-256 of the canonical roster that results from this commit. */
  rosterHash: bytesOf(32),
  evidence: v.pipe(v.array(Evidence), v.maxLength(64)),
});
export type CommitData = v.InferOutput<typeof CommitData>;

const VERSION = 1;
const Wire = v.strictTuple([v.literal(VERSION), CommitData]);

export function encodeCommitData(data: CommitData): Uint8Array {
  return encodeCbor([VERSION, data]);
}

export function decodeCommitData(bytes: Uint8Array): CommitData | undefined {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed") return undefined;
  const parsed = v.safeParse(Wire, decoded.value);
  return parsed.success ? parsed.output[1] : undefined;
}
