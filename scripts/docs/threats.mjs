// Which attacks of docs/threat-model.md are mounted by a test: its number stands in the test's title.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesIn } from "../launch/stale.mjs";

const DOC = "docs/threat-model.md";
const ROW = /^\| (T\d\d) \|(?:[^|]*\|){3}([^|]*)\|$/;
const TESTS = /\.(?:test|e2e)\.tsx?$|\/(?:[\w-]+-contract|hostile-[\w-]+)\.ts$/;

/**
 * @param {string} root
 * @returns {Map<string, Set<string>>} number of an attack, rooms whose tests name it in a title
 */
export function threatsInTests(root) {
  /** @type {Map<string, Set<string>>} */
  const rooms = new Map();
  for (const file of ["packages", "apps"].flatMap((folder) => filesIn(root, folder))) {
    if (!TESTS.test(file)) continue;
    const room = file.split("/").slice(0, 2).join("/");
    for (const line of readFileSync(join(root, file), "utf8").split("\n"))
      for (const threat of titleOf(line)?.match(/\bT\d\d\b/g) ?? [])
        rooms.set(threat, (rooms.get(threat) ?? new Set()).add(room));
  }
  return rooms;
}

/** What stands between quotes on a line that isn't a comment. @param {string} line */
function titleOf(line) {
  return /^\s*(?:\/\/|\/?\*)/.test(line) ? undefined : /"[^"]*"|`[^`]*`/.exec(line)?.[0];
}

/** What the threat model says: number of an attack, rooms. @param {string} root @returns {Map<string, string[]>} */
export function threatsInDocs(root) {
  const rows = readFileSync(join(root, DOC), "utf8").split("\n");
  return new Map(
    rows.flatMap((row) => {
      const [, threat, rooms] = ROW.exec(row) ?? [];
      return threat === undefined || rooms === undefined
        ? []
        : [[threat, [...rooms.matchAll(/`([^`]+)`/g)].map(([, room]) => room ?? "")]];
    }),
  );
}

/** Writes into the threat model which rooms have tests for which attack. @param {string} root */
export function mendThreats(root) {
  const path = join(root, DOC);
  const tested = threatsInTests(root);
  const text = readFileSync(path, "utf8");
  const mended = text
    .split("\n")
    .map((row) => {
      const [, threat, rooms] = ROW.exec(row) ?? [];
      if (threat === undefined || rooms === undefined) return row;
      const names = [...(tested.get(threat) ?? [])].sort().map((room) => `\`${room}\``);
      return `${row.slice(0, row.length - rooms.length - 1)} ${names.join(" ")} |`;
    })
    .join("\n");
  if (mended !== text) writeFileSync(path, mended);
  return mended !== text;
}
