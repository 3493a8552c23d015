import { lengthOf } from "@sotto/protocol";

/** What an estimate of a password found. `guesses` is the power of ten of the guesses it takes. */
export type PasswordEstimate = {
  /** 0 (guessed at once) to 4. */
  score: number;
  found: "common" | "name" | "sequence" | "repeat" | "keyboard" | "date" | "word" | "nothing";
};

export type PasswordVerdict = {
  /** How many of four marks are filled. */
  filled: 0 | 1 | 2 | 3 | 4;
  word: "" | "Weak." | "Fair." | "Good." | "Strong.";
  advice: string;
  accepted: boolean;
};

/** Unicode code points. Shorter ones are guessed from a stolen server whatever they are made of. */
export const PASSWORD_LENGTH_MIN = 8;
const SCORE_MIN = 2;

const FOUND: Record<PasswordEstimate["found"], string> = {
  common: "A common password.",
  name: "It has your name in it.",
  sequence: "A run like abc or 123 is guessed first.",
  repeat: "Repeating the same thing adds nothing.",
  keyboard: "A row of keys is guessed first.",
  date: "Dates are guessed first.",
  word: "One word is guessed quickly.",
  nothing: "Too short to be hard to guess.",
};

/**
 * A password in words while it is typed. A stolen server can be asked as often as its thief likes, so what is weak is refused.
 * @param estimate  Null while it isn't known yet.
 */
export function passwordVerdict(password: string, estimate: PasswordEstimate | null): PasswordVerdict {
  if (password === "") return { filled: 0, word: "", advice: "", accepted: false };
  const length = lengthOf(password);
  if (estimate === null) return { filled: 0, word: "", advice: "", accepted: false };
  if (estimate.score < SCORE_MIN || length < PASSWORD_LENGTH_MIN) {
    const because =
      length < PASSWORD_LENGTH_MIN && estimate.found === "nothing" ? "Fewer than 8 characters." : FOUND[estimate.found];
    return { filled: 1, word: "Weak.", advice: `${because} Try four unrelated words.`, accepted: false };
  }
  if (estimate.score === 2)
    return { filled: 2, word: "Fair.", advice: "Two more words would make it strong.", accepted: true };
  if (estimate.score === 3)
    return { filled: 3, word: "Good.", advice: "One more word would make it strong.", accepted: true };
  return { filled: 4, word: "Strong.", advice: "Long and hard to guess.", accepted: true };
}

/** What is wrong with a username, or null. The rule itself is protocol's. */
export function usernameProblem(username: string): string | null {
  if (username === "") return null;
  if (/[^a-z0-9_.]/u.test(username)) return "Only a to z, 0 to 9, dot and underscore.";
  if (username.length < 3) return "At least 3 characters.";
  if (username.length > 32) return "At most 32 characters.";
  return null;
}

/** What is wrong with a room's name, or null. */
export function roomNameProblem(name: string): string | null {
  if (name === "") return null;
  if (/[^a-z0-9-]/u.test(name)) return "Only a to z, 0 to 9 and hyphen.";
  if (name.length < 2) return "At least 2 characters.";
  if (name.length > 32) return "At most 32 characters.";
  return null;
}

/** What was typed as a username: without @, in small letters. */
export function asUsername(typed: string): string {
  return typed.trim().replace(/^@/u, "").toLowerCase();
}

/** What was typed as a room's name: without #, in small letters, spaces as hyphens. */
export function asRoomName(typed: string): string {
  return typed.trim().replace(/^#/u, "").toLowerCase().replace(/\s+/gu, "-");
}
