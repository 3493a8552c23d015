import type * as Mls from "@sotto/mls";
import type { StagedCommit } from "@sotto/mls";
import { expect, test, vi } from "vitest";
import { cursorBeforeState, noCompareAndSet, noDedupe, ratchetAfterSend } from "./planted-bugs.ts";
import { simulate } from "./simulate.ts";
import type { Plants } from "./world.ts";

const planted = vi.hoisted(() => ({ rosterUnchecked: false }));

// The one bug that no port surrounds: the judge is inside the client. Here, and only here, it may be told to look away.
vi.mock("@sotto/mls", async (original) => {
  const mls = await original<typeof Mls>();
  return {
    ...mls,
    stageCommit: async (...[state, bytes, context]: Parameters<typeof mls.stageCommit>): Promise<StagedCommit> => {
      const staged = await mls.stageCommit(state, bytes, context);
      if (!planted.rosterUnchecked || staged.kind !== "skip" || staged.because !== "roster-mismatch") return staged;
      return mls.stageCommit(state, bytes, { ...context, roster: mls.rosterOf(state) });
    },
  };
});

// The first seed of each is one that shows the bug; those after it are for the day when the histories have changed.
const SEEDS_MAX = 50;

/** Runs seeds until one shows the bug. @returns what it found; everything that was found, if none does */
async function caught({ plants, from, shows }: { plants: Plants; from: number; shows: RegExp }): Promise<string> {
  const all: string[] = [];
  for (let seed = from; seed < from + SEEDS_MAX; seed++) {
    const { findings } = await simulate({ seed, plants }).catch((error: unknown) => ({ findings: [String(error)] }));
    if (findings.some((finding) => shows.test(finding))) return findings.join("\n");
    all.push(...findings);
  }
  return all.join("\n");
}

test("a server that doesn't know a repeated send again is caught", async () => {
  const shows = /one post is in the log at|told that/;
  expect(await caught({ plants: { delivery: noDedupe() }, from: 1, shows })).toMatch(shows);
});

test("a server that acknowledges before it commits is caught (T48)", async () => {
  const shows = /was told that .* is accepted, and no log holds it|stopped without cause|log/;
  expect(await caught({ plants: { forgetsLastAppend: true }, from: 1, shows })).toMatch(shows);
});

test("a server without compare-and-set is caught (T24, T35)", async () => {
  const shows = /an accepted post can't be read|different epochs/;
  expect(await caught({ plants: { delivery: noCompareAndSet }, from: 1, shows })).toMatch(shows);
});

test("clients that don't hold the roster against the tree are caught (T14)", async () => {
  planted.rosterUnchecked = true;
  try {
    const shows = /a member's conversation is|of a log of|wasn't a member|other members than/;
    expect(await caught({ plants: {}, from: 47, shows })).toMatch(shows);
  } finally {
    planted.rosterUnchecked = false;
  }
});

test("a device that moves its cursor before it has the state is caught (T46)", async () => {
  const shows = /an accepted post can't be read|stopped without cause|different epochs|damaged/;
  expect(await caught({ plants: { store: cursorBeforeState }, from: 34, shows })).toMatch(shows);
});

test("a device that saves a ratchet after the ciphertext has left is caught (T46)", async () => {
  const shows = /stopped without cause|clone|a post that no device made/;
  expect(await caught({ plants: { store: ratchetAfterSend }, from: 43, shows })).toMatch(shows);
});
