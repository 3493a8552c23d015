import { cleanText } from "@sotto/protocol";

/** The longest emoji that anybody uses (a kiss of two people with skin tones) is joined three times. */
const JOINED_MAX = 9;
const SELECTORS_MAX = 1;
/** A flag of a region is spelled with at most six tags and an end. */
const TAGS_MAX = 8;
/** Joiners between them don't make it another letter. */
const MARKS_MAX = 16;

/**
 * What a post says, calm enough to be drawn (T52, T53): see {@link cleanText}, and no single character that is made of a thousand. A
 * chain of joined emoji breaks after so many links; selectors and tags come in no longer runs than any emoji needs. Linear.
 */
export function calmText(text: string): string {
  const clean = cleanText(text);
  return RARE.test(clean) ? capped(clean) : clean;
}

const MARK = /^\p{M}$/u;
const RARE = /\u200D|[\uFE00-\uFE0F]|[\u{E0020}-\u{E007F}]/u;

function capped(text: string): string {
  let out = "";
  let joined = 0;
  let selectors = 0;
  let tags = 0;
  let marks = 0;
  let afterJoiner = false;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code === 0x200d) {
      if (++joined > JOINED_MAX) continue;
      afterJoiner = true;
    } else if (code >= 0xfe00 && code <= 0xfe0f) {
      if (++selectors > SELECTORS_MAX) continue;
    } else if (code >= 0xe0020 && code <= 0xe007f) {
      if (++tags > TAGS_MAX) continue;
    } else if (MARK.test(character)) {
      if (++marks > MARKS_MAX) continue;
    } else {
      // Skin tones belong to the person before them; anything else that nothing joins begins anew.
      if (!afterJoiner && !(code >= 0x1f3fb && code <= 0x1f3ff)) joined = 0;
      afterJoiner = false;
      selectors = 0;
      tags = 0;
      marks = 0;
    }
    out += character;
  }
  return out;
}
