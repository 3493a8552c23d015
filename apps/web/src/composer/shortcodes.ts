export type Shortcode = { code: string; emoji: string };

const SHOWN = 8;
let known: Promise<readonly Shortcode[]> | undefined;

/** Letters that are drawn as text unless they are asked to be emoji. */
function emojiOf(hexcode: string): string {
  const points = hexcode.split("-").map((point) => Number.parseInt(point, 16));
  const [first = 0, ...rest] = points;
  const letter = String.fromCodePoint(first);
  const asText = !/^\p{Emoji_Presentation}$/u.test(letter) && rest[0] !== 0xfe0f && rest[0] !== 0x20e3;
  return letter + (asText ? "\uFE0F" : "") + String.fromCodePoint(...rest);
}

function listed(data: Record<string, string | string[]>): Shortcode[] {
  return Object.entries(data)
    .flatMap(([hexcode, codes]) => {
      const emoji = emojiOf(hexcode);
      return [codes].flat().map((code) => ({ code, emoji }));
    })
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
}

/** From our own server, when the first colon is typed. */
export function loadShortcodes(): Promise<readonly Shortcode[]> {
  known ??= fetch("/emoji/en/shortcodes.json")
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error("no shortcodes"))))
    .then((data: Record<string, string | string[]>) => listed(data))
    .catch(() => {
      known = undefined;
      return [];
    });
  return known;
}

/** Those that begin with what was typed, shorter ones first, then those that have it inside. */
export function matching(all: readonly Shortcode[], typed: string): Shortcode[] {
  const wanted = typed.toLowerCase();
  const begins = all.filter(({ code }) => code.startsWith(wanted)).toSorted((a, b) => a.code.length - b.code.length);
  const holds = all.filter(({ code }) => !code.startsWith(wanted) && code.includes(wanted));
  const seen = new Set<string>();
  return [...begins, ...holds].filter(({ emoji }) => !seen.has(emoji) && seen.add(emoji)).slice(0, SHOWN);
}

export function exact(all: readonly Shortcode[], code: string): string | null {
  return all.find((one) => one.code === code.toLowerCase())?.emoji ?? null;
}
