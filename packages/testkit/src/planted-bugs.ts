import type { Arrival, DeliveryStore } from "@sotto/delivery";
import type { SqlValue, Store } from "@sotto/engine";
import { CrashError } from "./life.ts";
import type { DeliveryPlant } from "./simulated-server.ts";
import type { StorePlant } from "./crashing-store.ts";

/** Bugs that the simulator must catch. Each is wrapped around an adapter; nothing of the product knows about them. */

const withAppend =
  (
    append: (
      store: DeliveryStore,
      arrivals: readonly Arrival[],
      acceptedAt: number,
    ) => ReturnType<DeliveryStore["append"]>,
  ): DeliveryPlant =>
  (store) =>
    new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === "append")
          return (arrivals: readonly Arrival[], acceptedAt: number) => append(target, arrivals, acceptedAt);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });

/** The server takes a repeated send for a new one. */
export function noDedupe(): DeliveryPlant {
  let made = 0;
  return withAppend((store, arrivals, acceptedAt) => {
    const renamed = arrivals.map((arrival) => {
      const send = arrival.send.slice();
      new DataView(send.buffer).setUint32(0, ++made);
      return { ...arrival, send };
    });
    return store.append(renamed, acceptedAt);
  });
}

/** The server takes an envelope whatever its author had seen. */
export const noCompareAndSet: DeliveryPlant = withAppend(async (store, arrivals, acceptedAt) => {
  const outcomes = await store.append(arrivals, acceptedAt);
  for (const [index, outcome] of outcomes.entries()) {
    const arrival = arrivals[index];
    if (outcome.kind !== "stale" || arrival === undefined) continue;
    const [again] = await store.append([{ ...arrival, seen: outcome.latestCommit }], acceptedAt);
    if (again !== undefined) outcomes[index] = again;
  }
  return outcomes;
});

type Statement = { sql: string; parameters: readonly SqlValue[] | undefined };

/**
 * The device moves its cursor before it has the state that belongs to it: a crash within such a transaction leaves the
 * conversation's row written and the rest not.
 */
export const cursorBeforeState: StorePlant = (store) => {
  let written: Statement[] | undefined;
  return {
    all: (sql, parameters) => store.all(sql, parameters),
    run: (sql, parameters) => {
      written?.push({ sql, parameters });
      store.run(sql, parameters);
    },
    transaction: (work) => {
      written = [];
      try {
        return store.transaction(work);
      } catch (error) {
        const cursor = written.filter(({ sql }) => /\binto conversations\b/.test(sql));
        if (error instanceof CrashError && written.some(({ sql }) => /\binto group_rows\b/.test(sql))) {
          store.transaction(() => cursor.forEach(({ sql, parameters }) => store.run(sql, parameters)));
        }
        throw error;
      } finally {
        written = undefined;
      }
    },
    close: () => store.close(),
  };
};

/**
 * The device saves a ratchet only after the ciphertext has left: what a post's transaction wrote isn't durable before the next
 * write begins, and a crash in between undoes it.
 */
export const ratchetAfterSend: StorePlant = (store) => {
  let isUnsaved = false;
  let isInside = false;
  const save = (): void => {
    if (isUnsaved) store.run("commit");
    isUnsaved = false;
  };
  return {
    all: (sql, parameters) => store.all(sql, parameters),
    run: (sql, parameters) => {
      if (!isInside) save();
      store.run(sql, parameters);
    },
    transaction: (work) => {
      save();
      const before = journaled(store);
      store.run("begin immediate");
      isInside = true;
      try {
        const result = work();
        if (journaled(store) === before) store.run("commit");
        else isUnsaved = true;
        return result;
      } catch (error) {
        store.run("rollback");
        throw error;
      } finally {
        isInside = false;
      }
    },
    close: () => {
      save();
      store.close();
    },
  };
};

/** How many ciphertexts a device remembers; undefined before its database has a journal. */
function journaled(store: Store): SqlValue | undefined {
  const [table] = store.all("select 1 as one from sqlite_master where name = 'journal'");
  return table === undefined ? undefined : store.all("select count(*) as n from journal")[0]?.["n"];
}
