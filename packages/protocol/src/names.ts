import { DISPLAY_NAME_LENGTH_MAX } from "./limits.ts";

/** Unicode code points. */
export function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

const NAME_MARKS_MAX = 3;
const TEXT_MARKS_MAX = 8;

const LONE_SURROGATE = /\p{Cs}/gu;
const LINE_BREAK = /\r\n?|[\u0085\u2028\u2029]/gu;
const CONTROL = /(?![\n\t])\p{Cc}/gu;
/** Embeddings, overrides and isolates: they reorder what stands around them. */
const BIDI_CONTROL = /[\u202A-\u202E\u2066-\u2069]/gu;
/** Marks that show nothing; a run of them says no more than one and has frozen clients. */
const INVISIBLE_RUN =
  /([\u061C\u200B-\u200F\u2060-\u2064\u206A-\u206F\uFEFF])[\u061C\u200B-\u200F\u2060-\u2064\u206A-\u206F\uFEFF]+/gu;
const NAME_MARKS = new RegExp(`(\\p{M}{${NAME_MARKS_MAX}})\\p{M}+`, "gu");
const TEXT_MARKS = new RegExp(`(\\p{M}{${TEXT_MARKS_MAX}})\\p{M}+`, "gu");

/**
 * Somebody's text of many lines as it may be shown (T52, T53): no control characters but line feed and tab, no bidi controls,
 * no towers of combining marks. Linear in the length.
 */
export function cleanText(text: string): string {
  return text
    .replaceAll(LINE_BREAK, "\n")
    .replaceAll(CONTROL, "")
    .replaceAll(LONE_SURROGATE, "\uFFFD")
    .replaceAll(BIDI_CONTROL, "")
    .replaceAll(INVISIBLE_RUN, "$1")
    .replaceAll(TEXT_MARKS, "$1");
}

/** Nothing of these is seen, so two names could differ in them alone. Joiners and the emoji variation selector are judged apart. */
const UNSEEN = /(?!\u200C|\u200D|\uFE0F)[\p{Cc}\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** Joiners mean something only between the letters of some scripts and inside emoji; elsewhere they only hide a difference. */
const IDLE_JOINER =
  /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F\p{Script=Arabic}\p{Script=Syriac}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}\p{M}])[\u200C\u200D]|[\u200C\u200D](?![\p{L}\p{Extended_Pictographic}])/gu;
const IDLE_SELECTOR = /(?<!\p{Emoji})\uFE0F/gu;

/**
 * A name that somebody gave to itself or to a conversation, as it may be shown (T53): one line, NFC, without bidi controls, control
 * and invisible characters, with few combining marks, of at most so many code points. Empty when nothing is left. Cleaning twice
 * changes nothing.
 */
export function cleanName(text: string, lengthMax = DISPLAY_NAME_LENGTH_MAX): string {
  const shown = Array.from(cleanNameOnce(text)).slice(0, lengthMax).join("");
  // A cut may leave a joiner at the end.
  return cleanNameOnce(shown);
}

function cleanNameOnce(text: string): string {
  return text
    .replaceAll(LONE_SURROGATE, "")
    .replaceAll(/\s+/gu, " ")
    .replaceAll(UNSEEN, "")
    .replaceAll(IDLE_JOINER, "")
    .replaceAll(IDLE_SELECTOR, "")
    .normalize("NFC")
    .replaceAll(NAME_MARKS, "$1")
    .replaceAll(/ +/g, " ")
    .trim();
}

/**
 * Letters that look like another, by that other: the most used of UTS 39's confusables, for Latin, Cyrillic, Greek, Armenian and
 * Cherokee look-alikes. Compatibility forms (full width, mathematical, circled) fall away with NFKD. The whole of UTS 39's data
 * (some 6,000 pairs) isn't here: a name that it would flag and we don't is shown without a warning.
 */
