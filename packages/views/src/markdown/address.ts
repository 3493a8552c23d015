/**
 * http and https only. The host is ASCII without user part, and only a path or the end of a word may follow it: whatever else an
 * address can hold ("https://bank@evil", letters of another alphabet that look alike) stays plain text, which leads nowhere.
 */
const BARE =
  /https?:\/\/(?:[a-z0-9][a-z0-9-]{0,62}\.){0,20}[a-z0-9][a-z0-9-]{0,62}(?::\d{1,5})?(?:[/?#][^\s<>"'`{}|\\^]*|(?=[.,;:!?)\]}>"'»”’…*~_|]*(?:\s|$)))/iuy;
const SCHEME = /\bhttps?:\/\//giu;
const TRAILING = ".,;:!?)]»”’*_~";

function count(text: string, letter: string): number {
  let found = 0;
  for (let at = text.indexOf(letter); at >= 0; at = text.indexOf(letter, at + 1)) found++;
  return found;
}

function trimmed(found: string): string {
  let end = found.length;
  while (end > 0 && TRAILING.includes(found.charAt(end - 1))) end--;
  // "(see https://x.example/a_(b))": the bracket belongs to the address if the address opened one.
  const address = found.slice(0, end);
  let open = count(address, "(") - count(address, ")");
  while (open-- > 0 && found.charAt(end) === ")") end++;
  return found.slice(0, end);
}

const NUMBER = /^(?:0x[0-9a-f]*|\d+)$/iu;
const QUAD = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

/** Browsers read "1", "0x7f.1" and "1.2" as addresses of four numbers that nobody saw: only all four, in decimal, are what they say. */
export function isReadAsWritten(host: string): boolean {
  const last = host.replace(/\.$/, "").split(".").at(-1) ?? "";
  return !NUMBER.test(last) || (QUAD.test(host) && host.split(".").every((part) => Number(part) <= 255));
}

/** The plain address that begins exactly here, or null. It is shown as it is, so the host that it leads to is what is read. */
export function bareAddressAt(text: string, at: number): string | null {
  BARE.lastIndex = at;
  const found = BARE.exec(text)?.[0];
  if (found === undefined) return null;
  const address = trimmed(found);
  const host = /^https?:\/\/([^/?#:]*)/iu.exec(address)?.[1] ?? "";
  return isReadAsWritten(host) ? address : null;
}

/** Where plain addresses stand in a text, in order. Linear in its length. */
export function bareAddresses(text: string): { at: number; address: string }[] {
  const found: { at: number; address: string }[] = [];
  let from = 0;
  for (const { index } of text.matchAll(SCHEME)) {
    if (index < from) continue;
    const address = bareAddressAt(text, index);
    if (address === null) continue;
    found.push({ at: index, address });
    from = index + address.length;
  }
  return found;
}
