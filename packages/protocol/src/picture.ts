import { PICTURE_BYTES_MAX, PICTURE_SIDE_MAX } from "./limits.ts";

export type PictureType = "image/jpeg" | "image/png" | "image/webp";

/** What an image says of itself before any pixel is unpacked. Sides in pixels. */
export type PictureHead = { type: PictureType; width: number; height: number };

const text = (letters: string): number[] => Array.from(letters, (letter) => letter.charCodeAt(0));

const JPEG = [0xff, 0xd8, 0xff];
const PNG = [0x89, ...text("PNG"), 0x0d, 0x0a, 0x1a, 0x0a];
/** The first chunk, of 13 bytes (PNG, third edition, §11.2.1). */
const PNG_HEADER = [0, 0, 0, 13, ...text("IHDR")];
const [RIFF, WEBP] = [text("RIFF"), text("WEBP")];
const [LOSSY, LOSSLESS, EXTENDED] = [text("VP8 "), text("VP8L"), text("VP8X")];

const standsAt = (bytes: Uint8Array, at: number, expected: readonly number[]): boolean =>
  expected.every((byte, index) => bytes[at + index] === byte);

/**
 * What an image is, by the bytes that it begins with and by nothing that anybody says of it. Formats that can hold more than
 * a picture (SVG with its scripts and requests) are none. Undefined for anything else, and for what says no size or moves.
 */
export function pictureHead(bytes: Uint8Array): PictureHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (standsAt(bytes, 0, JPEG)) return jpegHead(bytes, view);
  if (standsAt(bytes, 0, PNG)) return pngHead(bytes, view);
  return standsAt(bytes, 0, RIFF) && standsAt(bytes, 8, WEBP) ? webpHead(bytes, view) : undefined;
}

/**
 * May these bytes be shown as the picture of a person or a conversation? Few bytes can unpack to gigabytes of pixels, so what
 * counts is also the size that they unpack to (T79).
 */
export function isPicture(bytes: Uint8Array): boolean {
  if (bytes.length > PICTURE_BYTES_MAX) return false;
  const head = pictureHead(bytes);
  return head !== undefined && isSide(head.width) && isSide(head.height);
}

const isSide = (pixels: number): boolean => pixels > 0 && pixels <= PICTURE_SIDE_MAX;

/** Chunk by chunk to the pixels: what moves says so before them (§11.3.8). */
function pngHead(bytes: Uint8Array, view: DataView): PictureHead | undefined {
  if (!standsAt(bytes, PNG.length, PNG_HEADER)) return undefined;
  for (let at = PNG.length; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (standsAt(bytes, at + 4, text("acTL"))) return undefined;
    if (standsAt(bytes, at + 4, text("IDAT")))
      return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
  }
  return undefined;
}

/** Baseline, extended, progressive, Huffman or arithmetic: frames whose size is in their header (ITU-T T.81, table B.1). */
const JPEG_FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca]);
/** Tables, restart interval, what applications add, comments: what may stand before the frame and says its own length. */
const isPassedOver = (marker: number): boolean =>
  marker === 0xc4 || marker === 0xcc || marker === 0xdb || marker === 0xdd || marker >= 0xe0;

/** Segment by segment to the frame's. Whatever a decoder would have to guess about is no picture. */
function jpegHead(bytes: Uint8Array, view: DataView): PictureHead | undefined {
  for (let at = 2; at + 9 <= bytes.length;) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker === 0xff) return undefined;
    if (JPEG_FRAMES.has(marker))
      return { type: "image/jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    const length = view.getUint16(at + 2);
    if (!isPassedOver(marker) || length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}

const WEBP_CHUNK = 12;
const ANIMATED = 0x02;

/** RFC 9649 §2.5 to 2.7; the frame header of VP8 is RFC 6386 §9.1. */
function webpHead(bytes: Uint8Array, view: DataView): PictureHead | undefined {
  if (bytes.length < 30) return undefined;
  const at = WEBP_CHUNK + 8;
  const size = (width: number, height: number): PictureHead => ({ type: "image/webp", width, height });
  if (standsAt(bytes, WEBP_CHUNK, LOSSY))
    return standsAt(bytes, at + 3, [0x9d, 0x01, 0x2a])
      ? size(view.getUint16(at + 6, true) & 0x3fff, view.getUint16(at + 8, true) & 0x3fff)
      : undefined;
  if (standsAt(bytes, WEBP_CHUNK, LOSSLESS)) {
    const packed = view.getUint32(at + 1, true);
    return bytes[at] === 0x2f ? size((packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1) : undefined;
  }
  if (!standsAt(bytes, WEBP_CHUNK, EXTENDED) || (view.getUint8(at) & ANIMATED) !== 0) return undefined;
  const side = (from: number): number => view.getUint16(from, true) + view.getUint8(from + 2) * 0x1_00_00 + 1;
  return size(side(at + 4), side(at + 7));
}
