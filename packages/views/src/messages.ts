// Everything that people read. `m.common_cancel()` is a text in the language of the moment; the texts themselves stand
// in packages/views/messages, the functions are made from them (scripts/messages.mjs).
export * as m from "../dist/messages/_index.js";
export { chooseLocale, getLocale, locales, onLocale, setLocale } from "./locale.ts";
export type { Locale } from "./locale.ts";
