import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A bug of the product itself: one piece of one of its files, and what stands in its place. */
export type Mutation = { file: string; find: string; replace: string };

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Plants a bug into everything that this thread loads from here on: call it before the product is imported.
 * @throws when the piece isn't there exactly once: the product has moved on, and the bug has to follow
 */
export function plant({ file, find, replace }: Mutation): void {
  const path = join(ROOT, file);
  if (readFileSync(path, "utf8").split(find).length !== 2) throw new Error(`${file} doesn't hold this once: ${find}`);
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.startsWith("file:") || fileURLToPath(url) !== path) return loaded;
      const source = loaded.source;
      if (source === undefined || source === null) throw new Error(`${file} came without its source`);
      const text = typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString("utf8");
      return { ...loaded, source: text.replace(find, () => replace) };
    },
  });
}
