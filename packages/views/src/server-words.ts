import type { EntryKeys, ServerView } from "@sotto/engine";

/** Bytes as the classic dump: offset, hexadecimal, sixteen a line. */
export function hexLines(bytes: Uint8Array, linesMax: number): { lines: string[]; restBytes: number } {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length && lines.length < linesMax; at += 16) {
    const row = [...bytes.subarray(at, at + 16)].map((byte) => byte.toString(16).padStart(2, "0"));
    lines.push(
      `${at.toString(16).padStart(4, "0")}  ${row.slice(0, 8).join(" ")}  ${row.slice(8).join(" ")}`.trimEnd(),
    );
  }
  return { lines, restBytes: Math.max(0, bytes.length - lines.length * 16) };
}

export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** "812 bytes", "1.2 KB" */
export function sizeInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** The table of "What the server sees": what it is called, and exactly what is stored. */
export function serverRows(view: ServerView): { name: string; value: string; means: string }[] {
  return [
    { name: "Conversation", value: view.conversation, means: "A random number. Not its name, not its people." },
    { name: "Place in the log", value: String(view.seq), means: "Given by the server, in the order of arrival." },
    {
      name: "Kind",
      value: view.kind,
      means: view.kind === "application" ? "Something was written." : "Keys or people changed.",
    },
    { name: "Epoch", value: view.epoch, means: "How often the keys have changed." },
    { name: "Latest change seen", value: String(view.seen), means: "Which change of keys the sender knew." },
    { name: "Size", value: sizeInWords(view.sizeBytes), means: "Padded, so that it says little about the length." },
    { name: "SHA-256", value: hexOf(view.hash), means: "What the log's chain of hashes holds." },
  ];
}

/** The command that opens one entry by hand. What it needs goes in by its standard input: no key is left in a shell's history. */
export const DECRYPT_COMMAND = "sotto decrypt";

/** An entry and the keys that open it as the lines that `sotto decrypt` reads. */
export function decryptText({ entry, epochKey, senderKey }: EntryKeys): string {
  return `entry ${entry}\nepoch-key ${epochKey}\nsender-key ${senderKey}\n`;
}
