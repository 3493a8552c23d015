import * as v from "valibot";
import { bytesOf } from "./byte-schemas.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { AccountId } from "./ids.ts";
import { CONVERSATION_NAME_LENGTH_MAX, CONVERSATION_TOPIC_LENGTH_MAX, LEAVES_MAX } from "./limits.ts";
import { lengthOf } from "./names.ts";

/** What members tell each other of the links into their conversation, and what a link's preview says. */

const Ms = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** `made`: the secret, so that whoever may add can check who asks by it; again for those who came since. `ended`: by the link's id. */
export type InviteTold =
  | {
      kind: "made";
      secret: Uint8Array;
      /** ms; null never. */
      expiresAt: number | null;
      approval: boolean;
      /** Who made it, where somebody else tells it again; null: whoever says it. */
      by: AccountId | null;
    }
  | { kind: "ended"; invite: Uint8Array };

const Wire = v.union([
  v.strictTuple([v.literal(1), v.literal("made"), bytesOf(32), v.nullable(Ms), v.boolean(), v.nullable(AccountId)]),
  v.strictTuple([v.literal(1), v.literal("ended"), bytesOf(16)]),
]);

export function encodeInviteTold(told: InviteTold): Uint8Array {
  return told.kind === "made"
    ? encodeCbor([1, "made", told.secret, told.expiresAt, told.approval, told.by])
    : encodeCbor([1, "ended", told.invite]);
}

/** Undefined for anything else. What it says counts only from somebody who may say it. */
export function decodeInviteTold(bytes: Uint8Array): InviteTold | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Wire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  if (parsed.output[1] === "ended") return { kind: "ended", invite: parsed.output[2] };
  const [, kind, secret, expiresAt, approval, by] = parsed.output;
  return { kind, secret, expiresAt, approval, by };
}

/** What somebody who has a link sees before asking. As its maker wrote it: clean before showing. */
export type InviteSays = { name: string; topic: string; people: number; approval: boolean };

const text = (max: number) =>
  v.pipe(
    v.string(),
    v.check((value) => lengthOf(value) <= max),
  );
const Says = v.strictTuple([
  v.literal(1),
  text(CONVERSATION_NAME_LENGTH_MAX),
  text(CONVERSATION_TOPIC_LENGTH_MAX),
  v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 * LEAVES_MAX)),
  v.boolean(),
]);

export const encodeInviteSays = ({ name, topic, people, approval }: InviteSays): Uint8Array =>
  encodeCbor([1, name, topic, people, approval]);

export function decodeInviteSays(bytes: Uint8Array): InviteSays | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Says, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, name, topic, people, approval] = parsed.output;
  return { name, topic, people, approval };
}
