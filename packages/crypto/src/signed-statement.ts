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

/** @throws {SottoError} account/chain-full when this statement would leave too little room in the chain. Nothing else is judged. */
export function assertRoom(statements: readonly Uint8Array[], statement: Uint8Array): void {
  const verdict = verifyChain([...statements, statement]);
  if (verdict.kind === "valid" || (verdict.because !== "no-room-left" && verdict.because !== "too-long")) return;
  throw new SottoError(
    "account/chain-full",
    "This account's keys and devices have changed as often as they can. It can still be used, its devices ended, and it can be closed.",
    { kind: "person", do: "Go on with the devices that you have, or begin a new account." },
  );
}
