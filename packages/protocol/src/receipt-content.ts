import * as v from "valibot";
import { decodeCbor, encodeCbor } from "./cbor.ts";

/** How far an account has received and read a conversation: places in its log, 0 for nothing. What was read was received. */
export type Receipt = { delivered: number; read: number };

const VERSION = 1;
const Place = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Wire = v.pipe(
  v.strictTuple([v.literal(VERSION), Place, Place]),
  v.check(([, delivered, read]) => read <= delivered, "read, and not received"),
);

export function encodeReceipt({ delivered, read }: Receipt): Uint8Array {
  return encodeCbor([VERSION, delivered, read]);
}

/** Undefined when it is malformed or of another version. */
export function decodeReceipt(bytes: Uint8Array): Receipt | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  return parsed?.success === true ? { delivered: parsed.output[1], read: parsed.output[2] } : undefined;
}
