import * as v from "valibot";
import { Bytes, bytesOf } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { DISPLAY_NAME_LENGTH_MAX } from "./limits.ts";
import { cleanName, lengthOf } from "./names.ts";

const Counter = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Place = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What a sender says about itself and the log, inside the encryption and under its signature. */
export const PostContext = v.strictObject({
  /** Grows with every post that this device seals in this conversation, from 1. */
  counter: Counter,
  /** The last entry that the sender had processed, and the log's head there. */
  seq: Place,
  head: bytesOf(32),
  /** SHA-256 of the epoch authenticator (RFC 9420 §8.7). */
  epochDigest: bytesOf(32),
  /** ms: when the person pressed Enter. */
  time: Place,
  /** What the sender calls itself, at most 64 code points; null says nothing about it, and what was said before stays. */
  name: v.nullable(
    v.pipe(
      v.string(),
      v.check((name) => lengthOf(name) <= DISPLAY_NAME_LENGTH_MAX),
    ),
  ),
});
export type PostContext = v.InferOutput<typeof PostContext>;

/** The MLS application data of a post: its context beside its MIMI content. */
export type PostData = { context: PostContext; content: Uint8Array };

const VERSION = 1;
const Wire = v.strictTuple([v.literal(VERSION), PostContext, Bytes]);

export function encodePostData({ context, content }: PostData): Uint8Array {
  return encodeCbor([VERSION, context, content]);
}

/** Reads application data; undefined when it is malformed or of another version. The name comes out clean, or null if nothing is left of it. */
export function decodePostData(bytes: Uint8Array): PostData | undefined {
  const decoded = decodeCbor(bytes);
  if (decoded.kind === "malformed") return undefined;
  const parsed = v.safeParse(Wire, decoded.value);
  if (!parsed.success) return undefined;
  const [, context, content] = parsed.output;
  return { context: { ...context, name: (context.name === null ? "" : cleanName(context.name)) || null }, content };
}
