import { useEffect, useSyncExternalStore } from "react";
import { plainBlocks } from "@sotto/views";
import type { Block, PostSource } from "@sotto/views";
import { trustedWorkerUrl } from "../trusted-types.ts";
import { codeLanguage } from "./code-languages.ts";
import type { CodeSpan } from "./code-languages.ts";
import { Kept } from "./kept.ts";
import { TextWork } from "./text-work.ts";
import type { TextWorker } from "./text-work.ts";
import { textWorkerUrl } from "./text-worker-url.ts";

const KEPT_MAX = 500;

const work = new TextWork(
  // The types of the two differ only in what they leave out.
  () => new Worker(trustedWorkerUrl(textWorkerUrl()), { type: "module", name: "sotto-text" }) as unknown as TextWorker,
);
const parsed = new Kept<Block[]>(KEPT_MAX);
const coloured = new Kept<CodeSpan[] | null>(KEPT_MAX);
const asked = new Set<string>();
const listeners = new Set<() => void>();
let parse: ((text: string) => Block[] | null) | null = null;

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// Not part of the first script: it comes while the account is being opened.
void import("@sotto/views/markdown").then(
  ({ parseMarkdown }) => {
    parse = parseMarkdown;
    tell();
  },
  // Without it, texts are shown as they were typed.
  () => undefined,
);

/** The tree of a text, if it is known or can be known at once. */
function treeOf({ text, markup }: PostSource): Block[] | null {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  if (markup === "none") return parsed.put(text, plainBlocks(text));
  return markup === "light" && parse !== null ? parsed.put(text, parse(text) ?? plainBlocks(text)) : null;
}

const plainly = new Kept<Block[]>(KEPT_MAX);

/** What is shown of a text: its tree, and until that is known the text as it was typed. */
export function useBlocks(source: PostSource): Block[] {
  const { text, markup } = source;
  const tree = useSyncExternalStore(subscribe, () => treeOf(source));
  useEffect(() => {
    if (tree !== null || markup !== "heavy" || asked.has(text)) return;
    asked.add(text);
    void work.run({ kind: "parse", text }).then((blocks) => {
      asked.delete(text);
      parsed.put(text, blocks ?? plainBlocks(text));
      tell();
    });
  }, [tree, text, markup]);
  return tree ?? plainly.get(text) ?? plainly.put(text, plainBlocks(text));
}

/** The code in colours, or null: not yet, or not at all. */
export function useColours(written: string, text: string): CodeSpan[] | null {
  const language = codeLanguage(written);
  const key = `${language}\n${text}`;
  const known = useSyncExternalStore(subscribe, () => coloured.get(key));
  useEffect(() => {
    if (language === null || known !== undefined || asked.has(key)) return;
    asked.add(key);
    void work.run({ kind: "highlight", language, text }).then((spans) => {
      asked.delete(key);
      coloured.put(key, spans);
      tell();
    });
  }, [known, language, key, text]);
  return known ?? null;
}
