import { useSyncExternalStore } from "react";
import type { Failure } from "@sotto/engine";
import { asFailure } from "@sotto/views";

export type Loaded<T> = { kind: "loading" } | { kind: "ready"; value: T } | { kind: "failed"; failure: Failure };

/** A question to the engine whose answer changes: asked again on {@link refresh}, one at a time, never in parallel. */
export class Query<T> {
  #state: Loaded<T> = { kind: "loading" };
  #listeners = new Set<() => void>();
  #asking = false;
  #askAgain = false;
  readonly #ask: () => Promise<T>;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): Loaded<T> => this.#state;

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Another account's answer is no answer. */
  forget(): void {
    this.#state = { kind: "loading" };
  }

  /** Asks now, or once more after the question that is under way. */
  async refresh(): Promise<void> {
    this.#askAgain = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#askAgain) {
      this.#askAgain = false;
      const before = this.#state;
      const answer = await this.#ask().then(
        (value): Loaded<T> => ({ kind: "ready", value }),
        // What was shown stays: an answer that failed once is asked for again at the next change.
        (thrown: unknown): Loaded<T> =>
          this.#state.kind === "ready" ? this.#state : { kind: "failed", failure: asFailure(thrown) },
      );
      // The same answer once more is no news: who shows it needn't look.
      if (before.kind === "ready" && answer.kind === "ready" && Object.is(before.value, answer.value)) continue;
      this.#state = answer;
      for (const listener of this.#listeners) listener();
    }
    this.#asking = false;
  }
}

export function useQuery<T>(query: Query<T>): Loaded<T> {
  return useSyncExternalStore(query.subscribe, query.state);
}

/** The value, or what stands in for it while there is none. */
export function valueOf<T, Other>(loaded: Loaded<T>, other: Other): T | Other {
  return loaded.kind === "ready" ? loaded.value : other;
}
