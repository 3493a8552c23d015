import { afterEach, expect, test } from "vitest";
import { chooseLocale, getLocale, m, onLocale, setLocale } from "./messages.ts";

afterEach(() => setLocale("en"));

test("a message speaks the language that is set, and a single one another", () => {
  expect(m.common_cancel()).toBe("Cancel");
  setLocale("de");
  expect(getLocale()).toBe("de");
  expect(m.common_cancel()).toBe("Abbrechen");
  expect(m.common_cancel({}, { locale: "en" })).toBe("Cancel");
});

test("whoever listens hears a change, once, and nothing after having stopped", () => {
  let heard = 0;
  const stop = onLocale(() => heard++);
  setLocale("de");
  setLocale("de");
  expect(heard).toBe(1);
  stop();
  setLocale("en");
  expect(heard).toBe(1);
});

test("the language is the first one wanted that there is, as browsers and terminals write it", () => {
  expect(chooseLocale(["de-AT", "en"])).toBe("de");
  expect(chooseLocale(["fr-FR", "de"])).toBe("de");
  expect(chooseLocale(["de_DE.UTF-8"])).toBe("de");
  expect(chooseLocale(["C.UTF-8", "de"])).toBe("en");
  expect(chooseLocale(["den"])).toBe("en");
  expect(chooseLocale([])).toBe("en");
});
