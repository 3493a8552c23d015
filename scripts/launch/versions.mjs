// Which Node may run what. Everything under scripts/launch runs on Node >= 18 with no dependency installed.

/** The oldest Node that runs Sotto itself: `node:sqlite` with `StatementSync.columns()`. */
export const NODE_MIN = "22.16.0";

/** From this Node on `.ts` files run without a flag. */
export const TYPE_STRIPPING_MIN = "22.18.0";

/**
 * Compares two versions by their numbers; what follows a `-` or `+` is ignored.
 * @param {string} a  for example "v22.16.0"
 * @param {string} b
 * @returns {number} negative, 0 or positive, as for Array.sort
 */
export function compareVersions(a, b) {
  const left = numbers(a);
  const right = numbers(b);
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @param {string} version */
function numbers(version) {
  const core = version.replace(/^v/, "").split(/[-+]/)[0] ?? "";
  if (!/^\d+(\.\d+){0,2}$/.test(core)) throw new Error(`"${version}" is not a version.`);
  return core.split(".").map(Number);
}

/**
 * The npm package that holds the pinned Node for a platform.
 * @param {{ platform: string, arch: string, libc: string | undefined }} machine  as process.platform and process.arch say
 * @param {Record<string, string>} pinned  optionalDependencies of the root package.json
 * @returns {string | undefined} undefined where npm has none
 */
export function nodePackage({ platform, arch, libc }, pinned) {
  if (libc === "musl") return undefined; // those for Linux are made for glibc and don't start here
  const name = `node-${platform === "win32" ? "win" : platform}-${arch}`;
  return name in pinned ? name : undefined;
}
