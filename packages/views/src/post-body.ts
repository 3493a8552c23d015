import { bareAddresses } from "./markdown/address.ts";
import type { Block, Inline } from "./markdown/ast.ts";
import { calmText } from "./markdown/calm.ts";

/** A piece of a post. A link's text is its address, so the host that it leads to is always what is read. */
export type Piece = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

/** A post's text before anything in it is taken for markup. */
export type PostSource = {
  /** What is to be shown of it: calm, see {@link calmText}. */
  text: string;
  /** 1 to 3 emoji and nothing else: shown large, without a bubble. */
  emojiOnly: boolean;
  /** The text goes on after this: show it, and all of it when asked. */
  folded: boolean;
  /** `none`: there is nothing in it that a parser would find. `heavy`: parse it where nobody waits for it, with a deadline. */
  markup: "none" | "light" | "heavy";
};

export type PostBody = Pick<PostSource, "emojiOnly" | "folded"> & { pieces: Piece[] };

const FOLD_LINES = 24;
const FOLD_CHARACTERS = 2_000;
const HEAVY_LENGTH = 4_096;
const HEAVY_MARKS = 384;
const EMOJI =
  /^(?:\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3|\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?(?:\u200d\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?)*)$/u;
/** Whatever markup may begin with. A dash, a plus and a number only at the beginning of a line. */
const MARKUP = /[*_~`[\\|>#]|<[a-z]|^[ \t]*(?:[-+]|\d{1,9}[.)])(?:[ \t]|-|$)/imu;
const MARKS = /[*_~`[\]\\|>#!<]/gu;

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { at, address } of bareAddresses(text)) {
    if (at > from) pieces.push({ kind: "text", text: text.slice(from, at) });
    pieces.push({ kind: "link", text: address, href: address });
    from = at + address.length;
  }
  if (from < text.length) pieces.push({ kind: "text", text: text.slice(from) });
  return pieces;
}

function isEmojiOnly(text: string): boolean {
  // The longest emoji (a family with skin tones) has fewer than 40 code units.
  if (text === "" || text.length > 120) return false;
  const letters = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)]
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

function markupOf(text: string): PostSource["markup"] {
  if (!MARKUP.test(text)) return "none";
  return text.length > HEAVY_LENGTH || (text.match(MARKS)?.length ?? 0) > HEAVY_MARKS ? "heavy" : "light";
}

/**
 * What is to be shown of a post's text, and what it takes to show it.
 * @param whole  Show all of a long text, not only its beginning.
 */
export function postSource(text: string, whole: boolean): PostSource {
  const readable = calmText(text).replace(/^\n+/u, "").trimEnd();
  const shown = readable.slice(0, whole ? readable.length : foldedAt(readable));
  return {
    text: shown,
    emojiOnly: isEmojiOnly(readable.trim()),
    folded: shown.length < readable.length,
    markup: markupOf(shown),
  };
}

/** A text in which nothing is markup: as it was typed, with its addresses as links. */
export function plainBlocks(text: string): Block[] {
  const children = piecesOf(text).map((piece): Inline =>
    piece.kind === "text"
      ? piece
      : { kind: "link", href: piece.href, host: null, children: [{ kind: "text", text: piece.text }] },
  );
  return [{ kind: "paragraph", children }];
}

/**
 * What is shown of a post's text where there is no markup.
 * @param whole  Show all of a long text, not only its beginning.
 */
export function postBody(text: string, whole: boolean): PostBody {
  const { text: shown, emojiOnly, folded } = postSource(text, whole);
  return { pieces: piecesOf(shown), emojiOnly, folded };
}
