// What needs the parser: loaded when the first post with markup is shown.
import { richToMarkdown } from "../compose/rich-paste.ts";
import { asciiHost } from "./parse.ts";

export { MARKUP_LENGTH_MAX, parseMarkdown } from "./parse.ts";

/** Rich text from a clipboard as Markdown; null when plain text says as much. See {@link richToMarkdown}. */
export function pastedMarkdown(html: string): string | null {
  return richToMarkdown(html, asciiHost);
}
