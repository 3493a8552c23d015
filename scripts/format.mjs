// `npm run format`: writes every file as `npm run check` wants it; with paths, only those.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const paths = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [join(root, "node_modules/oxfmt/bin/oxfmt"), ...(paths.length > 0 ? paths : ["."])],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
);
process.exitCode = status ?? 1;
