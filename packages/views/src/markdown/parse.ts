import MarkdownIt from "markdown-it";
import { inlineText } from "./ast.ts";
import type { Block } from "./ast.ts";
import { linkTarget } from "./link-target.ts";
import type { LinkTarget } from "./link-target.ts";
import { chatRules } from "./rules.ts";
import { blocksOf } from "./tokens.ts";

/** UTF-16 units. Longer texts are shown as they were typed. */
export const MARKUP_LENGTH_MAX = 16_384;
/** As many as a browser draws at once without a stutter: a table of 150 rows and five columns is fewer. */
const TOKENS_MAX = 3_500;
const DEPTH_MAX = 16;

const markdown = new MarkdownIt({
  html: false,
  linkify: false,
  typographer: false,
  breaks: true,
  maxNesting: 4 * DEPTH_MAX,
});
// Indentation and underlining are not markup in a chat; what nobody sees (definitions of references) has no place in it; an
// entity is read as it was typed.
markdown.disable([
  "code",
  "html_block",
  "lheading",
  "reference",
  "html_inline",
  "entity",
  "replacements",
  "smartquotes",
]);
markdown.use(chatRules);

// Before ours take their place: the library's own way from a host to its ASCII form.
const withAsciiHost = markdown.normalizeLink.bind(markdown);
/** A host in the ASCII form in which it is asked for. */
export const asciiHost = (host: string): string =>
  /^https:\/\/([^/]*)\/$/.exec(withAsciiHost(`https://${host}/`))?.[1] ?? "";
const targetOf = (address: string): LinkTarget | null => linkTarget(address, asciiHost);
markdown.normalizeLink = (address) => address;
markdown.normalizeLinkText = (text) => text;
markdown.validateLink = (address) => targetOf(address) !== null;

/**
 * The one decoder of marked-up text (T56): GFM without HTML, references and images that load, with `||spoilers||`.
 * @param text  as {@link calmText} gives it
 * @returns null when it is more than anybody writes (T52): to be shown as plain text, whole
 */
export function parseMarkdown(text: string): Block[] | null {
  if (text.length > MARKUP_LENGTH_MAX) return null;
  const tokens = markdown.parse(text, {});
  let count = 0;
  for (const { level, children } of tokens) {
    count += 1 + (children?.length ?? 0);
    if (count > TOKENS_MAX || level > DEPTH_MAX || children?.some((child) => child.level > DEPTH_MAX)) return null;
  }
  const blocks = blocksOf(tokens, targetOf);
  return blocks.some(isSeen) ? blocks : null;
}

/** Markup alone (`# #`) is a text, too: nothing that was sent is shown as nothing. */
function isSeen(block: Block): boolean {
  switch (block.kind) {
    case "paragraph":
    case "heading":
      return inlineText(block.children).trim() !== "";
    case "quote":
      return block.blocks.some(isSeen);
    case "list":
      return block.items.some(({ blocks }) => blocks.some(isSeen));
    case "table":
      return [block.head, ...block.rows].some((row) => row.some((cell) => inlineText(cell).trim() !== ""));
    default:
      return true;
  }
}
