import { writeFileSync } from "node:fs";
import encodeQR from "qr";

const WIDTH = 640;
const HEIGHT = 480;

/** Chromium with a camera that shows whatever is in this file (YUV4MPEG2) when it is switched on. */
export function cameraArguments(file: string): string[] {
  showToCamera(file, null);
  return ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${file}`];
}

/** Holds a code before the camera, or nothing but a grey wall. Counts from the next time that the camera is switched on. */
export function showToCamera(file: string, text: string | null): void {
  const luma = new Uint8Array(WIDTH * HEIGHT).fill(text === null ? 120 : 235);
  if (text !== null) {
    const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 });
    const scale = Math.floor((HEIGHT - 40) / rows.length);
    const left = Math.floor((WIDTH - rows.length * scale) / 2);
    const top = Math.floor((HEIGHT - rows.length * scale) / 2);
    for (const [y, row] of rows.entries())
      for (const [x, dark] of row.entries())
        for (let line = 0; dark && line < scale; line++) {
          const from = (top + y * scale + line) * WIDTH + left + x * scale;
          luma.fill(16, from, from + scale);
        }
  }
  const chroma = new Uint8Array((WIDTH * HEIGHT) / 2).fill(128);
  const frame = [Buffer.from("FRAME\n"), luma, chroma];
  writeFileSync(
    file,
    Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\n`), ...frame, ...frame]),
  );
}
