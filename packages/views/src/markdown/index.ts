// What needs the parser: loaded when the first post with markup is shown.
export { MARKUP_LENGTH_MAX, parseMarkdown } from "./parse.ts";
