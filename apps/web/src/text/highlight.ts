import { createLowlight } from "lowlight";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { HIGHLIGHT_LENGTH_MAX, HIGHLIGHT_SPANS_MAX } from "./code-languages.ts";
import type { CodeLanguage, CodeLook, CodeSpan } from "./code-languages.ts";

const GRAMMARS = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  php,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
} satisfies Record<CodeLanguage, unknown>;
const lowlight = createLowlight(GRAMMARS);

const LOOKS: Record<string, CodeLook> = {
  "hljs-keyword": "keyword",
  "hljs-built_in": "keyword",
  "hljs-literal": "number",
  "hljs-number": "number",
  "hljs-symbol": "number",
  "hljs-string": "string",
  "hljs-regexp": "string",
  "hljs-comment": "comment",
  "hljs-quote": "comment",
  "hljs-meta": "comment",
  "hljs-title": "name",
  "hljs-name": "name",
  "hljs-attr": "name",
  "hljs-attribute": "name",
  "hljs-selector-tag": "name",
  "hljs-selector-class": "name",
  "hljs-type": "name",
  "hljs-section": "name",
  "hljs-addition": "added",
  "hljs-deletion": "removed",
};

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

function flatten(nodes: readonly Node[], look: CodeLook | null, into: CodeSpan[]): void {
  for (const node of nodes) {
    if (node.type === "text") {
      const last = into.at(-1);
      if (last !== undefined && last.look === look) last.text += node.value;
      else into.push({ text: node.value, look });
    } else if (node.type === "element") {
      const classes = node.properties["className"];
      const named = Array.isArray(classes) ? LOOKS[String(classes[0])] : undefined;
      flatten(node.children, named ?? look, into);
    }
  }
}

/** Code as pieces with a look, their texts together exactly the code. Null: more than is worth colouring. */
export function highlight(language: CodeLanguage, text: string): CodeSpan[] | null {
  if (text.length > HIGHLIGHT_LENGTH_MAX) return null;
  const spans: CodeSpan[] = [];
  flatten(lowlight.highlight(language, text).children, null, spans);
  const same = spans.map((span) => span.text).join("") === text;
  return same && spans.length <= HIGHLIGHT_SPANS_MAX ? spans : null;
}
