import { encodeCbor, SottoError } from "@sotto/protocol";
import { verifyChain, type VerifiedChain } from "./chain.ts";
import { signMessage } from "./signature.ts";
import { statementMessage, unsignedStatement } from "./statement.ts";

/** A key that signs where it lives. @returns 64 bytes, Ed25519 over the given message as it is. */
export type SignMessage = (message: Uint8Array) => Promise<Uint8Array>;

/** A signer whose key is at hand. */
export const signedBy =
  (privateKey: Uint8Array): SignMessage =>
  async (message) =>
    signMessage(privateKey, message);

/** The bytes of a statement. @param previous hash of the statement before */
export async function signedStatement(
  signer: SignMessage,
  kind: number,
  previous: Uint8Array,
  fields: readonly unknown[],
): Promise<Uint8Array> {
  const unsigned = unsignedStatement(kind, previous, fields);
  return encodeCbor([...unsigned, await signer(statementMessage(unsigned))]);
}

/** What the statements so far say. @throws {SottoError} chain/invalid */
export function verifiedStatements(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid")
    throw new SottoError("chain/invalid", "The identity that should be continued doesn't verify.");
  return verdict.chain;
}
