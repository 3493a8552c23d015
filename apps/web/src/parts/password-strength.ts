import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import * as common from "@zxcvbn-ts/language-common";
import * as english from "@zxcvbn-ts/language-en";
import type { PasswordEstimate } from "@sotto/views";

// Loaded when somebody chooses a password, and never before: the word lists are larger than all the rest of the app.
const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary },
  graphs: common.adjacencyGraphs,
});

/** Longer ones are strong by length alone, and take long to look at. */
const LOOKED_AT = 80;

function foundIn(sequence: readonly { pattern: string; dictionaryName?: unknown }[]): PasswordEstimate["found"] {
  const worst = sequence.find(({ pattern }) => pattern !== "bruteforce");
  switch (worst?.pattern) {
    case "dictionary":
      if (worst.dictionaryName === "userInputs") return "name";
      return String(worst.dictionaryName).startsWith("passwords") ? "common" : "word";
    case "spatial":
      return "keyboard";
    case "repeat":
      return "repeat";
    case "sequence":
      return "sequence";
    case "date":
      return "date";
    default:
      return "nothing";
  }
}

/** How long a guesser takes, and what it would try. @param known  What a guesser knows of this person already. */
export function estimate(password: string, known: readonly string[]): PasswordEstimate {
  const { score, sequence } = zxcvbn.check(password.slice(0, LOOKED_AT), [
    "sotto",
    ...known.filter((word) => word !== ""),
  ]);
  return { score, found: foundIn(sequence) };
}
