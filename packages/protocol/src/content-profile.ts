import * as v from "valibot";
import { bytesOf, bytesUpTo } from "./byte-schemas.ts";
import { equalBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { CONVERSATION_NAME_LENGTH_MAX, CONVERSATION_TOPIC_LENGTH_MAX, PICTURE_BYTES_MAX } from "./limits.ts";
import { lengthOf } from "./names.ts";
import { isPicture } from "./picture.ts";

const atMost = (codePoints: number) =>
  v.pipe(
    v.string(),
    v.check((text) => lengthOf(text) <= codePoints),
  );

/**
 * Name, topic and picture of a conversation. It travels inside the encryption; the group agrees on the hash of its bytes, and the
 * random salt keeps the server from guessing the name by that hash.
 */
export const Profile = v.strictObject({
  name: atMost(CONVERSATION_NAME_LENGTH_MAX),
  topic: atMost(CONVERSATION_TOPIC_LENGTH_MAX),
  /** The bytes of an image ({@link isPicture}). */
  picture: v.nullable(v.pipe(bytesUpTo(PICTURE_BYTES_MAX), v.check(isPicture))),
  salt: bytesOf(16),
});
export type Profile = v.InferOutput<typeof Profile>;

const { name, topic, picture } = Profile.entries;
/** Without a picture the first version stays the one encoding; the second always has one. */
const WireV1 = v.strictTuple([v.literal(1), bytesOf(16), name, topic]);
const WireV2 = v.strictTuple([v.literal(2), bytesOf(16), name, topic, picture.wrapped]);

export function encodeProfile({ name, topic, picture, salt }: Profile): Uint8Array {
  return picture === null ? encodeCbor([1, salt, name, topic]) : encodeCbor([2, salt, name, topic, picture]);
}

/** Undefined when it is malformed, too long or of another version. The texts are as somebody wrote them: clean before showing. */
export function decodeProfile(bytes: Uint8Array): Profile | undefined {
  const decoded = decodeCbor(bytes);
  const profile = decoded.kind === "value" ? readWire(decoded.value) : undefined;
  return profile !== undefined && equalBytes(encodeProfile(profile), bytes) ? profile : undefined;
}

function readWire(value: unknown): Profile | undefined {
  const first = v.safeParse(WireV1, value);
  if (first.success) {
    const [, salt, name, topic] = first.output;
    return { name, topic, picture: null, salt };
  }
  const second = v.safeParse(WireV2, value);
  if (!second.success) return undefined;
  const [, salt, name, topic, picture] = second.output;
  return { name, topic, picture, salt };
}
