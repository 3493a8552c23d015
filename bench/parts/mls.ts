import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { groupOf, type PostRows, rowsOfPosts } from "../../packages/mls/bench/measure.ts";
import { launchChromium } from "../chromium.ts";
import type { Figure } from "../figure.ts";
import { measure, type Round } from "../page/measure.ts";
import type { Told } from "../page/worker.ts";
import { medianOf } from "../statistics.ts";
import { measureStore } from "./store.ts";

const ROUNDS = 5;
const SIZES = [10, 100, 1_000];
const AGE = 2_000;

/** The door to MLS and the price of a password, in Node and in Chromium; the rows of a group that a post changes. */
export async function measureMls(notes: string[]): Promise<Figure[]> {
  const node: Round[] = [];
  await measure(ROUNDS, { now: () => performance.now(), cpu: processorMs }, (round) => node.push(round));
  const browser = await inChromium();
  if (browser[0]?.provider === "portable")
    notes.push("This Chromium has no ML-KEM: X-Wing runs in JavaScript there, which is what its path commits cost.");
  return [
    ...figuresOf("Node", node),
    ...figuresOf("Chromium", browser),
    ...(await rowFigures()),
    ...(await measureStore()),
  ];
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function figuresOf(where: string, rounds: readonly Round[]): Figure[] {
  const figure = (name: string, rest: Omit<Figure, "part" | "name">): Figure => ({
    part: "mls",
    name: `${name}, ${where}`,
    ...rest,
  });
  const posts = (["seal", "open"] as const).flatMap((step) => {
    const value = medianOf(rounds, ({ posts: { ours } }) => ours[step].ms);
    const library = medianOf(rounds, ({ posts: { library } }) => library[step].ms);
    const ratio = medianOf(rounds, ({ posts: { ours, library } }) => library[step].ms / ours[step].ms);
    const rival = { name: "library's provider", value: library };
    return [
      figure(`${step} 1 KiB, group of 100`, { value, unit: "ms", bar: { kind: "at-most", value: 0.35 } }),
      figure(`${step}, times faster`, { value, unit: "ms", rival, bar: { kind: "ratio-at-least", value: 2, ratio } }),
    ];
  });
  const cpu = (["seal", "open"] as const).flatMap((step) => {
    const value = medianOf(rounds, ({ posts: { ours } }) => ours[step].cpuMs ?? Number.NaN);
    const library = medianOf(rounds, ({ posts: { library } }) => library[step].cpuMs ?? Number.NaN);
    if (Number.isNaN(value)) return [];
    return [
      figure(`${step}, CPU`, {
        value,
        unit: "ms",
        rival: { name: "library's provider", value: library },
        bar: { kind: "none" },
      }),
    ];
  });
  return [
    ...posts,
    ...cpu,
    figure("path commit made, group of 100", {
      value: medianOf(rounds, ({ commits }) => commits.make.ms),
      unit: "ms",
      bar: { kind: "at-most", value: 150 },
    }),
    figure("path commit processed, group of 100", {
      value: medianOf(rounds, ({ commits }) => commits.process.ms),
      unit: "ms",
      bar: { kind: "at-most", value: 60 },
    }),
    figure("password: Argon2id of a sign-up", {
      value: medianOf(rounds, ({ password }) => password),
      unit: "ms",
      bar: { kind: "none" },
    }),
  ];
}

async function rowFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of SIZES) {
    const rows: PostRows = await rowsOfPosts(await groupOf(size), AGE);
    const figure = (what: string, value: number): Figure => ({
      part: "mls",
      name: `group's rows for a post, ${size} devices, ${what}`,
      value,
      unit: "bytes",
      bar: { kind: "at-most", value: 4096 },
    });
    figures.push(figure("leaf's first", rows.first), figure("young", rows.young), figure(`${AGE} posts old`, rows.old));
  }
  return figures;
}

/** The same code, bundled as it ships (Vite), in a worker of a page. */
async function inChromium(): Promise<Round[]> {
  const outDir = mkdtempSync(join(tmpdir(), "sotto-bench-page-"));
  const page = await bundle(outDir).then(() => servePage(outDir));
  const browser = await launchChromium();
  try {
    const tab = await browser.newPage();
    await tab.goto(page.url);
    const rounds: Round[] = [];
    const told = await tab.evaluate(
      (source) =>
        new Promise<Told[]>((resolve) => {
          const all: Told[] = [];
          const worker = new Worker(source, { type: "module" });
          worker.addEventListener("error", ({ message }) => resolve([{ kind: "failed", message }]));
          worker.addEventListener("message", ({ data }: MessageEvent<Told>) => {
            all.push(data);
            if (data.kind !== "round") resolve(all);
          });
        }),
      `/worker.js?rounds=${ROUNDS}`,
    );
    for (const each of told) {
      if (each.kind === "failed") throw new Error(`in Chromium: ${each.message}`);
      if (each.kind === "round") rounds.push(each.round);
    }
    return rounds;
  } finally {
    await browser.close();
    page.close();
    rmSync(outDir, { recursive: true, force: true });
  }
}

async function bundle(outDir: string): Promise<void> {
  const entry = fileURLToPath(import.meta.resolve("../page/worker.ts"));
  await build({
    root: join(import.meta.dirname, "..", "page"),
    configFile: false,
    logLevel: "error",
    build: { outDir, target: "es2023", lib: { entry, formats: ["es"], fileName: () => "worker.js" } },
  });
}

function servePage(folder: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    // A page isolated from others has a clock of 5 us, another one of 100.
    response.setHeader("cross-origin-opener-policy", "same-origin");
    response.setHeader("cross-origin-embedder-policy", "require-corp");
    const name = basename(new URL(request.url ?? "/", "http://localhost").pathname);
    if (name === "") {
      response.setHeader("content-type", "text/html").end("<!doctype html><title>bench</title>");
      return;
    }
    response.setHeader("content-type", "text/javascript");
    createReadStream(join(folder, name))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () =>
      resolve({
        url: `http://localhost:${(server.address() as AddressInfo).port}/`,
        close: () => void server.close(),
      }),
    ),
  );
}
