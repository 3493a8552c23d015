/** Equality of plain data, as it comes from the engine. */
export function isSameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array)
    return (
      a instanceof Uint8Array &&
      b instanceof Uint8Array &&
      a.length === b.length &&
      a.every((byte, at) => byte === b[at])
    );
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => isSameData((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/** The new items, each of which is the known object where it says nothing new: so who shows them sees what to show again. */
export function withKnown<Item extends { key: string }>(known: readonly Item[], items: readonly Item[]): Item[] {
  const byKey = new Map(known.map((item) => [item.key, item]));
  return items.map((item) => {
    const before = byKey.get(item.key);
    return before !== undefined && isSameData(before, item) ? before : item;
  });
}

/** Are these the same objects in the same order? */
export function areSame<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}
