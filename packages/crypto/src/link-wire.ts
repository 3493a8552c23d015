import {
  accountIdOf,
  bytesOf,
  bytesUpTo,
  Chain,
  decodeCbor,
  encodeCbor,
  idBytes,
  LINK_MESSAGE_BYTES_MAX,
  Username,
  type AccountId,
} from "@sotto/protocol";
import * as v from "valibot";
import type { PossessionProofs } from "./create-statements.ts";
import { KEY_BYTES, SIGNATURE_BYTES } from "./signature.ts";
import { DeviceKind } from "./statement.ts";
import { ArchiveKeys } from "./vault.ts";

/** The messages of a link, in their order. The last three are sealed whole, the second's answer to "who?" is. */
export const LINK_MESSAGE = { hello: 1, reveal: 2, ask: 3, prove: 4, enrol: 5 } as const;
export type LinkMessageType = (typeof LINK_MESSAGE)[keyof typeof LINK_MESSAGE];

const VERSION = 1;
export const LINK_NONCE_BYTES = 32;
const NAME_LENGTH_MAX = 64;
/** ML-KEM-768 (FIPS 203 §8). */
const KEM_KEY_BYTES = 1184;
const KEM_CIPHERTEXT_BYTES = 1088;

/** What the signed-in device opens with. */
export type LinkHello = { ephemeral: Uint8Array; kemKey: Uint8Array; nonce: Uint8Array };
/** What the new device committed to, and now shows. `encapsulation`: to the hello's ML-KEM key. `description` is sealed. */
export type LinkReveal = {
  ephemeral: Uint8Array;
  nonce: Uint8Array;
  encapsulation: Uint8Array;
  description: Uint8Array;
};
/** What would be admitted. `name`: as the device calls itself; clean it before it is shown. */
export type NewDevice = { signInPublicKey: Uint8Array; leafPublicKey: Uint8Array; kind: string; name: string };
/** What a device gets when it is admitted: everything that a password would have opened for it, but the account key. */
export type LinkEnrolment = {
  username: Username;
  /** The statements, the one that adds the device last. */
  chain: readonly Uint8Array[];
  archiveKeys: readonly { generation: number; key: Uint8Array }[];
  /** The person hasn't confirmed yet that the recovery key is saved. */
  recoveryKeyUnsaved: boolean;
  vaultRevision: number;
};

const Hello = v.strictTuple([
  v.literal(VERSION),
  v.literal(LINK_MESSAGE.hello),
  bytesOf(KEY_BYTES),
  bytesOf(KEM_KEY_BYTES),
  bytesOf(LINK_NONCE_BYTES),
]);
const Reveal = v.strictTuple([
  v.literal(VERSION),
  v.literal(LINK_MESSAGE.reveal),
  bytesOf(KEY_BYTES),
  bytesOf(LINK_NONCE_BYTES),
  bytesOf(KEM_CIPHERTEXT_BYTES),
  bytesUpTo(1024),
]);
const Sealed = v.strictTuple([
  v.literal(VERSION),
  v.picklist([LINK_MESSAGE.ask, LINK_MESSAGE.prove, LINK_MESSAGE.enrol]),
  bytesUpTo(LINK_MESSAGE_BYTES_MAX),
]);
const Description = v.strictTuple([
  v.literal(VERSION),
  bytesOf(KEY_BYTES),
  bytesOf(KEY_BYTES),
  DeviceKind,
  v.pipe(v.string(), v.maxLength(NAME_LENGTH_MAX)),
]);
const Ask = v.strictTuple([v.literal(VERSION), bytesOf(32)]);
const Proofs = v.strictTuple([v.literal(VERSION), bytesOf(SIGNATURE_BYTES), bytesOf(SIGNATURE_BYTES)]);
const Enrolment = v.strictTuple([
  v.literal(VERSION),
  Username,
  Chain,
  ArchiveKeys,
  v.boolean(),
  v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
]);

function parse<S extends v.GenericSchema>(schema: S, bytes: Uint8Array): v.InferOutput<S> | undefined {
  if (bytes.length > LINK_MESSAGE_BYTES_MAX) return undefined;
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(schema, decoded.value) : undefined;
  return parsed?.success === true ? parsed.output : undefined;
}

export const encodeHello = ({ ephemeral, kemKey, nonce }: LinkHello): Uint8Array =>
  encodeCbor([VERSION, LINK_MESSAGE.hello, ephemeral, kemKey, nonce]);

export function decodeHello(bytes: Uint8Array): LinkHello | undefined {
  const parsed = parse(Hello, bytes);
  return parsed === undefined ? undefined : { ephemeral: parsed[2], kemKey: parsed[3], nonce: parsed[4] };
}

export const encodeReveal = ({ ephemeral, nonce, encapsulation, description }: LinkReveal): Uint8Array =>
  encodeCbor([VERSION, LINK_MESSAGE.reveal, ephemeral, nonce, encapsulation, description]);

export function decodeReveal(bytes: Uint8Array): LinkReveal | undefined {
  const parsed = parse(Reveal, bytes);
  if (parsed === undefined) return undefined;
  const [, , ephemeral, nonce, encapsulation, description] = parsed;
  return { ephemeral, nonce, encapsulation, description };
}

export const encodeSealed = (type: LinkMessageType, box: Uint8Array): Uint8Array => encodeCbor([VERSION, type, box]);

/** The box of a message of this type. */
export function decodeSealed(type: LinkMessageType, bytes: Uint8Array): Uint8Array | undefined {
  const parsed = parse(Sealed, bytes);
  return parsed?.[1] === type ? parsed[2] : undefined;
}

export const encodeDescription = ({ signInPublicKey, leafPublicKey, kind, name }: NewDevice): Uint8Array =>
  encodeCbor([VERSION, signInPublicKey, leafPublicKey, kind, name]);

export function decodeDescription(bytes: Uint8Array): NewDevice | undefined {
  const parsed = parse(Description, bytes);
  if (parsed === undefined) return undefined;
  const [, signInPublicKey, leafPublicKey, kind, name] = parsed;
  return { signInPublicKey, leafPublicKey, kind, name };
}

export const encodeAsk = (account: AccountId): Uint8Array => encodeCbor([VERSION, idBytes(account)]);

export function decodeAsk(bytes: Uint8Array): AccountId | undefined {
  const parsed = parse(Ask, bytes);
  return parsed === undefined ? undefined : accountIdOf(parsed[1]);
}

export const encodeProofs = ({ signInProof, leafProof }: PossessionProofs): Uint8Array =>
  encodeCbor([VERSION, signInProof, leafProof]);

export function decodeProofs(bytes: Uint8Array): PossessionProofs | undefined {
  const parsed = parse(Proofs, bytes);
  return parsed === undefined ? undefined : { signInProof: parsed[1], leafProof: parsed[2] };
}

export const encodeEnrolment = (enrolment: LinkEnrolment): Uint8Array =>
  encodeCbor([
    VERSION,
    enrolment.username,
    enrolment.chain,
    enrolment.archiveKeys.map(({ generation, key }) => [generation, key]),
    enrolment.recoveryKeyUnsaved,
    enrolment.vaultRevision,
  ]);

export function decodeEnrolment(bytes: Uint8Array): LinkEnrolment | undefined {
  const parsed = parse(Enrolment, bytes);
  if (parsed === undefined) return undefined;
  const [, username, chain, archiveKeys, recoveryKeyUnsaved, vaultRevision] = parsed;
  return {
    username,
    chain,
    archiveKeys: archiveKeys.map(([generation, key]) => ({ generation, key })),
    recoveryKeyUnsaved,
    vaultRevision,
  };
}
