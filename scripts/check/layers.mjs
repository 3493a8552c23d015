// Holds every import against .dependency-cruiser.mjs.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { cruise } from "dependency-cruiser";
import configuration from "../../.dependency-cruiser.mjs";

/**
 * @typedef {object} LayerReport
 * @property {number} files        how many files of ours were read
 * @property {string[]} violations one sentence each, with the rule's name
 */

/**
 * @param {string} root  a folder with packages/ and apps/ in it
 * @returns {Promise<LayerReport>}
 */
export async function checkLayers(root) {
  const folders = ["packages", "apps"].filter((folder) => readdirSync(root).includes(folder));
  const { output } = await cruise(
    folders,
    {
      baseDir: root,
      ruleSet: configuration,
      validate: true,
      parser: "swc",
      tsPreCompilationDeps: true,
      combinedDependencies: true,
      preserveSymlinks: false,
      exclude: { path: "(^|/)(dist|\\.cache|e2e/fixtures)/" },
      doNotFollow: { path: "node_modules" },
    },
    {
      extensions: [".ts", ".tsx", ".d.ts", ".js", ".mjs", ".json", ".css", ".html"],
      exportsFields: ["exports"],
      conditionNames: ["types", "import", "node", "default"],
    },
  );
  if (typeof output === "string") throw new Error("dependency-cruiser gave text where a result was asked for.");

  const read = new Set(output.modules.map((module) => module.source));
  const unread = folders.flatMap((folder) => typescriptIn(root, folder)).filter((file) => !read.has(file));
  return {
    files: [...read].filter((file) => /^(packages|apps)\//.test(file)).length,
    violations: [
      // A tool that can't parse TypeScript passes over it in silence, and everything is in order: not here.
      ...unread.map((file) => `unread: ${file} was not looked at`),
      ...output.modules.flatMap(pastTheDoor),
      ...output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
    ],
  };
}

/**
 * Other packages are imported by name, so that their `exports` decide what is public: "../../engine/src/x.ts" climbs in
 * through the window. Tests may.
 * @param {import("dependency-cruiser").IModule} module
 */
function pastTheDoor({ source, dependencies }) {
  if (/\.(test|e2e)\.tsx?$/.test(source)) return [];
  return dependencies
    .filter(
      ({ module, resolved, couldNotResolve }) =>
        !couldNotResolve && module.startsWith(".") && room(source) !== room(resolved),
    )
    .map(({ resolved }) => `through-the-door: ${source} -> ${resolved}`);
}

/** @param {string} path */
function room(path) {
  const [parent, name] = path.split("/");
  return parent === "packages" || parent === "apps" ? `${parent}/${name}` : undefined;
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function typescriptIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return /^(node_modules|dist|\.cache)$/.test(entry.name) ? [] : typescriptIn(root, path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : [];
  });
}
