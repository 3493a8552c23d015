import { cleanText } from "@sotto/protocol";

// What a list can show is short: the rest of 64 KiB is not worth reading through for it.
const LOOKED_AT = 400;
const SHOWN = 200;

/** A post on one line, for the list and for what is read aloud. */
export function previewOf(text: string): string {
  return Array.from(cleanText(text.slice(0, LOOKED_AT)).replaceAll(/\s+/gu, " ").trim())
    .slice(0, SHOWN)
    .join("");
}
