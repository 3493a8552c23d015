import { DISPLAY_NAME_LENGTH_MAX } from "@sotto/protocol";

/**
 * Text from others, made fit to be shown. What it does is remove: nothing here makes markup, so the result is still only text.
 * Everything is linear in the length of its input.
 */

/** C0 and C1 controls, but tab and line feed. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu;
/** Embeddings, overrides and isolates: they turn the order of what follows, also of what we put after it. */
const BIDI_ORDER = /[\u202a-\u202e\u2066-\u2069]/gu;
const BIDI_MARKS = /[\u200e\u200f\u061c]/gu;
const BIDI_MARK_RUNS = /([\u200e\u200f\u061c])[\u200e\u200f\u061c]+/gu;
/** Characters that take no room: names that differ by them look the same. */
const INVISIBLE = /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
/** More marks on one letter than any language stacks. */
const MARKS_OVER = /([\p{Mn}\p{Me}]{6})[\p{Mn}\p{Me}]+/gu;
const NAME_MARKS_OVER = /([\p{Mn}\p{Me}]{3})[\p{Mn}\p{Me}]+/gu;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** A name as it may be shown: one line, no controls, nothing that turns the order of letters, nothing invisible. */
export function readableName(name: string): string {
  const line = name
    .replace(/[\s\u0085]+/gu, " ")
    .replace(CONTROLS, "")
    .replace(LONE_SURROGATES, "")
    .replace(BIDI_ORDER, "")
    .replace(BIDI_MARKS, "")
    .replace(INVISIBLE, "")
    .replace(NAME_MARKS_OVER, "$1")
    .trim();
  // Joiners have a place between letters only: at the ends they make two names that look the same.
  const joined = line.replace(/^[\u200c\u200d]+|[\u200c\u200d]+$/gu, "");
  const letters = [...joined];
  return letters.length > DISPLAY_NAME_LENGTH_MAX ? `${letters.slice(0, DISPLAY_NAME_LENGTH_MAX).join("")}…` : joined;
}

/** A post as it may be shown: line breaks stay, controls and what turns the order of letters go. */
export function readablePost(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029\u0085]/gu, "\n")
    .replace(CONTROLS, "")
    .replace(LONE_SURROGATES, "\ufffd")
    .replace(BIDI_ORDER, "")
    .replace(BIDI_MARK_RUNS, "$1")
    .replace(MARKS_OVER, "$1");
}

/** A post on one line, for the list. */
export function readablePreview(text: string): string {
  // What a list can show is short: the rest is not worth reading through.
  return readablePost(text.slice(0, 400)).replace(/\s+/gu, " ").trim().slice(0, 200);
}
