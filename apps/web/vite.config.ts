import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

const require = createRequire(import.meta.url);
const EMOJI_FILES = ["en/data.json", "en/messages.json"];

/** The emoji picker's data, served by us: nothing is fetched from anywhere else. */
function emojiData(): Plugin {
  const read = (name: string) => readFileSync(require.resolve(`emojibase-data/${name}`));
  return {
    name: "sotto-emoji-data",
    configureServer(server) {
      server.middlewares.use("/emoji", (request, response, next) => {
        const name = EMOJI_FILES.find((file) => request.url === `/${file}`);
        if (name === undefined) return next();
        response.setHeader("content-type", "application/json");
        response.end(read(name));
      });
    },
    generateBundle() {
      for (const name of EMOJI_FILES) this.emitFile({ type: "asset", fileName: `emoji/${name}`, source: read(name) });
    },
  };
}

export default defineConfig({
  plugins: [react(), emojiData()],
  worker: { format: "es" },
  build: {
    target: "es2023",
    // All of these know oklch(): colours go out as they are written, not as the nearest of an older kind.
    cssTarget: ["chrome120", "firefox120", "safari17"],
    // Inlined assets would be data: addresses, which the page's policy doesn't allow for fonts.
    assetsInlineLimit: 0,
    // Preloading by script is not needed: the few late parts are small. The helper would add inline code.
    modulePreload: false,
  },
});
