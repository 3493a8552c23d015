const SHOWN = 6;
const FIRST = ["👍", "❤️", "😄", "👏", "😮", "🙏"];

let recent: readonly string[] = FIRST;

/** The six emoji that are at hand for a reaction: the last ones used since the app was opened, then the usual ones. Kept nowhere. */
export function recentEmoji(): readonly string[] {
  return recent;
}

/** Those that are at hand keep their places; another one comes first, and the last one goes. */
export function noteEmoji(emoji: string): void {
  if (!recent.includes(emoji)) recent = [emoji, ...recent].slice(0, SHOWN);
}
