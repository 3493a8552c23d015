import * as v from "valibot";

/** Any byte string. */
export const Bytes = v.custom<Uint8Array>((input) => input instanceof Uint8Array, "not bytes");

/** Bytes of bounded length. */
export const bytesUpTo = (max: number) =>
  v.custom<Uint8Array>(
    (input) => input instanceof Uint8Array && input.length <= max,
    `not bytes, or longer than ${max}`,
  );

/** Bytes of one length. */
export const bytesOf = (length: number) =>
  v.custom<Uint8Array>((input) => input instanceof Uint8Array && input.length === length, `not ${length} bytes`);
