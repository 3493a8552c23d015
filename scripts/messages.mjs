// `node scripts/messages.mjs`: compiles the messages after a change of packages/views/messages. The launcher does it by
// itself, and so do the tests.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chooseNode } from "./launch/install.mjs";
import { compileMessages } from "./launch/messages.mjs";
import { LaunchError } from "./launch/say.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

try {
  const isChanged = await compileMessages(root, chooseNode(root));
  console.log(isChanged ? "The messages are compiled." : "The messages have not changed.");
} catch (error) {
  if (!(error instanceof LaunchError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
