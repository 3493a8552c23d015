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
  documentElement.dir = direction();
  setLocale(locale);
}

function direction(): "ltr" | "rtl" {
  try {
    return localStorage.getItem(DIRECTION_KEY) === "rtl" ? "rtl" : "ltr";
  } catch {
    return "ltr";
  }
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
