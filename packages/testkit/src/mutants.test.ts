import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Mutation } from "./mutation.ts";

// Bugs in the product's own files, each planted for a few histories: at least one of them has to show it. The first seed is one that
// does; those after it are for the day when the histories have changed.

type Mutant = Mutation & { bug: string; from: number; shows: RegExp };

const SEEDS_MAX = 60;

const MUTANTS: readonly Mutant[] = [
  {
    bug: "a read position that the last writer decides, not the one who read furthest",
    file: "packages/engine/src/sync/sync-state.ts",
    find: "if (onlyGrows(next.key)) {",
    replace: 'if (next.key === "" && onlyGrows(next.key)) {',
    from: 211,
    shows: /unread in .* were never seen/,
  },
  {
    bug: "no new generation of the archive when a device is revoked",
    file: "packages/engine/src/account/revoke-device.ts",
    find: "return [...archiveKeys, { generation: newest + 1, key: ports.random(32) }];",
    replace: "return newest < 0 ? [] : archiveKeys;",
    from: 3,
    shows: /the newest key of the archive is one that a revoked device took with it/,
  },
  {
    bug: "ended devices whose leaves nobody takes out",
    file: "packages/engine/src/conversation/tidy.ts",
    find: "chainJudge.revokes(chain, leaf.identity) ? [{ leaf, chain }] : []",
    replace: "chain.length === 0 ? [{ leaf, chain }] : []",
    from: 2,
    shows: /the ended device .* still has a leaf/,
  },
  {
    bug: "posts that leave before their sender's key is in the archive, which it never is",
    file: "packages/engine/src/conversation/send-posts.ts",
    find: "storeArchiveRecords(context, id, records);\n",
    replace: "",
    from: 1,
    shows: /an accepted post can't be read/,
  },
  {
    bug: "requests for missing keys that nobody answers",
    file: "packages/engine/src/history/answer-keys.ts",
    find: "if (keys.length === 0 || isCovered || !this.#isAmong(this.#answers, sender, post, ANSWERS_AN_HOUR)) {",
    replace: "if (keys.length >= 0 || isCovered) {",
    from: 4,
    shows: /keys missing, though .* has it/,
  },
  {
    bug: "an old disk that doesn't mind its own unknown words in the log",
    file: "packages/engine/src/conversation/read-entry.ts",
    find: 'return isKnown ? refuse("unprotect", "replayed") : stopped(base, moved, "clone", "unknown own ciphertext");',
    replace: 'return refuse("unprotect", isKnown ? "replayed" : "names our leaf");',
    from: 40,
    shows: /used a key twice/,
  },
  {
    bug: "versions that are kept and not shown",
    file: "packages/engine/src/timeline/marks.ts",
    find: 'case "edit":\n      return refold(store, me, conversation, target);',
    replace: 'case "edit":\n      return;',
    from: 4,
    shows: /doesn't show the last version/,
  },
  {
    bug: "strangers who are told what one does before one lets them in",
    file: "packages/engine/src/requests/requests.ts",
    find: "return !hasWritten(context, record);",
    replace: "return record.counter > 0 && !hasWritten(context, record);",
    from: 3,
    shows: /told strangers/,
  },
];

/**
 * Runs these histories one after the other, in a thread of their own, until one shows the bug or `stop` is aborted.
 * @returns what was found, and whether it shows the bug
 */
function search(
  { shows, ...mutation }: Mutant,
  seeds: readonly number[],
  stop: AbortController,
): Promise<{ isCaught: boolean; findings: string[] }> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("mutant-worker.ts", import.meta.url), { workerData: { mutation, seeds } });
    const all: string[] = [];
    stop.signal.addEventListener("abort", () => void worker.terminate());
    worker.on("message", ({ findings }: { findings: string[] }) => {
      all.push(...findings);
      const found = findings.filter((finding) => shows.test(finding));
      if (found.length === 0) return;
      resolve({ isCaught: true, findings: found });
      stop.abort();
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve({ isCaught: false, findings: all }));
  });
}

/** @returns what the first history found that shows the bug; everything that was found, if none does */
async function caught(mutant: Mutant): Promise<string[]> {
  const first = await search(mutant, [mutant.from], new AbortController());
  if (first.isCaught) return first.findings;
  const seeds = Array.from({ length: SEEDS_MAX - 1 }, (_, index) => mutant.from + 1 + index);
  const threads = availableParallelism();
  const stop = new AbortController();
  const shares = Array.from({ length: threads }, (_, share) =>
    seeds.filter((_each, index) => index % threads === share),
  );
  const found = await Promise.all(shares.map((share) => search(mutant, share, stop)));
  return found.find(({ isCaught }) => isCaught)?.findings ?? [first, ...found].flatMap(({ findings }) => findings);
}

test.each(MUTANTS)("$bug: caught", async (mutant) => {
  expect((await caught(mutant)).join("\n")).toMatch(mutant.shows);
});

test("a bug whose place is gone doesn't go unplanted", async () => {
  const gone = {
    bug: "none",
    file: "packages/engine/src/conversation/tidy.ts",
    find: "no such text",
    replace: "",
    from: 1,
    shows: /./,
  };
  await expect(caught(gone)).rejects.toThrow(/doesn't hold this once/);
});
