import type { EntryKeys, ServerView } from "@sotto/engine";
import { getLocale, m } from "./messages.ts";

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
  if (bytes < 1000) return m.count_bytes({ count: bytes });
  const one = new Intl.NumberFormat(getLocale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return bytes < 1_000_000
    ? m.server_kilobytes({ count: one.format(bytes / 1000) })
    : m.server_megabytes({ count: one.format(bytes / 1_000_000) });
}

/** The table of "What the server sees": what it is called, and exactly what is stored. */
export function serverRows(view: ServerView): { name: string; value: string; means: string }[] {
  return [
    { name: m.server_conversation(), value: view.conversation, means: m.server_conversation_means() },
    { name: m.server_place(), value: String(view.seq), means: m.server_place_means() },
    {
      name: m.server_kind(),
      value: view.kind,
      means: view.kind === "application" ? m.server_kind_post() : m.server_kind_change(),
    },
    { name: m.server_epoch(), value: view.epoch, means: m.server_epoch_means() },
    { name: m.server_seen(), value: String(view.seen), means: m.server_seen_means() },
    { name: m.server_size(), value: sizeInWords(view.sizeBytes), means: m.server_size_means() },
    { name: m.server_hash(), value: hexOf(view.hash), means: m.server_hash_means() },
  ];
}

/** The command that opens one entry by hand. What it needs goes in by its standard input: no key is left in a shell's history. */
export const DECRYPT_COMMAND = "sotto decrypt";

/** An entry and the keys that open it as the lines that `sotto decrypt` reads. */
export function decryptText({ entry, epochKey, senderKey }: EntryKeys): string {
  return `entry ${entry}\nepoch-key ${epochKey}\nsender-key ${senderKey}\n`;
}
