import { expect, test } from "vitest";
import { concat, utf8 } from "./bytes.ts";
import { PICTURE_BYTES_MAX, PICTURE_SIDE_MAX } from "./limits.ts";
import { isPicture, pictureHead } from "./picture.ts";
import { pngOf } from "./testing-pictures.ts";

const u16 = (value: number): number[] => [value >>> 8, value & 0xff];
const little = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => (value >>> (8 * index)) & 0xff);

type Size = { width: number; height: number };

const frame = (marker: number, { width, height }: Size): number[] => [
  0xff,
  marker,
  ...u16(11),
  8,
  ...u16(height),
  ...u16(width),
  1,
  1,
  0x11,
  0,
];
const APP0 = [0xff, 0xe0, ...u16(6), 1, 2, 3, 4];
const jpeg = (...segments: number[][]): Uint8Array => Uint8Array.from([0xff, 0xd8, ...segments.flat()]);
const webp = (type: string, data: number[]): Uint8Array =>
  concat(
    utf8("RIFF"),
    new Uint8Array(4),
    utf8("WEBP"),
    utf8(type),
    Uint8Array.from([...little(data.length, 4), ...data]),
    new Uint8Array(8),
  );
const lossy = ({ width, height }: Size) =>
  webp("VP8 ", [0, 0, 0, 0x9d, 1, 0x2a, ...little(width, 2), ...little(height, 2)]);
const lossless = ({ width, height }: Size) =>
  webp("VP8L", [0x2f, ...little(((width - 1) | ((height - 1) << 14)) >>> 0, 4), 0, 0, 0, 0, 0]);
const extended = ({ width, height }: Size, flags = 0) =>
  webp("VP8X", [flags, 0, 0, 0, ...little(width - 1, 3), ...little(height - 1, 3)]);

/** Every way in which an image can say how large it is. */
const MADE: Record<string, (size: Size) => Uint8Array> = {
  png: (size) => pngOf(size),
  "png with other chunks": (size) => pngOf({ ...size, before: ["gAMA", "tEXt"] }),
  "jpeg baseline": (size) => jpeg(APP0, frame(0xc0, size)),
  "jpeg progressive": (size) => jpeg(APP0, [0xff, 0xdb, ...u16(2)], [0xff, 0xfe, ...u16(3), 9], frame(0xc2, size)),
  "webp lossy": lossy,
  "webp lossless": lossless,
  "webp extended": (size) => extended(size),
};

for (const [name, make] of Object.entries(MADE))
  test(`T79 the size of a ${name} is read from its head, and one that unpacks to gigabytes is no picture`, () => {
    const head = { width: 192, height: 100 };
    expect(pictureHead(make(head))).toEqual({ type: `image/${name.split(" ")[0]}`, ...head });
    const most = { width: PICTURE_SIDE_MAX, height: PICTURE_SIDE_MAX };
    expect(isPicture(make(most))).toBe(true);
    for (const size of [
      { width: PICTURE_SIDE_MAX + 1 },
      { height: PICTURE_SIDE_MAX + 1 },
      { width: 16_000, height: 16_000 },
    ])
      expect(isPicture(make({ ...most, ...size }))).toBe(false);
    const whole = make(most);
    const cut = whole.length > 60 ? 60 : whole.length;
    for (let length = 0; length < cut; length++) expect(() => pictureHead(whole.subarray(0, length))).not.toThrow();
  });

test("T79 T77 what says no size, two sizes, moves, is too large or no such image is no picture", () => {
  const small = { width: 8, height: 8 };
  for (const bytes of [
    new Uint8Array(0),
    utf8("<svg onload=alert(1)>"),
    utf8("GIF89a"),
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe0),
    pngOf({ width: 0 }),
    pngOf({ width: 0x8000_0001 }),
    pngOf({ before: ["acTL"] }),
    pngOf().subarray(0, 40),
    pngOf({ data: PICTURE_BYTES_MAX }),
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3),
    // Scan before frame, a second start, bytes between segments, a lossless and a hierarchical frame.
    jpeg([0xff, 0xda, ...u16(2)], frame(0xc0, small)),
    jpeg([0xff, 0xd8], frame(0xc0, small)),
    jpeg(APP0, [0], frame(0xc0, small)),
    jpeg(APP0, frame(0xc3, small)),
    jpeg(APP0, frame(0xc5, small)),
    jpeg([0xff, 0xe0, ...u16(0)], frame(0xc0, small)),
    jpeg([0xff, 0xe0, ...u16(0xffff)], frame(0xc0, small)),
    extended(small, 0x02),
    webp("VP9 ", [0, 0, 0, 0x9d, 1, 0x2a, 8, 0, 8, 0]),
    concat(utf8("RIFF"), new Uint8Array(4), utf8("WAVE"), new Uint8Array(20)),
  ])
    expect(isPicture(bytes)).toBe(false);
});
