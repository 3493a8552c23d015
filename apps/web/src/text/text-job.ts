import type { Block } from "@sotto/views";
import type { CodeLanguage, CodeSpan } from "./code-languages.ts";

/** What the text worker is asked. One job at a time. */
export type TextJob = { kind: "parse"; text: string } | { kind: "highlight"; language: CodeLanguage; text: string };

/** `begun`: everything needed is loaded, the work itself begins. A job that fails is done with null. */
export type TextAnswer = { kind: "begun" } | { kind: "done"; result: Block[] | CodeSpan[] | null };
