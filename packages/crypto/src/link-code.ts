import { LinkCode } from "@sotto/protocol";
import * as v from "valibot";
import { asTyped, fromBase32, toBase32 } from "./base32.ts";

/** Bytes of the commitment that a QR code carries: nobody finds another commitment that begins with them. */
export const LINK_PREFIX_BYTES = 16;
const PREFIX_CHARACTERS = Math.ceil((LINK_PREFIX_BYTES * 8) / 5);
const QR = new RegExp(`^SOTTO LINK (.{8}) (.{${PREFIX_CHARACTERS}})$`);

/** What a person brings from a new device's screen. `prefix`: of its commitment, when it was scanned; null when it was typed. */
export type BroughtCode = { code: string; prefix: Uint8Array | null };

/**
 * The text of a new device's QR code. Never an address: no camera of a telephone follows it, and nothing but Sotto's own
 * settings takes it (T69).
 */
export function linkQr(code: string, commitment: Uint8Array): string {
  return `SOTTO LINK ${code} ${toBase32(commitment.subarray(0, LINK_PREFIX_BYTES))}`;
}

/** Reads a scanned text, or a code as somebody typed it: any case, spaces and dashes anywhere, O for 0, I and L for 1. */
export function parseLinkCode(text: string): BroughtCode | undefined {
  const scanned = QR.exec(text.trim().toUpperCase());
  const code = v.safeParse(LinkCode, scanned === null ? asTyped(text) : scanned[1]);
  if (!code.success) return undefined;
  if (scanned === null) return { code: code.output, prefix: null };
  const prefix = fromBase32(scanned[2]!);
  return prefix === undefined ? undefined : { code: code.output, prefix };
}
