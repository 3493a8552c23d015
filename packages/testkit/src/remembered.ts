const KEPT_MAX = 4_096;

/**
 * The same function, which remembers what it made of the newest few thousand inputs, by their bytes: keys come out of every database and
 * message as new arrays, and making a key object costs more than using it. What it makes is shared: nobody may write into it.
 */
export function remembered<T>(make: (raw: Uint8Array) => T): (raw: Uint8Array) => T {
  const kept = new Map<string, T>();
  return (raw) => {
    const name = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString("latin1");
    let made = kept.get(name);
    if (made === undefined) {
      made = make(raw);
      if (kept.size >= KEPT_MAX)
        for (const oldest of kept.keys()) {
          kept.delete(oldest);
          break;
        }
      kept.set(name, made);
    }
    return made;
  };
}
