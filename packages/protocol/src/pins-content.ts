import * as v from "valibot";
import { bytesOf } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { idBytes, postIdOf, type PostId } from "./ids.ts";

export const PINS_MAX = 20;

const VERSION = 1;
const Wire = v.strictTuple([
  v.literal(VERSION),
  v.pipe(v.array(v.pipe(bytesOf(32), v.transform(postIdOf))), v.maxLength(PINS_MAX)),
]);

/** The posts that are pinned in a conversation, all of them, newest pin first. @param posts at most {@link PINS_MAX} */
export function encodePins(posts: readonly PostId[]): Uint8Array {
  return encodeCbor([VERSION, posts.map(idBytes)]);
}

/** Undefined when it is malformed, of another version, or names a post twice. */
export function decodePins(bytes: Uint8Array): PostId[] | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const posts = parsed.output[1];
  return new Set(posts).size === posts.length ? posts : undefined;
}
