import { PICTURE_BYTES_MAX } from "./limits.ts";

export type PictureType = "image/jpeg" | "image/png" | "image/webp";

const JPEG = [0xff, 0xd8, 0xff];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const RIFF = [0x52, 0x49, 0x46, 0x46];
const WEBP = [0x57, 0x45, 0x42, 0x50];

const standsAt = (bytes: Uint8Array, at: number, expected: readonly number[]): boolean =>
  expected.every((byte, index) => bytes[at + index] === byte);

/**
 * What an image is, by the bytes that it begins with and by nothing that anybody says of it. Formats that can hold more than
 * a picture (SVG with its scripts and requests) are none. Undefined for anything else.
 */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  if (standsAt(bytes, 0, JPEG)) return "image/jpeg";
  if (standsAt(bytes, 0, PNG)) return "image/png";
  return standsAt(bytes, 0, RIFF) && standsAt(bytes, 8, WEBP) ? "image/webp" : undefined;
}

/** May these bytes be shown as the picture of a person or a conversation? */
export function isPicture(bytes: Uint8Array): boolean {
  return bytes.length <= PICTURE_BYTES_MAX && pictureType(bytes) !== undefined;
}
