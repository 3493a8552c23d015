import * as v from "valibot";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { lengthOf } from "./names.ts";

/** A question and what can be chosen; one option, or several. */
export type PollContent = { question: string; options: readonly string[]; multiple: boolean };

export const POLL_OPTIONS_MIN = 2;
export const POLL_OPTIONS_MAX = 12;
/** Unicode code points. */
export const POLL_QUESTION_LENGTH_MAX = 300;
export const POLL_OPTION_LENGTH_MAX = 100;

const VERSION = 1;
const atMost = (codePoints: number) =>
  v.pipe(
    v.string(),
    v.check((text) => text.trim() !== "" && lengthOf(text) <= codePoints),
  );
const PollWire = v.strictTuple([
  v.literal(VERSION),
  atMost(POLL_QUESTION_LENGTH_MAX),
  v.pipe(
    v.array(atMost(POLL_OPTION_LENGTH_MAX)),
    v.minLength(POLL_OPTIONS_MIN),
    v.maxLength(POLL_OPTIONS_MAX),
    v.check((options) => new Set(options).size === options.length),
  ),
  v.boolean(),
]);
const Index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(POLL_OPTIONS_MAX - 1));
const VoteWire = v.strictTuple([
  v.literal(VERSION),
  v.pipe(
    v.array(Index),
    v.maxLength(POLL_OPTIONS_MAX),
    v.check((options) => options.every((option, at) => at === 0 || option > options[at - 1]!)),
  ),
]);

/** @returns whether this can be asked: a question, two to twelve different options, none too long */
export function isPoll({ question, options, multiple }: PollContent): boolean {
  return v.is(PollWire, [VERSION, question, [...options], multiple]);
}

export function encodePoll({ question, options, multiple }: PollContent): Uint8Array {
  return encodeCbor([VERSION, question, [...options], multiple]);
}

/** Undefined when it is malformed or of another version. */
export function decodePoll(bytes: Uint8Array): PollContent | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(PollWire, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [, question, options, multiple] = parsed.output;
  return { question, options, multiple };
}

/** @param options  places in the poll, ascending; none takes the vote back */
export function encodeVote(options: readonly number[]): Uint8Array {
  return encodeCbor([VERSION, [...new Set(options)].sort((a, b) => a - b)]);
}

/** Undefined when it is malformed or of another version. Whether the poll has these options is for its reader to see. */
export function decodeVote(bytes: Uint8Array): number[] | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(VoteWire, decoded.value) : undefined;
  return parsed?.success === true ? parsed.output[1] : undefined;
}
