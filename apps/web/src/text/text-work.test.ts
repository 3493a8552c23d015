import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TextJob } from "./text-job.ts";
import { DEADLINE_MS, TextWork } from "./text-work.ts";
import type { TextWorker } from "./text-work.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A worker that answers "slow" never, "broken" with an error, and everything else at once. */
function workers() {
  const seen = { started: 0, ended: 0, jobs: [] as TextJob[] };
  const start = (): TextWorker => {
    seen.started += 1;
    const worker: TextWorker = {
      onmessage: null,
      onerror: null,
      terminate: () => (seen.ended += 1),
      postMessage: (job) => {
        seen.jobs.push(job);
        queueMicrotask(() => {
          if (job.text === "broken") return worker.onerror?.({});
          worker.onmessage?.({ data: { kind: "begun" } });
          if (job.text !== "slow") worker.onmessage?.({ data: { kind: "done", result: [{ kind: "rule" }] } });
        });
      },
    };
    return worker;
  };
  return { seen, work: new TextWork(start) };
}

test("[T52] a job past its deadline is given up with its worker, and the next gets a new one", async () => {
  const { seen, work } = workers();
  const slow = work.run({ kind: "parse", text: "slow" });
  const next = work.run({ kind: "parse", text: "next" });
  await vi.advanceTimersByTimeAsync(DEADLINE_MS - 1);
  expect(seen).toMatchObject({ started: 1, ended: 0 });
  await vi.advanceTimersByTimeAsync(1);
  expect(await slow).toBeNull();
  expect(await next).toEqual([{ kind: "rule" }]);
  expect(seen).toMatchObject({ started: 2, ended: 1 });
});

test("one worker does one job after another", async () => {
  const { seen, work } = workers();
  expect(await work.run({ kind: "parse", text: "a" })).toEqual([{ kind: "rule" }]);
  expect(await work.run({ kind: "parse", text: "b" })).toEqual([{ kind: "rule" }]);
  expect(seen).toMatchObject({ started: 1, ended: 0 });
});

test("a worker that breaks, or can't be had, leaves the text as it was typed", async () => {
  const { seen, work } = workers();
  expect(await work.run({ kind: "parse", text: "broken" })).toBeNull();
  expect(await work.run({ kind: "parse", text: "a" })).toEqual([{ kind: "rule" }]);
  expect(seen).toMatchObject({ started: 2, ended: 1 });
  const none = new TextWork(() => {
    throw new Error("no workers here");
  });
  expect(await none.run({ kind: "parse", text: "a" })).toBeNull();
});
