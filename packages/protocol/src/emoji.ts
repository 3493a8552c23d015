const PICTURE = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|[\uFE0E\uFE0F])?`;
/** One path through any text: what a step takes, no other can take. */
const ONE_EMOJI = new RegExp(
  String.raw`^(?:\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3|\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F}|${PICTURE}(?:\u200D${PICTURE})*)$`,
  "u",
);
const EMOJI_LENGTH_MAX = 32;
const EMOJI = /\p{Emoji}/u;
const IS_PICTURE_ALREADY = /\p{Emoji_Presentation}/u;
const MODIFIER = /\p{Emoji_Modifier}/u;

/**
 * The one spelling of an emoji, as a reaction shows it: a pictograph with its modifiers, several of them joined, a flag or a keycap. What is
 * text without its variation selector (U+FE0F) has it, and nothing else has one, so that the same picture from two keyboards is one
 * reaction. Undefined for what isn't exactly one emoji: no text stands where a picture is expected.
 */
export function emojiOf(text: string): string | undefined {
  if (text.length > EMOJI_LENGTH_MAX || !ONE_EMOJI.test(text)) return undefined;
  const characters = Array.from(text).filter((character) => character !== "\uFE0E" && character !== "\uFE0F");
  return characters
    .map((character, index) => {
      const next = characters[index + 1];
      const needsSelector = EMOJI.test(character) && !IS_PICTURE_ALREADY.test(character);
      return needsSelector && (next === undefined || !MODIFIER.test(next)) ? `${character}\uFE0F` : character;
    })
    .join("");
}
