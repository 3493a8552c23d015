import {
  accountIdOf,
  bytesOf,
  conversationIdOf,
  decodeCbor,
  deviceIdOf,
  encodeCbor,
  idBytes,
  STATEMENT_BYTES_MAX,
  type AccountId,
  type ConversationId,
  type DeviceId,
} from "@sotto/protocol";
import * as v from "valibot";
import { isActiveDevice, verifyChain, type VerifiedChain } from "./chain.ts";
import { LABEL } from "./labels.ts";
import { sign, SIGNATURE_BYTES, verify } from "./signature.ts";

/** "My account leaves this conversation", said in an epoch, so that it can't be used against a later return. */
export type Leave = { conversation: ConversationId; account: AccountId; device: DeviceId; epoch: bigint };

const VERSION = 1;
const Epoch = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger()), v.bigint()]),
  v.transform((epoch): bigint => BigInt(epoch)),
  v.minValue(0n),
  v.maxValue(2n ** 64n - 1n),
);
const Wire = v.strictTuple([
  v.literal(VERSION),
  bytesOf(16),
  bytesOf(32),
  bytesOf(16),
  Epoch,
  bytesOf(SIGNATURE_BYTES),
]);

const fields = ({ conversation, account, device, epoch }: Leave): unknown[] => [
  VERSION,
  idBytes(conversation),
  idBytes(account),
  idBytes(device),
  epoch,
];

/**
 * Signed by the leaf key: it speaks in conversations (MLS, leaving), the sign-in key for the device itself (connecting, signing out).
 * MLS signs under labels of its own (RFC 9420 §5.1.2), so neither signature can stand for the other.
 */
export function createLeave(parts: Leave & { leafPrivateKey: Uint8Array }): Uint8Array {
  const unsigned = fields(parts);
  return encodeCbor([...unsigned, sign(parts.leafPrivateKey, LABEL.leave, encodeCbor(unsigned))]);
}

/** Reads a statement; proves nothing. Undefined when it is malformed. */
export function readLeave(statement: Uint8Array): (Leave & { signature: Uint8Array }) | undefined {
  if (statement.length > STATEMENT_BYTES_MAX) return undefined;
  const decoded = decodeCbor(statement);
  if (decoded.kind === "malformed") return undefined;
  const parsed = v.safeParse(Wire, decoded.value);
  if (!parsed.success) return undefined;
  const [, conversation, account, device, epoch, signature] = parsed.output;
  return {
    conversation: conversationIdOf(conversation),
    account: accountIdOf(account),
    device: deviceIdOf(device),
    epoch,
    signature,
  };
}

/** Who leaves this conversation, if a device that is active in this chain signed it. Undefined for anything else. */
export function verifyLeave(
  statement: Uint8Array,
  conversation: ConversationId,
  chain: VerifiedChain,
): Leave | undefined {
  const read = readLeave(statement);
  if (read === undefined || read.conversation !== conversation || read.account !== chain.account) return undefined;
  const { signature, ...leave } = read;
  const device = chain.devices.find((one) => one.device === leave.device);
  if (device === undefined || !isActiveDevice(chain, leave.device)) return undefined;
  return verify(device.leafKey, LABEL.leave, encodeCbor(fields(leave)), signature) ? leave : undefined;
}

/** The delivery service's question: is this a leave of this account from this conversation? @param chain statements, unverified */
export function isLeaveStatement(
  statement: Uint8Array,
  expected: { conversation: ConversationId; account: AccountId; chain: readonly Uint8Array[] },
): boolean {
  const verdict = verifyChain(expected.chain);
  return (
    verdict.kind === "valid" &&
    verifyLeave(statement, expected.conversation, verdict.chain)?.account === expected.account
  );
}
