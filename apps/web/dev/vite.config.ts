import { fileURLToPath } from "node:url";
import { mergeConfig } from "vite";
import product from "../vite.config.ts";

/** The pages of dev/ alone, into a folder that is never served to people. */
export default mergeConfig(product, {
  root: fileURLToPath(new URL("..", import.meta.url)),
  build: {
    outDir: fileURLToPath(new URL("../../../.cache/web-dev", import.meta.url)),
    emptyOutDir: true,
    rolldownOptions: { input: fileURLToPath(new URL("index.html", import.meta.url)) },
  },
});
