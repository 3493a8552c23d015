import * as v from "valibot";
import { AccountId, ConversationId } from "./ids.ts";

/** Whom a post's Markdown mentions, each once, in the order of the text. A conversation stands for everybody in it. */
export type Mentions = { accounts: readonly AccountId[]; conversations: readonly ConversationId[] };

/** What comes after so many mentions nobody. */
export const MENTIONS_MAX = 64;

const ACCOUNT = "](sotto:account/";
const CONVERSATION = "](sotto:conversation/";
const ID_LENGTH_MAX = 64;

/**
 * Reads the links to accounts and conversations, `[...](sotto:account/...)`. What counts is the id; the text of the link says nothing. What
 * stands in code, or behind a backslash, is no link. It isn't a Markdown parser: that may see fewer links than this, never one to
 * somebody else. Time is linear in the text, whatever is in it.
 */
export function mentionsOf(markdown: string): Mentions {
  const accounts = new Set<AccountId>();
  const conversations = new Set<ConversationId>();
  // Most posts mention nobody, and are looked at no further.
  if (markdown.includes(ACCOUNT) || markdown.includes(CONVERSATION)) {
    readLinks(withoutFences(markdown), (prefix, id) => {
      if (accounts.size + conversations.size >= MENTIONS_MAX) return;
      const account = prefix === ACCOUNT ? v.safeParse(AccountId, id) : undefined;
      const conversation = prefix === CONVERSATION ? v.safeParse(ConversationId, id) : undefined;
      if (account?.success === true) accounts.add(account.output);
      if (conversation?.success === true) conversations.add(conversation.output);
    });
  }
  return { accounts: [...accounts], conversations: [...conversations] };
}

function withoutFences(markdown: string): string {
  const kept: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined && mark !== undefined) fence = mark;
    else if (fence !== undefined && mark?.startsWith(fence) === true && line.trim() === mark) fence = undefined;
    else if (fence === undefined) kept.push(line);
  }
  return kept.join("\n");
}

function readLinks(text: string, found: (prefix: string, id: string) => void): void {
  const closing = closingTicks(text);
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case "\\":
        at++;
        break;
      case "`": {
        const length = ticksAt(text, at);
        at = (closing(length, at + length) ?? at) + length - 1;
        break;
      }
      case "[":
        open++;
        break;
      case "]": {
        const prefix = [ACCOUNT, CONVERSATION].find((one) => text.startsWith(one, at));
        if (open > 0 && prefix !== undefined) {
          const start = at + prefix.length;
          const end = text.slice(start, start + ID_LENGTH_MAX).indexOf(")");
          if (end >= 0) found(prefix, text.slice(start, start + end));
        }
        open = Math.max(0, open - 1);
      }
    }
  }
}

function ticksAt(text: string, at: number): number {
  let length = 0;
  while (text[at + length] === "`") length++;
  return length;
}

/** Where the next run of exactly so many backticks begins, for places that are asked for in order. */
function closingTicks(text: string): (length: number, from: number) => number | undefined {
  const starts = new Map<number, number[]>();
  for (let at = text.indexOf("`"); at >= 0;) {
    const length = ticksAt(text, at);
    const list = starts.get(length);
    if (list === undefined) starts.set(length, [at]);
    else list.push(at);
    at = text.indexOf("`", at + length);
  }
  const passed = new Map<number, number>();
  return (length, from) => {
    const list = starts.get(length) ?? [];
    let next = passed.get(length) ?? 0;
    while (next < list.length && list[next]! < from) next++;
    passed.set(length, next);
    return list[next];
  };
}
