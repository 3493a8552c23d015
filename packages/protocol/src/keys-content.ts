import * as v from "valibot";
import { bytesOf, bytesUpTo } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { idBytes, postIdOf, type PostId } from "./ids.ts";
import { POST_BYTES_MAX } from "./limits.ts";

/** Epochs of one request. */
export const KEYS_REQUEST_EPOCHS_MAX = 64;
export const KEYS_ANSWER_BYTES_MAX = 60 * 1024;
/** X-Wing. */
const PUBLIC_KEY_BYTES = 1216;
const ENCAPSULATION_BYTES = 1120;

/** "These epochs' keys are in none of my account's archive": asked of everyone in the conversation, under a fresh HPKE key. */
export type KeysRequest = { publicKey: Uint8Array; epochs: readonly bigint[] };

/** Records of epochs, sealed to the key of the request (HPKE: `enc` the encapsulation, `sealed` the ciphertext). */
export type KeysAnswer = { request: PostId; enc: Uint8Array; sealed: Uint8Array };

const VERSION = 1;
const Epoch = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger()), v.bigint()]),
  v.transform((epoch): bigint => BigInt(epoch)),
  v.minValue(0n),
  v.maxValue(2n ** 64n - 1n),
);
const Request = v.strictTuple([
  v.literal(VERSION),
  bytesOf(PUBLIC_KEY_BYTES),
  v.pipe(
    v.array(Epoch),
    v.minLength(1),
    v.maxLength(KEYS_REQUEST_EPOCHS_MAX),
    v.check((epochs) => epochs.every((epoch, i) => i === 0 || epochs[i - 1]! < epoch), "not ascending"),
  ),
]);
const Answer = v.strictTuple([
  v.literal(VERSION),
  v.pipe(bytesOf(32), v.transform(postIdOf)),
  bytesOf(ENCAPSULATION_BYTES),
  bytesUpTo(KEYS_ANSWER_BYTES_MAX),
]);

/** @param request `epochs` ascending, none twice */
export function encodeKeysRequest({ publicKey, epochs }: KeysRequest): Uint8Array {
  return encodeCbor([VERSION, publicKey, epochs]);
}

/** Undefined when it is malformed, over a limit or of another version. */
export function decodeKeysRequest(bytes: Uint8Array): KeysRequest | undefined {
  const parsed = parse(Request, bytes);
  return parsed === undefined ? undefined : { publicKey: parsed[1], epochs: parsed[2] };
}

export function encodeKeysAnswer({ request, enc, sealed }: KeysAnswer): Uint8Array {
  return encodeCbor([VERSION, idBytes(request), enc, sealed]);
}

/** Undefined when it is malformed, over a limit or of another version. */
export function decodeKeysAnswer(bytes: Uint8Array): KeysAnswer | undefined {
  const parsed = parse(Answer, bytes);
  return parsed === undefined ? undefined : { request: parsed[1], enc: parsed[2], sealed: parsed[3] };
}

function parse<S extends v.GenericSchema>(schema: S, bytes: Uint8Array): v.InferOutput<S> | undefined {
  if (bytes.length > POST_BYTES_MAX) return undefined;
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(schema, decoded.value) : undefined;
  return parsed?.success === true ? parsed.output : undefined;
}
