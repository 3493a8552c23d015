import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { checkLayers } from "./layers.mjs";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** A small workspace with the given files; every package can be imported by its name, as in the real one. */
function workspace(files: Record<string, string>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "layers-")));
  made.push(root);
  const rooms = [
    "packages/protocol",
    "packages/crypto",
    "packages/mls",
    "packages/engine",
    "packages/delivery",
    "packages/testkit",
    "packages/views",
  ];
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  mkdirSync(join(root, "node_modules/@sotto"), { recursive: true });
  for (const room of [...rooms, "apps/web"]) {
    const name = `@sotto/${room.split("/")[1]}`;
    const exports = { ".": "./src/index.ts", "./verify": "./src/verify.ts" };
    write(`${room}/package.json`, JSON.stringify({ name, type: "module", exports }));
    write(`${room}/src/index.ts`, "export const here: boolean = true;\n");
    symlinkSync(join(root, room), join(root, "node_modules", name));
  }
  write("packages/crypto/src/verify.ts", "export const sound: boolean = true;\n");
  write("node_modules/ts-mls/package.json", JSON.stringify({ name: "ts-mls", main: "index.js" }));
  write("node_modules/ts-mls/index.js", "");
  for (const [path, content] of Object.entries(files)) write(path, content);
  return root;
}

const importing = (what: string) => `import { here } from "${what}";\nexport const there: boolean = here;\n`;

test("imports along the arrows are fine", async () => {
  const root = workspace({
    "packages/engine/src/a.ts": importing("@sotto/protocol"),
    "packages/delivery/src/a.ts": importing("@sotto/crypto/verify"),
    "packages/delivery/src/a.test.ts": importing("@sotto/testkit"),
    "packages/delivery/src/b.test.ts": importing("../../testkit/src/index.ts"),
    "packages/mls/src/a.ts": `import "ts-mls";\n`,
    "packages/views/src/a.ts": `import type { here } from "@sotto/engine";\nexport type There = typeof here;\n`,
  });
  const { files, violations } = await checkLayers(root);
  expect(violations).toEqual([]);
  expect(files).toBeGreaterThan(4);
});

test.each([
  ["layer-protocol", "packages/protocol/src/a.ts", importing("@sotto/engine")],
  ["layer-engine", "packages/engine/src/a.ts", importing("@sotto/delivery")],
  [
    "layer-engine",
    "packages/engine/src/a.ts",
    `import type { here } from "@sotto/delivery";\nexport type There = typeof here;\n`,
  ],
  ["layer-delivery", "packages/delivery/src/a.ts", importing("@sotto/crypto")],
  ["layer-web", "apps/web/src/a.tsx", importing("@sotto/mls")],
  ["testkit-in-tests-only", "packages/engine/src/a.ts", importing("@sotto/testkit")],
  ["one-door-to-mls", "packages/engine/src/a.ts", `import "ts-mls";\n`],
  ["views-know-engine-types-only", "packages/views/src/a.ts", importing("@sotto/engine")],
  ["pure-without-node", "packages/engine/src/a.ts", `import "node:fs";\n`],
  ["through-the-door", "packages/engine/src/a.ts", importing("../../protocol/src/index.ts")],
  ["no-circles", "packages/engine/src/index.ts", `import "./a.ts";\nexport const here: boolean = true;\n`],
  ["nothing-missing", "packages/engine/src/a.ts", importing("./nowhere.ts")],
])("%s: broken by %s", async (rule, path, content) => {
  const root = workspace({ "packages/engine/src/a.ts": importing("./index.ts"), [path]: content });
  const { violations } = await checkLayers(root);
  expect(violations.map((line) => line.split(":")[0])).toContain(rule);
});
