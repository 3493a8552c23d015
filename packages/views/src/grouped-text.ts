// Keys, codes and numbers that people read, compare and type: in groups, in an alphabet without look-alikes.

/** What was typed or pasted of a key in Crockford's base32: capitals without gaps, O read as 0, I and L as 1. */
export function keyCharacters(typed: string): string {
  return typed
    .toUpperCase()
    .replaceAll("O", "0")
    .replaceAll(/[IL]/gu, "1")
    .replaceAll(/[^0-9A-HJKMNP-TV-Z]/gu, "");
}

/** Groups of that many characters; the last one may be shorter. */
export function groupsOf(text: string, size: number): string[] {
  return text.match(new RegExp(`.{1,${size}}`, "gu")) ?? [];
}

/** Characters of a recovery key: eight groups of four. */
export const RECOVERY_KEY_CHARACTERS = 32;
export const LINK_CODE_CHARACTERS = 8;
export const RESET_CODE_CHARACTERS = 16;

/** A recovery key, a reset code or a link code while it is typed: groups of four with a gap between them. */
export function spacedKey(typed: string, characters: number): string {
  return groupsOf(keyCharacters(typed).slice(0, characters), 4).join(" ");
}

/** "627 014" */
export function spacedDigits(digits: string): string {
  return groupsOf(digits.replaceAll(/\s/gu, ""), 3).join(" ");
}

/** Twelve groups of five digits, whatever stands between them. */
export function safetyGroups(safetyNumber: string): string[] {
  return groupsOf(safetyNumber.replaceAll(/\D/gu, ""), 5);
}

/** A group digit by digit, as it is read aloud: "3 3 1 8 4". */
export function spoken(group: string): string {
  return Array.from(group).join(" ");
}

/** "1:05", for what is counted down. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
