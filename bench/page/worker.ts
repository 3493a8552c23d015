import { measure, type Round } from "./measure.ts";

/** What the worker says: each round, and that it was the last. */
export type Told = { kind: "round"; round: Round } | { kind: "done" } | { kind: "failed"; message: string };

const tell = (told: Told): void => postMessage(told);
const rounds = Number(new URLSearchParams(location.search).get("rounds"));
measure(rounds, { now: () => performance.now() }, (round) => tell({ kind: "round", round })).then(
  () => tell({ kind: "done" }),
  (error: unknown) => tell({ kind: "failed", message: String(error) }),
);
