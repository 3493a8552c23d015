import type { Delimiter, MarkdownIt, StateInline } from "markdown-it";
import { bareAddressAt } from "./address.ts";

type InlineRule = (state: StateInline, silent: boolean) => boolean;
type FinishRule = (state: StateInline) => boolean;

const BAR = 0x7c;
/** Where a rule may begin; everything between is text. */
const STOPS = new Set(Array.from("\n!&*:<[\\]_`|~", (letter) => letter.charCodeAt(0)));

/** The library's own stops at letters that begin nothing here, and doesn't stop at `|`. */
const text: InlineRule = (state, silent) => {
  let { pos } = state;
  while (pos < state.posMax && !STOPS.has(state.src.charCodeAt(pos))) pos++;
  if (pos === state.pos) return false;
  if (!silent) state.pending += state.src.slice(state.pos, pos);
  state.pos = pos;
  return true;
};

/** A plain address is a link to exactly what it says. Found at its colon, so that nothing inside it is taken for markup. */
const bareAddress: InlineRule = (state, silent) => {
  // `silent` looks for the end of a link's text, which an address in it must not swallow.
  if (silent || state.linkLevel > 0 || !state.src.startsWith("://", state.pos)) return false;
  const scheme = /(?<![\p{L}\p{N}_])https?$/iu.exec(state.src.slice(Math.max(0, state.pos - 6), state.pos))?.[0];
  if (scheme === undefined || !state.pending.endsWith(scheme)) return false;
  const address = bareAddressAt(state.src, state.pos - scheme.length);
  if (address === null || state.pos - scheme.length + address.length > state.posMax) return false;
  state.pending = state.pending.slice(0, -scheme.length);
  state.push("link_open", "a", 1).attrs = [["href", address]];
  state.push("text", "", 0).content = address;
  state.push("link_close", "a", -1);
  state.pos += address.length - scheme.length;
  return true;
};

/** `||hidden until asked for||`, with the rules of `~~`. */
const spoiler: InlineRule = (state, silent) => {
  if (silent || state.src.charCodeAt(state.pos) !== BAR) return false;
  const run = state.scanDelims(state.pos, true);
  if (run.length < 2) return false;
  if (run.length % 2 === 1) state.push("text", "", 0).content = "|";
  for (let at = 0; at + 1 < run.length; at += 2) {
    state.push("text", "", 0).content = "||";
    state.delimiters.push({
      marker: BAR,
      length: 0,
      token: state.tokens.length - 1,
      end: -1,
      open: run.can_open,
      close: run.can_close,
    });
  }
  state.pos += run.length;
  return true;
};

const finishSpoilers: FinishRule = (state) => {
  const become = (delimiters: readonly Delimiter[]) => {
    for (const { marker, end, token } of delimiters) {
      const closing = marker === BAR && end >= 0 ? delimiters[end] : undefined;
      const [open, close] = [state.tokens[token], closing && state.tokens[closing.token]];
      if (open === undefined || close === undefined) continue;
      Object.assign(open, { type: "spoiler_open", tag: "span", nesting: 1, markup: "||", content: "" });
      Object.assign(close, { type: "spoiler_close", tag: "span", nesting: -1, markup: "||", content: "" });
    }
  };
  become(state.delimiters);
  for (const meta of state.tokens_meta) if (meta?.delimiters) become(meta.delimiters);
  return false;
};

/** What chat has and CommonMark hasn't. */
export function chatRules(markdown: MarkdownIt): void {
  markdown.inline.ruler.at("text", text);
  markdown.inline.ruler.at("linkify", bareAddress);
  markdown.inline.ruler.after("strikethrough", "spoiler", spoiler);
  markdown.inline.ruler2.after("strikethrough", "spoiler", finishSpoilers);
}
