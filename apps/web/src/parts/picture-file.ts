/** What a profile picture may weigh: it travels inside a post. */
const BYTES_MAX = 24 * 1024;
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const SIDES = [192, 160, 128, 96];
const QUALITIES = [0.86, 0.75, 0.6, 0.45];

/**
 * A square picture small enough for a profile, drawn anew from a file: only pixels come through, nothing of what else the file
 * says (where it was taken, with what). @returns null when the browser can't read it as a picture
 */
export async function pictureOf(file: Blob): Promise<Uint8Array | null> {
  if (file.size > FILE_BYTES_MAX) return null;
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (bitmap === null) return null;
  try {
    for (const side of SIDES) {
      const canvas = draw(bitmap, side);
      for (const quality of QUALITIES) {
        const blob = await canvas.convertToBlob({ type: "image/webp", quality });
        // A browser that doesn't write WebP gives PNG without a word.
        const small = blob.type === "image/webp" ? blob : await canvas.convertToBlob({ type: "image/jpeg", quality });
        if (small.size <= BYTES_MAX) return new Uint8Array(await small.arrayBuffer());
      }
    }
    return null;
  } finally {
    bitmap.close();
  }
}

function draw(bitmap: ImageBitmap, side: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(side, side);
  const crop = Math.min(bitmap.width, bitmap.height);
  canvas
    .getContext("2d")
    ?.drawImage(bitmap, (bitmap.width - crop) / 2, (bitmap.height - crop) / 2, crop, crop, 0, 0, side, side);
  return canvas;
}
