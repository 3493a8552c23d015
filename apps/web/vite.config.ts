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

/** What is shown first: asked for with the page, and not when the script that starts the engine comes to it. */
const FIRST_SHOWN = "/src/show.tsx";

/** Names in the page what its scripts import at once, so that all of it is fetched together. */
function preloads(): Plugin {
  return {
    name: "sotto-preloads",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const chunks = new Map(
          Object.values(bundle).flatMap((output) => (output.type === "chunk" ? [[output.fileName, output]] : [])),
        );
        const found = new Set<string>();
        const take = (name: string): void => {
          const chunk = chunks.get(name);
          if (chunk === undefined || found.has(name)) return;
          found.add(name);
          chunk.imports.forEach(take);
        };
        for (const { fileName, isEntry, facadeModuleId } of chunks.values())
          if (isEntry || facadeModuleId?.endsWith(FIRST_SHOWN) === true) take(fileName);
        return [...found]
          .filter((name) => chunks.get(name)?.isEntry === false)
          .map((name) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `/${name}` },
            injectTo: "head" as const,
          }));
      },
    },
  };
}

/** What the about page names. */
const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

export default defineConfig({
  define: { __SOTTO_VERSION__: JSON.stringify(version) },
  plugins: [react(), emojiData(), preloads()],
  worker: { format: "es" },
  build: {
    target: "es2023",
    // All of these know oklch(): colours go out as they are written, not as the nearest of an older kind.
    cssTarget: ["chrome120", "firefox120", "safari17"],
    // Inlined assets would be data: addresses, which the page's policy doesn't allow for fonts.
    assetsInlineLimit: 0,
    // By links in the page (preloads). By script it is not needed: the few late parts are small, and the helper would add inline code.
    modulePreload: false,
  },
});
