import decodeQR from "qr/decode.js";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { qrLines } from "./qr-code.ts";

const TEXT = "SOTTO LINK ABCD1234 ABCDEFGHJKMNPQRSTVWXYZ2345";
const stdout = (columns: number) => Object.assign(new PassThrough(), { columns });

/** What a camera sees of the lines: eight pixels for every half of a cell. */
function read(lines: readonly string[], isLight: (isDrawn: boolean) => boolean): string {
  const scale = 8;
  const cells = lines.map((line) => Array.from(line));
  const [width, height] = [(cells[0]?.length ?? 0) * scale, lines.length * 2 * scale];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const half = Math.floor(y / scale);
      const cell = cells[half >> 1]?.[Math.floor(x / scale)] ?? " ";
      const isDrawn = cell === "█" || cell === (half % 2 === 0 ? "▀" : "▄");
      data.fill(isLight(isDrawn) ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return decodeQR({ width, height, data });
}

test("a code in half blocks can be scanned, with colours and without", () => {
  const coloured = qrLines(TEXT, { stdout: stdout(80), env: { LANG: "C.UTF-8" } }) ?? [];
  for (const line of coloured) {
    expect(line.startsWith("\u001b[38;5;16;48;5;231m")).toBe(true);
    expect(line.endsWith("\u001b[0m")).toBe(true);
  }
  expect(
    read(
      coloured.map((line) => stripVTControlCharacters(line)),
      (isDrawn) => !isDrawn,
    ),
  ).toBe(TEXT);
  const plain = qrLines(TEXT, { stdout: stdout(80), env: { LANG: "C.UTF-8", NO_COLOR: "1" } }) ?? [];
  expect(plain.join("")).not.toContain("\u001b");
  expect(read(plain, (isDrawn) => isDrawn)).toBe(TEXT);
});

test("where it doesn't fit or can't be drawn there is none", () => {
  expect(qrLines(TEXT, { stdout: stdout(20), env: { LANG: "C.UTF-8" } })).toBeNull();
  expect(qrLines(TEXT, { stdout: stdout(80), env: { LANG: "C" } })).toBeNull();
});
