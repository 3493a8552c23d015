import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

// A project of its own around the real launcher: one package, one program, nothing to install.
const real = join(dirname(fileURLToPath(import.meta.url)), "..");
let root = "";

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "launch-")));
  for (const part of ["bin", "scripts", "tsconfig.base.json"])
    cpSync(join(real, part), join(root, part), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  for (const name of ["rolldown", "@rolldown", "@oxc-project"])
    symlinkSync(join(real, "node_modules", name), join(root, "node_modules", name));
  write("package.json", JSON.stringify({ name: "small", type: "module" }));
  write("package-lock.json", JSON.stringify({ packages: {} }));
  write("node_modules/.package-lock.json", JSON.stringify({ packages: {} }));
  write("packages/said/package.json", JSON.stringify({ name: "@sotto/said", type: "module" }));
  write("packages/said/src/index.ts", 'export const said: string = "one";\n');
  write(
    "apps/cli/package.json",
    JSON.stringify({ name: "@sotto/cli", type: "module", dependencies: { "@sotto/said": "*" } }),
  );
  write(
    "apps/cli/src/main.ts",
    `import { said } from "../../../packages/said/src/index.ts";
const args: string[] = process.argv.slice(2);
if (args[0] === "wait") {
  process.on("SIGTERM", () => {
    console.log("drained");
    process.exit(0);
  });
  setInterval(() => {}, 1_000);
  console.log("ready");
} else {
  process.emitWarning("not yet settled", "ExperimentalWarning");
  for await (const chunk of process.stdin) console.log(said, ...args, String(chunk).trim());
  process.exitCode = 7;
}
`,
  );
});
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function start(command: string, args: string[], environment: Record<string, string> = {}) {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const child = spawn(command, args, { cwd: tmpdir(), env: { ...env, ...environment }, stdio: "pipe" });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (output.stderr += String(chunk)));
  const ended = once(child, "close").then(([code]) => ({ ...output, code: Number(code) }));
  return { child, ended };
}

function sotto(...args: string[]) {
  const { child, ended } = start(process.execPath, [join(root, "bin/sotto"), ...args]);
  child.stdin.end("hi\n");
  return ended;
}

test("builds once, keeps stdout for the program, and passes on stdin, arguments and exit code", async () => {
  const first = await sotto("send", "@bob");
  expect(first).toEqual({ stdout: "one send @bob hi\n", stderr: "sotto: building cli\n", code: 7 });
  const second = await sotto("send", "@bob");
  expect(second).toEqual({ stdout: "one send @bob hi\n", stderr: "", code: 7 });
});

test("builds again when a package that it is made from has changed, and not for a test", async () => {
  await sotto();
  write("packages/said/src/index.test.ts", "// new\n");
  expect((await sotto()).stderr).toBe("");
  write("packages/said/src/index.ts", 'export const said: string = "two";\n');
  expect(await sotto()).toEqual({ stdout: "two hi\n", stderr: "sotto: building cli\n", code: 7 });
});

test("many at once build once", async () => {
  write("packages/said/src/index.ts", 'export const said: string = "three";\n');
  const all = await Promise.all([sotto("a"), sotto("b"), sotto("c")]);
  expect(all.map(({ stdout }) => stdout)).toEqual(["three a hi\n", "three b hi\n", "three c hi\n"]);
  expect(all.filter(({ stderr }) => stderr.includes("building cli"))).toHaveLength(1);
});

test("a build that fails is said, and is tried again", async () => {
  write("packages/said/src/index.ts", "export const said: string = ;\n");
  const broken = await sotto();
  expect(broken).toMatchObject({ stdout: "", code: 1 });
  expect(broken.stderr).toContain("sotto: building cli failed");
  write("packages/said/src/index.ts", 'export const said: string = "four";\n');
  expect((await sotto()).stdout).toBe("four hi\n");
});

test("an unknown command is one sentence", async () => {
  const { ended } = start(process.execPath, [join(root, "scripts/launch.mjs"), "dance"]);
  expect(await ended).toEqual({ stdout: "", stderr: expect.stringMatching(/^sotto: .*"dance".*\n$/), code: 1 });
});

/** What the launcher does where the running Node is too old: the program is a child. */
const asChild = () => {
  const run = JSON.stringify(join(root, "scripts/launch/run.mjs"));
  const main = JSON.stringify(join(root, "apps/cli/dist/main.js"));
  const code = `import(${run}).then((run) => run.become(process.execPath, [${main}, ...process.argv.slice(1)], {}))`;
  return ["-e", code, "--"];
};

test.each([
  ["in this process", () => [join(root, "bin/sotto")]],
  ["as a child", asChild],
])("a program that runs %s is stopped in good order", async (_, args) => {
  await sotto();
  const { child, ended } = start(process.execPath, [...args(), "wait"]);
  await once(child.stdout, "data"); // "ready"
  child.kill("SIGTERM");
  expect(await ended).toEqual({ stdout: "ready\ndrained\n", stderr: "", code: 0 });
});

test("a child's stdin, stdout and exit code are ours", async () => {
  await sotto();
  const { child, ended } = start(process.execPath, [...asChild(), "send"]);
  child.stdin.end("hi\n");
  expect(await ended).toMatchObject({ stdout: expect.stringContaining("send hi"), code: 7 });
});

test.skipIf(process.platform === "win32")("started by npm, it goes when npm's shell goes", async () => {
  await sotto();
  const line = `"${process.execPath}" "${join(root, "bin/sotto")}" wait; true`; // "; true" keeps the shell from becoming Node
  const { child, ended } = start("sh", ["-c", line], { npm_lifecycle_event: "start" });
  await once(child.stdout, "data"); // "ready"
  child.kill("SIGTERM");
  expect((await ended).stdout).toBe("ready\ndrained\n"); // its end closes the pipe that the shell has left to it
});

test("a program in our place is given the terminal, and the descriptors that its arguments name for secrets", async () => {
  const { descriptorsFor } = await import("./launch/run.mjs");
  const terminal = ["inherit", "inherit", "inherit"];
  expect(descriptorsFor(["serve"])).toEqual(terminal);
  expect(descriptorsFor(["sign-in", "ada", "--password-fd", "3"])).toEqual([...terminal, 3]);
  expect(descriptorsFor(["sign-in", "ada", "--password-fd=5"])).toEqual([...terminal, "ignore", "ignore", 5]);
  expect(descriptorsFor(["recover", "--recovery-key-fd=6", "--new-password-fd", "4"])).toEqual([
    ...terminal,
    "ignore",
    4,
    "ignore",
    6,
  ]);
  expect(descriptorsFor(["send", "@ada", "3"])).toEqual(terminal);
  expect(descriptorsFor(["sign-in", "--password-fd", "0"])).toEqual(terminal);
  expect(descriptorsFor(["sign-in", "--password-fd", "many"])).toEqual(terminal);
});
