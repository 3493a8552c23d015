// `node scripts/docs.mjs`: brings the docs up to the code: line numbers, and which attacks are mounted by tests.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { docsIn, mend, problemsIn } from "./docs/references.mjs";
import { mendThreats } from "./docs/threats.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
if (mendThreats(root)) console.log("docs/threat-model.md: tests of attacks brought up to date");
for (const doc of docsIn(root)) {
  const changed = mend(root, doc);
  if (changed > 0) console.log(`${doc}: ${changed} line number${changed === 1 ? "" : "s"} moved`);
  for (const problem of problemsIn(root, doc)) {
    console.error(problem);
    process.exitCode = 1;
  }
}
