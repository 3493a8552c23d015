// Adds to package-lock.json the optional packages of other platforms that npm has left out.
//
// A package with a binary names one package for each platform, at its own version. Where a registry doesn't carry one of
// them, `npm install` drops it from the lockfile without a word, and `npm ci` then refuses the lockfile as incomplete, on
// every platform. An entry with its version and platform is all that npm needs: it is fetched only where it is for.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Entry
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {boolean} [dev]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 * @property {Record<string, string>} [optionalDependencies]
 */

const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"];

/**
 * The optional packages that the lockfile's own packages name and that it does not hold.
 * @param {Record<string, Entry>} packages  as in package-lock.json
 * @returns {Record<string, Entry>} what to add
 * @throws {Error} an entry is missing whose platform its name doesn't tell
 */
export function missingPlatforms(packages) {
  /** @type {Record<string, Entry>} */
  const missing = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (foundFrom(path, name, packages)?.version === version || !/^\d+\.\d+\.\d+/.test(version)) continue;
      // Beside whoever needs it, as npm would put it.
      const place = `${path.includes("node_modules/") ? path.slice(0, path.lastIndexOf("node_modules/")) : ""}node_modules/${name}`;
      missing[place] = { version, ...platformOf(name), ...(entry.dev === true ? { dev: true } : {}), optional: true };
    }
  }
  return missing;
}

/**
 * What Node, starting from a package, would find under a name.
 * @param {string} path
 * @param {string} name
 * @param {Record<string, Entry>} packages
 * @returns {Entry | undefined}
 */
function foundFrom(path, name, packages) {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const found = packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`];
    if (found !== undefined || folder === "") return found;
    if (!folder.includes("/node_modules/")) folder = "";
  }
}

/**
 * @param {string} name  for example "@oxlint/binding-linux-arm64-musl"
 * @returns {{ os?: string[], cpu: string[], libc?: string[] }}
 */
function platformOf(name) {
  const words = (name.split("/").at(-1) ?? "").split("-");
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (cpu === undefined || (os === undefined && cpu !== "wasm32")) {
    throw new Error(`${name} is missing from the lockfile, and its name doesn't say which platform it is for.`);
  }
  const libc = os !== "linux" ? undefined : words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  const isNamed = words.some((word) => /^(gnu|musl)/.test(word));
  return {
    ...(os === undefined ? {} : { os: [os] }),
    cpu: [cpu],
    ...(libc === undefined || !isNamed ? {} : { libc: [libc] }),
  };
}

function main() {
  const file = join(dirname(fileURLToPath(import.meta.url)), "..", "package-lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const missing = missingPlatforms(lock.packages);
  const names = Object.keys(missing);
  if (names.length > 0) {
    const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, "en"));
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, undefined, 2)}\n`);
  }
  console.log(names.length === 0 ? "The lockfile is complete." : `Added to the lockfile:\n${names.join("\n")}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
