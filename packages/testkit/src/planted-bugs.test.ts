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

const SEEDS_MAX = 12;

/** Runs seeds until one fails. @returns what it found */
async function caught(plants: Plants): Promise<string[]> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const { findings } = await simulate({ seed, plants }).catch((error: unknown) => ({ findings: [String(error)] }));
    if (findings.length > 0) return findings;
  }
  return [];
}

test("a server that doesn't know a repeated send again is caught", async () => {
  expect((await caught({ delivery: noDedupe() })).join("\n")).toMatch(/one post is in the log at|told that/);
});

test("a server that acknowledges before it commits is caught (T48)", async () => {
  expect((await caught({ forgetsLastAppend: true })).join("\n")).toMatch(
    /was told that .* is accepted, and no log holds it|stopped without cause|log/,
  );
});

test("a server without compare-and-set is caught (T24, T35)", async () => {
  expect((await caught({ delivery: noCompareAndSet })).join("\n")).toMatch(
    /an accepted post can't be read|different epochs/,
  );
});

test("clients that don't hold the roster against the tree are caught (T14)", async () => {
  planted.rosterUnchecked = true;
  try {
    expect((await caught({})).join("\n")).toMatch(
      /a member's conversation is|of a log of|wasn't a member|other members than/,
    );
  } finally {
    planted.rosterUnchecked = false;
  }
});

test("a device that moves its cursor before it has the state is caught (T46)", async () => {
  expect((await caught({ store: cursorBeforeState })).join("\n")).toMatch(
    /an accepted post can't be read|stopped without cause|different epochs|damaged/,
  );
});

test("a device that saves a ratchet after the ciphertext has left is caught (T46)", async () => {
  expect((await caught({ store: ratchetAfterSend })).join("\n")).toMatch(
    /stopped without cause|clone|a post that no device made/,
  );
});
