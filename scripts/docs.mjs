// `node scripts/docs.mjs`: moves the line numbers in the docs to where the code stands now.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { docsIn, mend, problemsIn } from "./docs/references.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
for (const doc of docsIn(root)) {
  const changed = mend(root, doc);
  if (changed > 0) console.log(`${doc}: ${changed} line number${changed === 1 ? "" : "s"} moved`);
  for (const problem of problemsIn(root, doc)) {
    console.error(problem);
    process.exitCode = 1;
  }
}
