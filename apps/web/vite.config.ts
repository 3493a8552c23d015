import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

const EMOJI_FILES = [
  { name: "en/data.json", file: import.meta.resolve("emojibase-data/en/data.json") },
  { name: "en/shortcodes.json", file: import.meta.resolve("emojibase-data/en/shortcodes/iamcal.json") },
  { name: "en/messages.json", file: import.meta.resolve("emojibase-data/en/messages.json") },
  { name: "de/data.json", file: import.meta.resolve("emojibase-data/de/data.json") },
  { name: "de/messages.json", file: import.meta.resolve("emojibase-data/de/messages.json") },
];

/** The emoji picker's data, served by us: nothing is fetched from anywhere else. */
function emojiData(): Plugin {
  return {
    name: "sotto-emoji-data",
    configureServer(server) {
      server.middlewares.use("/emoji", (request, response, next) => {
        const found = EMOJI_FILES.find(({ name }) => request.url === `/${name}`);
        if (found === undefined) return next();
        response.setHeader("content-type", "application/json");
        response.end(readFileSync(new URL(found.file)));
      });
    },
    generateBundle() {
      for (const { name, file } of EMOJI_FILES)
        this.emitFile({ type: "asset", fileName: `emoji/${name}`, source: readFileSync(new URL(file)) });
    },
  };
}

/** What the about page names. */
const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

export default defineConfig({
  define: { __SOTTO_VERSION__: JSON.stringify(version) },
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
