import * as v from "valibot";
import { bytesOf } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { CONVERSATION_NAME_LENGTH_MAX, CONVERSATION_TOPIC_LENGTH_MAX } from "./limits.ts";
import { lengthOf } from "./names.ts";

const atMost = (codePoints: number) =>
  v.pipe(
    v.string(),
    v.check((text) => lengthOf(text) <= codePoints),
  );

/**
 * Name and topic of a conversation. It travels inside the encryption; the group agrees on the hash of its bytes, and the
 * random salt keeps the server from guessing the name by that hash.
 */
export const Profile = v.strictObject({
  name: atMost(CONVERSATION_NAME_LENGTH_MAX),
  topic: atMost(CONVERSATION_TOPIC_LENGTH_MAX),
  salt: bytesOf(16),
});
export type Profile = v.InferOutput<typeof Profile>;

const VERSION = 1;
const Wire = v.strictTuple([v.literal(VERSION), bytesOf(16), Profile.entries.name, Profile.entries.topic]);

export function encodeProfile({ name, topic, salt }: Profile): Uint8Array {
  return encodeCbor([VERSION, salt, name, topic]);
}

/** Undefined when it is malformed, too long or of another version. The texts are as somebody wrote them: clean before showing. */
export function decodeProfile(bytes: Uint8Array): Profile | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, salt, name, topic] = parsed.output;
  return { name, topic, salt };
}
