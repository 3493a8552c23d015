// The program `sotto` as plain JavaScript: our packages and the libraries that they use, in one folder.
import { defineConfig } from "rolldown";

export default defineConfig({
  input: "apps/cli/src/main.ts",
  platform: "node",
  // Packages with binaries inside find these beside their own files.
  external: [/^node:/, "better-sqlite3-multiple-ciphers", "@serenity-kit/opaque"],
  // Never "import" here: it would answer a `require("ws")` inside a library with the ESM wrapper.
  resolve: { conditionNames: ["node", "module-sync"] },
  output: { format: "esm", entryFileNames: "main.js", chunkFileNames: "[name]-[hash].js", sourcemap: true },
});
