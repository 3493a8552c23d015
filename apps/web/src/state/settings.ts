import { useSyncExternalStore } from "react";
import { applyLanguage, LANGUAGES } from "./language.ts";
import type { Language } from "./language.ts";

/** How this browser shows things. Kept beside the account, not in it: it says nothing about anyone. */
export type Settings = {
  theme: "system" | "light" | "dark";
  text: "small" | "normal" | "large" | "larger";
  motion: "system" | "less";
  enterSends: boolean;
  density: "comfortable" | "compact";
  layout: "bubbles" | "lines";
  /** The list is a column of seals. */
  folded: boolean;
  language: Language;
};

const DEFAULTS: Settings = {
  theme: "system",
  text: "normal",
  motion: "system",
  enterSends: true,
  density: "comfortable",
  layout: "bubbles",
  folded: false,
  language: "system",
};
const ALLOWED: { [Name in keyof Settings]: readonly Settings[Name][] } = {
  theme: ["system", "light", "dark"],
  text: ["small", "normal", "large", "larger"],
  motion: ["system", "less"],
  enterSends: [true, false],
  density: ["comfortable", "compact"],
  layout: ["bubbles", "lines"],
  language: LANGUAGES,
  folded: [true, false],
};
const KEY = "sotto.settings";

const listeners = new Set<() => void>();
let current = read();

function allowed<Name extends keyof Settings>(name: Name, value: unknown): Settings[Name] {
  return ALLOWED[name].find((one) => one === value) ?? DEFAULTS[name];
}

function read(): Settings {
  let stored: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof parsed === "object" && parsed !== null) stored = { ...parsed };
  } catch {
    // No storage, or someone else's text in it: the defaults are fine.
  }
  return {
    theme: allowed("theme", stored["theme"]),
    text: allowed("text", stored["text"]),
    motion: allowed("motion", stored["motion"]),
    enterSends: allowed("enterSends", stored["enterSends"]),
    language: allowed("language", stored["language"]),
    density: allowed("density", stored["density"]),
    layout: allowed("layout", stored["layout"]),
    folded: allowed("folded", stored["folded"]),
  };
}

/** Writes the settings onto the document, where the style sheet reads them, and sets the language. */
export function applySettings(): void {
  const { dataset } = document.documentElement;
  if (current.theme === "system") delete dataset["theme"];
  else dataset["theme"] = current.theme;
  dataset["text"] = current.text;
  dataset["motion"] = current.motion;
  dataset["density"] = current.density;
  dataset["layout"] = current.layout;
  applyLanguage(current.language);
}

export function changeSettings(change: Partial<Settings>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // They hold for this page at least.
  }
  applySettings();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  const otherTab = (event: StorageEvent) => {
    if (event.key !== KEY) return;
    current = read();
    applySettings();
    listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", otherTab);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", otherTab);
  };
}

export function useSettings(): Settings {
  return useSyncExternalStore(subscribe, () => current);
}
