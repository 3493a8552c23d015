import { cleanText } from "@sotto/protocol";

/** A piece of a post. A link's text is its address, so the host that it leads to is always what is read. */
export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

export type PostBody = {
  pieces: Piece[];
  /** 1 to 3 emoji and nothing else: shown large, without a bubble. */
  emojiOnly: boolean;
  /** The text goes on after `pieces`: show them, and all of it when asked. */
  folded: boolean;
};

const FOLD_LINES = 24;
const FOLD_CHARACTERS = 2_000;
/**
 * http and https only. The host is ASCII without user part, and only a path or the end of a word may follow it: whatever else an
 * address can hold ("https://bank@evil", letters of another alphabet that look alike) stays plain text, which leads nowhere.
 */
const LINK =
  /\bhttps?:\/\/(?:[a-z0-9][a-z0-9-]{0,62}\.){0,20}[a-z0-9][a-z0-9-]{0,62}(?::\d{1,5})?(?:[/?#][^\s<>"'`{}|\\^]*|(?=[.,;:!?)\]}>"'»”’…*~]*(?:\s|$)))/giu;
const TRAILING = /[.,;:!?)\]»”’*_~]+$/u;
const EMOJI =
  /^(?:\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3|\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?(?:\u200d\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)*)$/u;

function trimmedLink(found: string): string {
  const trailing = TRAILING.exec(found)?.[0] ?? "";
  let link = found.slice(0, found.length - trailing.length);
  // "(see https://x.example/a_(b))": the bracket belongs to the address if the address opened one.
  for (const mark of trailing) {
    const opened = link.split("(").length - link.split(")").length;
    if (mark !== ")" || opened <= 0) break;
    link += mark;
  }
  return link;
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimmedLink(match[0]);
    if (match.index > from) pieces.push({ kind: "text", text: text.slice(from, match.index) });
    pieces.push({ kind: "link", text: link, href: link });
    from = match.index + link.length;
  }
  if (from < text.length) pieces.push({ kind: "text", text: text.slice(from) });
  return pieces;
}

function isEmojiOnly(text: string): boolean {
  const trimmed = text.trim();
  // The longest emoji (a family with skin tones) has fewer than 40 code units.
  if (trimmed === "" || trimmed.length > 120) return false;
  const letters = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(trimmed)]
    .map(({ segment }) => segment)
    .filter((segment) => segment !== " ");
  return letters.length <= 3 && letters.every((letter) => EMOJI.test(letter));
}

function foldedAt(text: string): number {
  let lines = 0;
  const end = Math.min(text.length, FOLD_CHARACTERS);
  for (let at = 0; at < end; at++) {
    if (text.charCodeAt(at) === 0x0a && ++lines === FOLD_LINES) return at;
  }
  if (text.length <= FOLD_CHARACTERS * 1.25) return text.length;
  // Not between the two halves of one character.
  const unit = text.charCodeAt(end);
  return unit >= 0xdc00 && unit <= 0xdfff ? end - 1 : end;
}

/**
 * What is shown of a post's text.
 * @param whole  Show all of a long text, not only its beginning.
 */
export function postBody(text: string, whole: boolean): PostBody {
  const readable = cleanText(text).replace(/^\n+|\s+$/gu, "");
  const end = whole ? readable.length : foldedAt(readable);
  return {
    pieces: piecesOf(readable.slice(0, end)),
    emojiOnly: isEmojiOnly(readable),
    folded: end < readable.length,
  };
}
