/** What can be highlighted, by the names that people write after the fence. The light half: the grammars come with the worker. */
const NAMES = {
  bash: "sh shell zsh console",
  c: "h",
  cpp: "c++ cc hpp cxx",
  csharp: "cs c#",
  css: "scss",
  diff: "patch",
  go: "golang",
  ini: "toml conf",
  java: "",
  javascript: "js jsx mjs cjs",
  json: "jsonc json5",
  kotlin: "kt",
  php: "",
  python: "py python3",
  ruby: "rb",
  rust: "rs",
  sql: "",
  swift: "",
  typescript: "ts tsx mts",
  xml: "html svg xhtml vue",
  yaml: "yml",
} as const;

export type CodeLanguage = keyof typeof NAMES;

const BY_NAME = new Map<string, CodeLanguage>(
  (Object.keys(NAMES) as CodeLanguage[]).flatMap((language) =>
    [language, ...NAMES[language].split(" ")].filter((name) => name !== "").map((name) => [name, language] as const),
  ),
);

export function codeLanguage(written: string): CodeLanguage | null {
  return BY_NAME.get(written.toLowerCase()) ?? null;
}

/** UTF-16 units of a code block; longer ones keep one colour. */
export const HIGHLIGHT_LENGTH_MAX = 8_192;
export const HIGHLIGHT_SPANS_MAX = 2_000;

/** The few looks that code has here; grammars know dozens. */
export type CodeLook = "keyword" | "string" | "comment" | "number" | "name" | "added" | "removed";
export type CodeSpan = { text: string; look: CodeLook | null };
