// Which language the app speaks. The shell says it: the browser's or the terminal's languages are its business.

/** The languages that there are messages for. The first is the one that everything is written in first. */
export const locales = ["en", "de"] as const;

export type Locale = (typeof locales)[number];

let current: Locale = "en";
const listeners = new Set<() => void>();

/** The language of every message from now on, and of dates and numbers. */
export function getLocale(): Locale {
  return current;
}

/** Sets the language. Texts that were made before stay as they are: whoever shows some listens by {@link onLocale}. */
export function setLocale(locale: Locale): void {
  if (locale === current) return;
  current = locale;
  for (const listener of listeners) listener();
}

/**
 * Calls `listener` after each change of the language.
 * @returns ends it
 */
export function onLocale(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The first language asked for that we have, else English.
 * @param wanted  BCP 47 tags or POSIX names ("de-AT", "de_DE.UTF-8"), the most wanted first
 */
export function chooseLocale(wanted: readonly string[]): Locale {
  for (const each of wanted) {
    const language = each.toLowerCase().split(/[-_.@]/)[0];
    const found = locales.find((locale) => locale === language);
    if (found !== undefined) return found;
    // The terminal's word for no language at all.
    if (language === "c" || language === "posix") break;
  }
  return "en";
}
