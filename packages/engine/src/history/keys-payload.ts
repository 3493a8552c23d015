import { Bytes, decodeCbor, encodeCbor } from "@sotto/protocol";
import * as v from "valibot";

/** Keys of one epoch, as one member gives them to another. */
export type EpochKeys = { epoch: bigint; epochKeys: readonly Uint8Array[]; senderKeys: readonly Uint8Array[] };

const VERSION = 1;
/** What one answer holds at most: an answer that is sealed and framed is a post. */
const PAYLOAD_BYTES = 52 * 1024;
const Epoch = v.pipe(
  v.union([v.pipe(v.number(), v.safeInteger(), v.minValue(0)), v.pipe(v.bigint(), v.minValue(0n))]),
  v.transform((epoch): bigint => BigInt(epoch)),
);
const Keys = v.pipe(v.array(Bytes), v.maxLength(1_000));
const Wire = v.strictTuple([
  v.literal(VERSION),
  v.pipe(v.array(v.strictTuple([Epoch, v.pipe(Keys, v.maxLength(4)), Keys])), v.maxLength(64)),
]);

/** Spreads keys over as few payloads as they fit into. What doesn't fit into one by itself is cut: a part is better than nothing. */
export function encodeKeysPayloads(all: readonly EpochKeys[]): Uint8Array[] {
  const payloads: EpochKeys[][] = [];
  let room = 0;
  const add = (part: EpochKeys): void => {
    const size = sizeOf(part);
    if (payloads.length === 0 || size > room) {
      payloads.push([]);
      room = PAYLOAD_BYTES;
    }
    payloads[payloads.length - 1]!.push(part);
    room -= size;
  };
  for (const { epoch, epochKeys, senderKeys } of all) {
    let rest = senderKeys;
    do {
      let taken = 0;
      while (taken < rest.length && sizeOf({ epoch, epochKeys, senderKeys: rest.slice(0, taken + 1) }) <= PAYLOAD_BYTES)
        taken++;
      if (taken === 0 && rest.length > 0) break;
      add({ epoch, epochKeys, senderKeys: rest.slice(0, taken) });
      rest = rest.slice(taken);
    } while (rest.length > 0);
  }
  return payloads.map((list) =>
    encodeCbor([VERSION, list.map(({ epoch, epochKeys, senderKeys }) => [epoch, epochKeys, senderKeys])]),
  );
}

const sizeOf = ({ epochKeys, senderKeys }: EpochKeys): number =>
  [...epochKeys, ...senderKeys].reduce((sum, { length }) => sum + length + 4, 24);

/** Undefined when it is malformed. What is in it is anybody's claim. */
export function decodeKeysPayload(bytes: Uint8Array): EpochKeys[] | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  return parsed.output[1].map(([epoch, epochKeys, senderKeys]) => ({ epoch, epochKeys, senderKeys }));
}
