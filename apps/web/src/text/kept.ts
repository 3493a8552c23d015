/** UTF-16 units of keys, all together. */
const LENGTH_MAX = 2_000_000;
/** Even if they are long: what is on the screen must not be forgotten while it is there. */
const KEPT_MIN = 64;

/** What was worked out of texts, by text; what was used longest ago is forgotten first. */
export class Kept<Value> {
  readonly #max: number;
  #map = new Map<string, Value>();
  #length = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get(text: string): Value | undefined {
    const value = this.#map.get(text);
    if (value === undefined) return undefined;
    this.#map.delete(text);
    this.#map.set(text, value);
    return value;
  }

  put(text: string, value: Value): Value {
    if (!this.#map.has(text)) this.#length += text.length;
    this.#map.set(text, value);
    for (const old of this.#map.keys()) {
      const { size } = this.#map;
      if (size <= this.#max && (this.#length <= LENGTH_MAX || size <= KEPT_MIN)) break;
      this.#map.delete(old);
      this.#length -= old.length;
    }
    return value;
  }
}
