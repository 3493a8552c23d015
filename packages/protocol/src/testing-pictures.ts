import { concat, utf8 } from "./bytes.ts";

const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
const chunk = (type: string, data: Uint8Array): Uint8Array =>
  concat(u32(data.length), utf8(type), data, new Uint8Array(4));

/**
 * For tests: what counts as a PNG by its head. Its pixels are none. @param fill what its data is made of, so that two are different
 * @param before chunks between the header and the pixels
 */
export function pngOf({
  width = 8,
  height = 8,
  data = 8,
  fill = 0,
  before = [],
}: { width?: number; height?: number; data?: number; fill?: number; before?: string[] } = {}): Uint8Array {
  return concat(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", concat(u32(width), u32(height), Uint8Array.of(8, 6, 0, 0, 0))),
    ...before.map((type) => chunk(type, new Uint8Array(8))),
    chunk("IDAT", new Uint8Array(data).fill(fill)),
  );
}
