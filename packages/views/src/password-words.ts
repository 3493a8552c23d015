import { lengthOf } from "@sotto/protocol";
import { m } from "./messages.ts";

/** What an estimate of a password found. `guesses` is the power of ten of the guesses it takes. */
export type PasswordEstimate = {
  /** 0 (guessed at once) to 4. */
  score: number;
  found: "common" | "name" | "sequence" | "repeat" | "keyboard" | "date" | "word" | "nothing";
};

export type PasswordVerdict = {
  /** How many of four marks are filled. */
  filled: 0 | 1 | 2 | 3 | 4;
  /** "Weak.", "Fair.", "Good." or "Strong."; empty while there is nothing to say. */
  word: string;
  advice: string;
  accepted: boolean;
};

/** Unicode code points. Shorter ones are guessed from a stolen server whatever they are made of. */
export const PASSWORD_LENGTH_MIN = 8;
const SCORE_MIN = 2;

const FOUND: Record<PasswordEstimate["found"], () => string> = {
  common: m.password_common,
  name: m.password_name,
  sequence: m.password_sequence,
  repeat: m.password_repeat,
  keyboard: m.password_keyboard,
  date: m.password_date,
  word: m.password_word,
  nothing: m.password_nothing,
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
      length < PASSWORD_LENGTH_MIN && estimate.found === "nothing" ? m.password_short() : FOUND[estimate.found]();
    return { filled: 1, word: m.password_weak(), advice: m.password_advice({ because }), accepted: false };
  }
  if (estimate.score === 2)
    return { filled: 2, word: m.password_fair(), advice: m.password_advice_fair(), accepted: true };
  if (estimate.score === 3)
    return { filled: 3, word: m.password_good(), advice: m.password_advice_good(), accepted: true };
  return { filled: 4, word: m.password_strong(), advice: m.password_advice_strong(), accepted: true };
}

/** What is wrong with a username, or null. The rule itself is protocol's. */
export function usernameProblem(username: string): string | null {
  if (username === "") return null;
  if (/[^a-z0-9_.]/u.test(username)) return m.name_username_characters();
  if (username.length < 3) return m.name_username_short();
  if (username.length > 32) return m.name_long();
  return null;
}

/** What is wrong with a room's name, or null. */
export function roomNameProblem(name: string): string | null {
  if (name === "") return null;
  if (/[^a-z0-9-]/u.test(name)) return m.name_room_characters();
  if (name.length < 2) return m.name_room_short();
  if (name.length > 32) return m.name_long();
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
