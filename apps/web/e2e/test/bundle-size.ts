import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** KiB, gzipped, of the scripts that a built app's page names, the preloaded ones too, and of what they import at once. */
export function pageKiB(dist: string): number {
  const html = readFileSync(join(dist, "index.html"), "utf8");
  const named = [...html.matchAll(/<(?:script|link rel="modulepreload")[^>]*\s(?:src|href)="([^"]+)"/g)];
  return kib(reachable(named.map(([, path]) => join(dist, path ?? ""))));
}

/** The same of the worker in which the engine lives. */
export function workerKiB(dist: string): number {
  const assets = join(dist, "assets");
  const named = readdirSync(assets).filter((name) => /^engine-worker.*\.js$/.test(name));
  return kib(reachable(named.map((name) => join(assets, name))));
}

const kib = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0) / 1024;

/** A bundle's files that are loaded before anything runs: static imports only. */
function reachable(entries: readonly string[], found = new Set<string>()): Set<string> {
  for (const file of entries) {
    if (found.has(file)) continue;
    found.add(file);
    const code = readFileSync(file, "utf8");
    const imports = [...code.matchAll(/(?:^|[;}\n])(?:import|export)\s*(?:[^"'();]*?from)?\s*["'](\.[^"']+)["']/g)];
    reachable(
      imports.map(([, path]) => join(file, "..", path ?? "")),
      found,
    );
  }
  return found;
}
