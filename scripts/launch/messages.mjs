// Makes functions out of the messages: `packages/views/dist`, which `@sotto/views/messages` hands on.
//
// Paraglide compiles; its runtime is left out. That one finds the language by cookies, addresses and storage, and here
// the shell says which one it is (packages/views/src/locale.ts), so two lines take its place.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOCALES, MESSAGES, readMessageFiles, textsOf } from "./message-files.mjs";
import { runStep } from "./run.mjs";
import { LaunchError } from "./say.mjs";
import { filesIn, hashFiles } from "./stale.mjs";

/** @typedef {import("./message-files.mjs").Message} Message */

const RESULT = "packages/views/dist";
const MAKERS = ["scripts/launch/message-files.mjs", "scripts/launch/messages.mjs", "package-lock.json"];
const RUNTIME = `export { getLocale } from "../src/locale.ts";
export const experimentalStaticLocale = undefined;
`;

/**
 * @param {string} root
 * @returns {boolean} whether the functions are made from something else than the messages as they are now
 */
export function areMessagesStale(root) {
  if (filesIn(root, MESSAGES).length === 0) return false; // a project that speaks no word
  const stamp = join(root, RESULT, "messages.hash");
  return !existsSync(stamp) || readFileSync(stamp, "utf8") !== fingerprint(root);
}

/**
 * Compiles the messages if they have changed since.
 * @param {string} root
 * @param {string} node  the Node that runs the compiler
 * @returns {Promise<boolean>} whether there was anything to do
 * @throws {LaunchError} a message is missing in a language, takes other parameters there, or can't be compiled; what was
 *   compiled before stays in place
 */
export async function compileMessages(root, node) {
  if (!areMessagesStale(root)) return false;
  const made = fingerprint(root); // before compiling: an edit meanwhile counts as stale
  const { messages, parameters, problems } = readMessageFiles(root);
  if (problems.length > 0)
    throw new LaunchError(`The messages in ${MESSAGES} are not in order:\n${problems.join("\n")}`);

  // One folder for each process: two that compile at once write the same files and don't get in each other's way.
  const work = join(root, ".cache", `messages-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, "project.inlang"), { recursive: true });
  try {
    for (const locale of LOCALES) writeFileSync(join(work, `${locale}.json`), JSON.stringify(messages[locale]));
    writeFileSync(join(work, "project.inlang", "settings.json"), JSON.stringify(settings()));
    const compiler = join(root, "node_modules", "@inlang", "paraglide-js", "bin", "run.js");
    const options = ["--strategy", "globalVariable", "baseLocale", "--output-structure", "locale-modules", "--silent"];
    const paths = ["--project", "./project.inlang", "--outdir", "./out"];
    await runStep("compiling messages", node, [compiler, "compile", ...paths, ...options], { cwd: work });
    writeFileSync(join(work, "out", "runtime.js"), RUNTIME);
    writeFileSync(join(work, "out", "messages", "_index.d.ts"), declarations(messages["en"] ?? {}, parameters));
    const files = readdirSync(join(work, "out", "messages")).map((name) => `messages/${name}`);
    mkdirSync(join(root, RESULT, "messages"), { recursive: true });
    for (const file of ["runtime.js", "registry.js", ...files])
      renameSync(join(work, "out", file), join(root, RESULT, file));
    writeFileSync(join(work, "hash"), made);
    renameSync(join(work, "hash"), join(root, RESULT, "messages.hash"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return true;
}

function settings() {
  return {
    baseLocale: LOCALES[0],
    locales: LOCALES,
    // From disk: by its name it would be fetched from the network.
    modules: ["../../node_modules/@inlang/plugin-message-format/dist/index.js"],
    "plugin.inlang.messageFormat": { pathPattern: "./{locale}.json" },
  };
}

/**
 * The types of the functions: what each takes, and its English text for the editor.
 * @param {Record<string, Message>} texts
 * @param {import("./message-files.mjs").MessageFiles["parameters"]} parameters
 */
function declarations(texts, parameters) {
  const lines = [...parameters].map(([key, taken]) => {
    const fields = [...taken].map(([name, type]) => `${name}: ${type === "number" ? "number" : "string | number"}`);
    const inputs = fields.length === 0 ? "inputs?: Record<string, never>" : `inputs: { ${fields.join("; ")} }`;
    const text = textsOf(texts[key] ?? "")
      .join(" | ")
      .replaceAll("*/", "* /");
    return `/** ${text} */\nexport declare function ${key}(${inputs}, options?: Options): string;`;
  });
  return `export interface Options { locale?: ${LOCALES.map((each) => `"${each}"`).join(" | ")} }\n${lines.join("\n")}\n`;
}

/** @param {string} root */
function fingerprint(root) {
  return hashFiles(root, [...filesIn(root, MESSAGES), ...MAKERS]);
}
