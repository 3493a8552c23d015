import { occurring } from "./occurring.ts";

/** Stands in everything that people write or choose: posts, drafts, passwords, display names, names of groups. */
export const CANARY = "Zk7qXw9RtB3mVn5sLd8hQy2c";

/**
 * Every way in which a text may lie in bytes: UTF-8, UTF-16, hex, and base64 at each of its three alignments.
 * The canary's base64 has no character in which base64url differs.
 */
export function spellings(text: string): { encoding: string; bytes: Buffer }[] {
  const utf8 = Buffer.from(text, "utf8");
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), utf8]).toString("base64");
    // The first and last characters depend on what stands around the text.
    return shifted.slice(shift === 0 ? 0 : shift + 1, shifted.length - 4);
  });
  return [
    { encoding: "utf-8", bytes: utf8 },
    { encoding: "utf-16le", bytes: Buffer.from(text, "utf16le") },
    { encoding: "utf-16be", bytes: Buffer.from(text, "utf16le").swap16() },
    { encoding: "hex", bytes: Buffer.from(utf8.toString("hex")) },
    { encoding: "HEX", bytes: Buffer.from(utf8.toString("hex").toUpperCase()) },
    ...base64.map((spelled, shift) => ({ encoding: `base64+${shift}`, bytes: Buffer.from(spelled) })),
  ];
}

/** @returns the spellings of the text that occur in the bytes. */
export function scan(haystack: Buffer, text: string = CANARY): string[] {
  const spelled = spellings(text);
  const found = occurring(
    haystack,
    spelled.map(({ bytes }) => bytes),
  );
  return spelled.filter(({ bytes }) => found.has(bytes)).map(({ encoding }) => encoding);
}

/** Collects what was sent and scans it in large pieces. Keeps it: what is secret is often known only later. */
export class FrameScan {
  #waiting: Buffer[] = [];
  #bytes = 0;
  readonly #kept: Buffer[] = [];
  readonly found = new Set<string>();
  frames = 0;

  add(frame: Uint8Array): void {
    this.frames++;
    // A byte between frames, so that a text isn't found across two of them.
    this.#waiting.push(Buffer.from(frame), Buffer.of(0));
    this.#bytes += frame.length;
    if (this.#bytes > 4 * 1024 * 1024) this.finish();
  }

  finish(): ReadonlySet<string> {
    const all = Buffer.concat(this.#waiting);
    for (const encoding of scan(all)) this.found.add(encoding);
    if (all.length > 0) this.#kept.push(all);
    this.#waiting = [];
    this.#bytes = 0;
    return this.found;
  }

  /** Which of these were in any frame? */
  holding(needles: readonly Uint8Array[]): Set<Uint8Array> {
    this.finish();
    return new Set(this.#kept.flatMap((frames) => [...occurring(frames, needles)]));
  }
}
