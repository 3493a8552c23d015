// Before a test file is run on its own, as `npx vitest run packages/views` does: the messages as they are written now.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileMessages } from "../launch/messages.mjs";
import { LaunchError } from "../launch/say.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export default async function setup() {
  try {
    await compileMessages(root, process.execPath);
  } catch (error) {
    // A message that lacks its German fails the test of the messages, and no other.
    if (!(error instanceof LaunchError)) throw error;
    console.error(error.message);
  }
}
