import * as v from "valibot";
import { bytesUpTo } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { DISPLAY_NAME_LENGTH_MAX, PICTURE_BYTES_MAX, STATUS_LENGTH_MAX } from "./limits.ts";
import { lengthOf } from "./names.ts";

/**
 * How somebody shows themselves to the people that they talk to. `picture`: empty for none; whether it is one is for the reader to
 * see (picture.ts). Texts are as somebody wrote them: clean before showing.
 */
export type PersonProfile = { name: string; status: string; picture: Uint8Array };

const atMost = (codePoints: number) =>
  v.pipe(
    v.string(),
    v.check((text) => lengthOf(text) <= codePoints),
  );

const VERSION = 1;
const Wire = v.strictTuple([
  v.literal(VERSION),
  atMost(DISPLAY_NAME_LENGTH_MAX),
  atMost(STATUS_LENGTH_MAX),
  bytesUpTo(PICTURE_BYTES_MAX),
]);

export function encodePerson({ name, status, picture }: PersonProfile): Uint8Array {
  return encodeCbor([VERSION, name, status, picture]);
}

/** Undefined when it is malformed, over a limit or of another version. */
export function decodePerson(bytes: Uint8Array): PersonProfile | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, name, status, picture] = parsed.output;
  return { name, status, picture };
}
