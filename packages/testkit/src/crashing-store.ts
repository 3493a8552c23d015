import type { DeliveryStore } from "@sotto/delivery";
import type { SqlRow, SqlValue, Storage, Store } from "@sotto/engine";
import { CrashError, type Life } from "./life.ts";

/** Sees a device's store right after something was committed to it, while it is open. */
export type Observer = (store: Store, tables: ReadonlySet<string>) => void;

/** A place to plant a bug of the engine's storage: takes the store that the engine would get, gives the one that it gets. */
export type StorePlant = (store: Store, life: Life) => Store;

const WRITTEN = /^\s*(?:insert\s+or\s+\w+\s+into|insert\s+into|replace\s+into|update|delete\s+from)\s+(\w+)/i;

/** The device's storage, in which its process may crash before, within and after any write. Committed is what survives. */
export function crashingStorage(
  inner: Storage,
  life: Life,
  observer: Observer,
  plant: StorePlant = (store) => store,
): Storage {
  return {
    durability: inner.durability,
    open: async () => {
      const opened = await inner.open();
      if (life.isOver) {
        opened.close();
        throw new CrashError();
      }
      return new CrashingStore(plant(opened, life), life, observer);
    },
    wipe: async () => {
      if (life.isOver) throw new CrashError();
      await inner.wipe();
    },
  };
}

class CrashingStore implements Store {
  readonly #inner: Store;
  readonly #life: Life;
  readonly #observer: Observer;
  readonly #tables = new Set<string>();
  #isInTransaction = false;
  #isClosed = false;

  constructor(inner: Store, life: Life, observer: Observer) {
    this.#inner = inner;
    this.#life = life;
    this.#observer = observer;
  }

  /** What a process that is being switched off still tries comes too late as well. */
  #demandLife(): void {
    if (this.#life.isOver || this.#isClosed) throw new CrashError();
  }

  all(sql: string, parameters?: readonly SqlValue[]): SqlRow[] {
    this.#demandLife();
    return this.#inner.all(sql, parameters);
  }

  run(sql: string, parameters?: readonly SqlValue[]): void {
    this.#demandLife();
    const table = WRITTEN.exec(sql)?.[1];
    if (table !== undefined) this.#tables.add(table);
    if (this.#isInTransaction) this.#inner.run(sql, parameters);
    else this.#write(() => this.#inner.run(sql, parameters));
  }

  transaction<T>(work: () => T): T {
    this.#demandLife();
    return this.#write((within) =>
      this.#inner.transaction(() => {
        this.#isInTransaction = true;
        try {
          const result = work();
          within();
          return result;
        } finally {
          this.#isInTransaction = false;
        }
      }),
    );
  }

  #write<T>(work: (within: () => void) => T): T {
    const crash = this.#life.passing("write");
    const crashIf = (when: typeof crash): void => {
      if (crash !== when || crash === undefined) return;
      this.#life.crash(`${when} a write`);
      throw new CrashError();
    };
    crashIf("before");
    try {
      const result = work(() => crashIf("within"));
      this.#observer(this.#inner, this.#tables);
      crashIf("within"); // a single statement has no inside
      crashIf("after");
      return result;
    } finally {
      this.#tables.clear();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#inner.close();
  }
}

const READS = new Set<PropertyKey>([
  "accountByName",
  "accounts",
  "chainLengths",
  "secretsOf",
  "device",
  "activeDevices",
  "conversation",
  "room",
  "conversationsOf",
  "access",
  "commitAt",
  "leavers",
  "groupInfo",
  "tree",
  "leaveStatements",
  "logPage",
  "inboxPage",
  "archivePage",
  "archiveFind",
  "logHead",
  "invite",
  "invites",
  "mayReset",
  "devicesSeen",
  "holdings",
]);

/** The server's store, likewise. A dead process waits for its answers for ever. */
export function crashingDeliveryStore(inner: DeliveryStore, life: Life): DeliveryStore {
  const never = new Promise<never>(() => {});
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...parameters: unknown[]): unknown => {
        if (life.isOver) return never;
        const call = (): unknown => Reflect.apply(value, target, parameters);
        if (READS.has(name)) return call();
        const crash = life.passing("write");
        // Each operation is one transaction: within it is as before it.
        if (crash === "before" || crash === "within") {
          life.crash(`before ${String(name)}`);
          return never;
        }
        const result = call();
        if (crash === undefined) return result;
        life.crash(`after ${String(name)}`);
        return never;
      };
    },
  });
}
