const BLOCK_BYTES = 4;
const TABLE_BITS = 16;

const blockOf = (bytes: Uint8Array, at: number): number =>
  Math.imul(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24), 0x9e3779b1) >>>
  (32 - TABLE_BITS);

/**
 * Which of many needles occur in a haystack, in one walk through it (Wu and Manber, "A fast algorithm for multi-pattern searching",
 * 1994, with sampled blocks): whatever is as long as the shortest needle covers one of the blocks that stand so far apart.
 */
export function occurring(haystack: Uint8Array, needles: readonly Uint8Array[]): Set<Uint8Array> {
  const found = new Set<Uint8Array>();
  const shortest = Math.min(...needles.map(({ length }) => length));
  if (needles.length === 0) return found;
  if (shortest < 2 * BLOCK_BYTES) throw new RangeError(`a needle of ${shortest} bytes`);
  const stride = shortest - BLOCK_BYTES + 1;
  const hay = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.length);
  const isListed = new Uint8Array(1 << TABLE_BITS);
  const listed = new Map<number, { needle: Uint8Array; at: number }[]>();
  for (const needle of needles)
    for (let at = 0; at < stride; at++) {
      const block = blockOf(needle, at);
      isListed[block] = 1;
      const entries = listed.get(block) ?? [];
      listed.set(block, entries);
      entries.push({ needle, at });
    }
  for (let at = 0; at + BLOCK_BYTES <= hay.length; at += stride) {
    const block = blockOf(hay, at);
    if (isListed[block] === 0) continue;
    for (const { needle, at: within } of listed.get(block) ?? []) {
      const start = at - within;
      if (start < 0 || start + needle.length > hay.length || found.has(needle)) continue;
      if (hay.compare(needle, 0, needle.length, start, start + needle.length) === 0) found.add(needle);
    }
  }
  return found;
}
