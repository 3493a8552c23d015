import type { Io } from "./io.ts";
import { orInterrupted } from "./session.ts";

/**
 * Everything that comes in on stdin. What doesn't fit isn't read to its end: it may have none.
 * @param tooLong  thrown beyond `bytesMax`
 */
export async function readStdin(io: Io, bytesMax: number, tooLong: () => Error): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reading = async (): Promise<void> => {
    for await (const chunk of io.stdin as AsyncIterable<Uint8Array | string>) {
      const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
      chunks.push(bytes);
      size += bytes.length;
      if (size > bytesMax) throw tooLong();
    }
  };
  await orInterrupted(io.interrupted, reading());
  return Buffer.concat(chunks);
}
