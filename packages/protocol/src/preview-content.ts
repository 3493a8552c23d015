import * as v from "valibot";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { lengthOf } from "./names.ts";

/** What the author of a post says that a link in it leads to. Nobody who reads it asks that place for anything. */
export type PreviewContent = { url: string; title: string; description: string };

const URL_LENGTH_MAX = 2_000;
/** Unicode code points. */
export const PREVIEW_TITLE_LENGTH_MAX = 200;
export const PREVIEW_DESCRIPTION_LENGTH_MAX = 400;

const VERSION = 1;
const atMost = (codePoints: number) =>
  v.pipe(
    v.string(),
    v.check((text) => lengthOf(text) <= codePoints),
  );
const Wire = v.strictTuple([
  v.literal(VERSION),
  // Plain ASCII, as it stands in the text of the post.
  v.pipe(v.string(), v.maxLength(URL_LENGTH_MAX), v.regex(/^https?:\/\/[\x21-\x7e]+$/)),
  v.pipe(
    atMost(PREVIEW_TITLE_LENGTH_MAX),
    v.check((title) => title.trim() !== ""),
  ),
  atMost(PREVIEW_DESCRIPTION_LENGTH_MAX),
]);

/** @returns whether this may stand in a post with that text: its address is one of the text's own */
export function isPreviewOf({ url, title, description }: PreviewContent, text: string): boolean {
  return v.is(Wire, [VERSION, url, title, description]) && holdsLink(text, url);
}

/** Does an address stand in a text as a whole? One that goes on there is another. */
export function holdsLink(text: string, url: string): boolean {
  for (let at = text.indexOf(url); at !== -1; at = text.indexOf(url, at + 1))
    if (/^[.,;:!?]*(?:[\s)\]>"'*|]|$)/u.test(text.slice(at + url.length, at + url.length + 8))) return true;
  return false;
}

export function encodePreview({ url, title, description }: PreviewContent): Uint8Array {
  return encodeCbor([VERSION, url, title, description]);
}

/** Undefined when it is malformed or of another version. */
export function decodePreview(bytes: Uint8Array): PreviewContent | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, url, title, description] = parsed.output;
  return { url, title, description };
}
