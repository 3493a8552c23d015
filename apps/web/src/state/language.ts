import { useSyncExternalStore } from "react";
import { chooseLocale, getLocale, locales, onLocale, setLocale } from "@sotto/views/messages";
import type { Locale } from "@sotto/views/messages";

/** What a person may choose: the browser's languages decide, or one of ours does. */
export type Language = "system" | Locale;

export const LANGUAGES: readonly Language[] = ["system", ...locales];

/** Each language in its own words, so that whoever can't read the one that is set finds theirs. */
export const LANGUAGE_NAMES: Record<Locale, string> = { en: "English", de: "Deutsch" };

// For whoever works on the layout: a page of a language that is written from right to left.
const DIRECTION_KEY = "sotto.dir";

/** Makes the document and every message speak this language. */
export function applyLanguage(language: Language): void {
  const locale = language === "system" ? chooseLocale(navigator.languages) : language;
  const { documentElement } = document;
  documentElement.lang = locale;
  documentElement.dir = directionOf(locale);
  setLocale(locale);
}

// The scripts of the languages that we have: whoever adds one that is written from right to left adds it here.
const DIRECTIONS: Record<Locale, "ltr" | "rtl"> = { en: "ltr", de: "ltr" };

/** In which direction a page in this language is written. */
export function directionOf(locale: Locale): "ltr" | "rtl" {
  try {
    if (localStorage.getItem(DIRECTION_KEY) === "rtl") return "rtl";
  } catch {
    // No storage: nobody has set it.
  }
  return DIRECTIONS[locale];
}

/** The language of the moment. Whoever asks is drawn again when it changes. */
export function useLocale(): Locale {
  return useSyncExternalStore(onLocale, getLocale);
}

/** How dates and numbers are written: in this language, in the reader's own country if the browser names one for it. */
export function regionOf(locale: Locale): string {
  const own = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === locale);
  return own ?? (locale === "en" ? "en-GB" : locale);
}