const LOOK_ALIKES: Record<string, string> = {
  a: "\u0430\u03B1\u0251\u1D00\u13AA",
  b: "\u0432\u044C\u03B2\u0184\u13CF\u0253\u15AF",
  c: "\u0441\u03F2\u1D04\u13DF\u0186",
  d: "\u0501\u13A0\u0257\u1D05\u0256",
  e: "\u0435\u0454\u03B5\u1D07\u13AC\u0259\u212E\u04BD",
  f: "\u03DD\u0192\u0584\u1E9D",
  g: "\u0581\u0261\u050D\u13C0\u0263",
  h: "\u04BB\u043D\u0570\u13BB\u02BD\u1D34\u03B7",
  j: "\u0458\u03F3\u13AB\u029D",
  k: "\u043A\u03BA\u1D0B\u13E6\u0199",
  l: "i1|!\u0456\u03B9\u0131\u0406\u04C0\u0269\u01C0\u13A5\u029F\u0142\u05D5\u0661\u06F1\u0627\u217C\u04CF\u0399",
  m: "\u043C\u03BC\u1D0D\u13B7",
  n: "\u03C0\u0578\u0564\u043F\u0274\u0273\u0578",
  o: "0\u043E\u03BF\u03C3\u0585\u1D0F\u07C0\u0966\u0665\u06F5\u0647\u05E1\u0275\u00F8\u0B20\u3007",
  p: "\u0440\u03C1\u03F1\u1D18\u13E2\u0440\u01BF",
  q: "\u051B\u0566\u0563",
  r: "\u0433\u1D26\u0280\u13A1\u027C",
  s: "\u0455\u0282\u13DA\u01BD\u053E",
  t: "\u0442\u03C4\u1D1B\u13A2\u01AD",
  u: "\u03C5\u057D\u028B\u1D1C\u0446",
  v: "\u0475\u03BD\u1D20\u13D9\u0474",
  w: "\u0461\u051D\u03C9\u0561\u0448\u1D21\u13B3",
  x: "\u0445\u03C7\u04FD\u2179",
  y: "\u0443\u03B3\u04AF\u0263\u028F\u13BD\u10E7",
  z: "\u1D22\u0290\u13C3\u0579",
};
const PROTOTYPE_OF = new Map(
  Object.entries(LOOK_ALIKES).flatMap(([prototype, others]) => Array.from(others, (other) => [other, prototype])),
);

/**
 * What a name looks like, for comparing (after UTS 39 §4): names with one skeleton are easily taken for each other. Never shown.
 * Broader than UTS 39 in three ways: case, spaces and punctuation don't count, and neither do combining marks.
 */
export function skeletonOf(name: string): string {
  // Twice, since a compatibility form may stand for a letter that looks unlike it.
  const letters = prototypes(prototypes(cleanName(name)).normalize("NFKD").replaceAll(/\p{M}/gu, ""));
  return letters
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll(/(?!\p{Extended_Pictographic})[\p{Z}\p{P}\p{S}]/gu, "");
}

function prototypes(text: string): string {
  return Array.from(text.toLowerCase(), (letter) => PROTOTYPE_OF.get(letter) ?? letter).join("");
}

/** Could somebody take one of these names for the other? */
export function looksLike(a: string, b: string): boolean {
  return skeletonOf(a) === skeletonOf(b);
}

/**
 * Controls, lone surrogates, separators of lines; what turns the order of letters; what can't be seen. Joiners and the
 * selectors of emoji stay: scripts and emoji are made with them.
 */
const DANGEROUS =
  /(?!\u200C|\u200D|\uFE0E|\uFE0F)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu;
/** More marks on one letter than any language stacks climb over the lines above. */
const MARKS_OVER = /([\p{Mn}\p{Me}]{6})[\p{Mn}\p{Me}]+/gu;

function visible(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/**
 * Text that may be written to a terminal (T57): no byte of it is an instruction, and nothing is hidden. What a terminal acts on,
 * what turns the order of letters and what can't be seen is shown as `\u{202e}`, line breaks and tabs as `\n` and `\t`.
 * @param options `multiline`: line feeds and tabs stay (a carriage return never does)
 */
export function escapeForTerminal(text: string, { multiline = false }: { multiline?: boolean } = {}): string {
  return text
    .replaceAll(multiline ? /\r\n/g : /\r\n?/g, "\n")
    .replaceAll(DANGEROUS, (character) =>
      multiline && (character === "\n" || character === "\t") ? character : visible(character),
    )
    .replaceAll(MARKS_OVER, "$1");
}

/** JSON on one line in which every character that a terminal may act on is escaped, as JSON allows. Nothing is lost. */
export function jsonForTerminal(value: unknown): string {
  return JSON.stringify(value).replaceAll(DANGEROUS, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
