/** Sizes that short posts are padded to; longer ones follow Padmé. */
const BUCKETS = [256, 512, 1024, 2048] as const;
const LENGTH_BYTES = 4;

/** The padded size of so many bytes: a bucket, or Padmé (at most 12 % more; Nikitin et al., PETS 2019). */
export function paddedLength(length: number): number {
  const needed = length + LENGTH_BYTES;
  for (const bucket of BUCKETS) if (needed <= bucket) return bucket;
  const exponent = Math.floor(Math.log2(needed));
  const lastBits = exponent - (Math.floor(Math.log2(exponent)) + 1);
  const unit = 2 ** lastBits;
  return Math.ceil(needed / unit) * unit;
}

/** Length as u32, the data, zeros up to a size that says little about the data. */
export function pad(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedLength(data.length));
  new DataView(padded.buffer).setUint32(0, data.length);
  padded.set(data, LENGTH_BYTES);
  return padded;
}

/** Takes padding off; undefined when the length, the size or a padding byte isn't what {@link pad} makes. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length < LENGTH_BYTES) return undefined;
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0);
  if (length > padded.length - LENGTH_BYTES || paddedLength(length) !== padded.length) return undefined;
  for (let i = LENGTH_BYTES + length; i < padded.length; i++) if (padded[i] !== 0) return undefined;
  return padded.slice(LENGTH_BYTES, LENGTH_BYTES + length);
}
