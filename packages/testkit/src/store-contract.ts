import type { SqlRow, Store, Storage } from "@sotto/engine";

/**
 * The contract of the engine's Store port: every adapter runs every rule of it, in Node and inside a browser's worker, so
 * the rules know no test framework. A rule that doesn't hold throws.
 */

/** What an adapter brings: a fresh place of its own for each rule. */
export interface StoreSubject {
  storage: Storage;
  /** Every byte that the storage left behind while closed, its key aside: database, write-ahead log, whatever lies there. */
  atRest(): Promise<Uint8Array[]>;
  /** Only where `storage.durability` is "durable"; each is done while the store is closed. */
  damage?: {
    /** Another key, of the right shape, takes the place of the true one. */
    key(): Promise<void>;
    /** The database loses its second half. */
    truncate(): Promise<void>;
    /** Noise is written over the whole of the database. */
    overwrite(): Promise<void>;
    /** Noise is written over the second half of the database only. */
    overwriteTail(): Promise<void>;
    /** The database is emptied: no bytes are left in it. */
    empty(): Promise<void>;
  };
}

export interface StoreRule {
  title: string;
  /** Not for storage in memory. */
  durableOnly: boolean;
  check: (subject: StoreSubject) => Promise<void>;
}

/** `test.each(rulesFor(...))` in Node; one by one, by title, in a page. */
export function rulesFor(durability: Storage["durability"]): StoreRule[] {
  return RULES.filter((rule) => durability === "durable" || !rule.durableOnly);
}

const RULES: readonly StoreRule[] = [
  onOpen("blobs, integers, reals, text and nulls come back as they went in", (store) => {
    store.run("create table t (a, b, c, d, e)");
    const blob = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
    store.run("insert into t values (?, ?, ?, ?, ?)", [
      blob,
      Number.MAX_SAFE_INTEGER,
      -0.5,
      "Grüße, 世界 \u0000 end",
      null,
    ]);
    const [row] = store.all("select * from t");
    equal(row, { a: blob, b: Number.MAX_SAFE_INTEGER, c: -0.5, d: "Grüße, 世界 \u0000 end", e: null });
    holds(row?.["a"]?.constructor === Uint8Array, "a blob is a plain Uint8Array");
  }),
  onOpen("an empty blob isn't null, and a blob that comes back is the caller's own", (store) => {
    store.run("create table t (x blob)");
    store.run("insert into t values (?)", [new Uint8Array()]);
    const first = bytesOf(store.all("select x from t")[0], "x");
    equal(first.length, 0);
    store.run("update t set x = ?", [Uint8Array.of(1, 2, 3)]);
    const mine = bytesOf(store.all("select x from t")[0], "x");
    mine[0] = 99;
    equal(bytesOf(store.all("select x from t")[0], "x"), Uint8Array.of(1, 2, 3));
  }),
  onOpen("part of a larger buffer is stored as that part", (store) => {
    store.run("create table t (x blob)");
    store.run("insert into t values (?)", [Uint8Array.of(0, 1, 2, 3, 4, 5).subarray(2, 4)]);
    equal(bytesOf(store.all("select x from t")[0], "x"), Uint8Array.of(2, 3));
  }),
  onOpen("integers are numbers, also when a bigint went in", (store) => {
    store.run("create table t (x integer)");
    for (const value of [0, -1, 2 ** 31, -(2 ** 31) - 1, Number.MIN_SAFE_INTEGER])
      store.run("insert into t values (?)", [value]);
    store.run("insert into t values (?)", [2n ** 52n]);
    equal(store.all("select x, typeof(x) as kind from t order by rowid"), [
      { x: 0, kind: "integer" },
      { x: -1, kind: "integer" },
      { x: 2 ** 31, kind: "integer" },
      { x: -(2 ** 31) - 1, kind: "integer" },
      { x: Number.MIN_SAFE_INTEGER, kind: "integer" },
      { x: 2 ** 52, kind: "integer" },
    ]);
  }),
  onOpen("an integer that a number can't hold is an error, not another integer", (store) => {
    throws(() => store.all("select 9007199254740993 as x"));
  }),
  onOpen("a missing parameter, one too many, or text of two statements is an error", (store) => {
    store.run("create table t (x, y)");
    throws(() => store.run("insert into t values (?, ?)", [1]));
    throws(() => store.run("insert into t values (?, ?)", [1, 2, 3]));
    throws(() => store.run("insert into t values (1, 2); delete from t"));
    store.run("insert into t values (1, 2); -- nothing follows\n");
    equal(store.all("select x, y from t"), [{ x: 1, y: 2 }]);
  }),
  onOpen("all() also runs what changes and returns", (store) => {
    store.run("create table t (x integer primary key, y text not null)");
    equal(store.all("insert into t (y) values (?), (?) returning x, y", ["a", "b"]), [
      { x: 1, y: "a" },
      { x: 2, y: "b" },
    ]);
    store.run("insert into t (y) values (?) returning x", ["c"]);
    equal(store.all("delete from t where y = 'nobody'"), []);
    equal(store.all("select count(*) as n from t"), [{ n: 3 }]);
  }),
  onOpen("a pragma can be written and read", (store) => {
    store.run("pragma user_version = 7");
    equal(store.all("pragma user_version"), [{ user_version: 7 }]);
  }),
  onOpen("a cached statement sees other parameters, new rows and a changed table", (store) => {
    const ask = (x: number): SqlRow[] => store.all("select * from t where x = ?", [x]);
    store.run("create table t (x integer)");
    for (let x = 0; x < 5; x++) store.run("insert into t values (?)", [x]);
    equal(ask(3), [{ x: 3 }]);
    equal(ask(9), []);
    store.run("alter table t add column y text default 'new'");
    equal(ask(3), [{ x: 3, y: "new" }]);
    store.run("drop table t");
    throws(() => ask(3));
    store.run("create table t (x integer, z integer)");
    store.run("insert into t values (?, ?)", [3, 4]);
    equal(ask(3), [{ x: 3, z: 4 }]);
  }),
  onOpen("more statements than any cache keeps", (store) => {
    for (let n = 0; n < 1_200; n++) equal(store.all(`select ${n} as x`), [{ x: n }]);
    equal(store.all("select 0 as x"), [{ x: 0 }]);
  }),
  onOpen("a statement that failed can be run again", (store) => {
    store.run("create table t (x integer primary key)");
    const insert = (x: number): void => store.run("insert into t values (?)", [x]);
    insert(1);
    throws(() => insert(1));
    insert(2);
    equal(store.all("select x from t order by x"), [{ x: 1 }, { x: 2 }]);
  }),
  onOpen("a transaction gives back what its work gave, and is there whole", (store) => {
    store.run("create table t (x)");
    const result = store.transaction(() => {
      for (let x = 0; x < 3; x++) store.run("insert into t values (?)", [x]);
      return store.all("select count(*) as n from t")[0]?.["n"];
    });
    equal(result, 3);
    equal(store.all("select count(*) as n from t"), [{ n: 3 }]);
  }),
  onOpen("T46 an exception rolls all of a transaction back and is thrown on", (store) => {
    store.run("create table t (x unique)");
    store.run("insert into t values (1)");
    const reason = new Error("as planned");
    const thrown = throws(() =>
      store.transaction(() => {
        store.run("insert into t values (2)");
        store.run("create table u (x)");
        throw reason;
      }),
    );
    holds(thrown === reason, "the same exception comes out");
    throws(() =>
      store.transaction(() => {
        store.run("insert into t values (3)");
        store.run("insert into t values (1)");
      }),
    );
    equal(store.all("select x from t"), [{ x: 1 }]);
    throws(() => store.all("select * from u"));
    store.transaction(() => store.run("insert into t values (4)"));
    equal(store.all("select x from t order by x"), [{ x: 1 }, { x: 4 }]);
  }),
  onOpen("a nested transaction is refused, and the outer one undone if it lets that pass", (store) => {
    store.run("create table t (x)");
    throws(() =>
      store.transaction(() => {
        store.run("insert into t values (1)");
        store.transaction(() => store.run("insert into t values (2)"));
      }),
    );
    equal(store.all("select * from t"), []);
  }),
  onOpen("a transaction whose work is asynchronous is refused and undone", (store) => {
    store.run("create table t (x)");
    throws(() =>
      store.transaction(async () => {
        store.run("insert into t values (1)");
      }),
    );
    equal(store.all("select * from t"), []);
  }),
  onOpen("full-text search is there, by words and by parts of words", (store) => {
    store.run("create virtual table words using fts5(body, tokenize = 'unicode61')");
    store.run("create virtual table parts using fts5(body, tokenize = 'trigram')");
    for (const body of ["the harbour at night", "ein Café in Köln", "東京タワーの夜景"]) {
      store.run("insert into words values (?)", [body]);
      store.run("insert into parts values (?)", [body]);
    }
    equal(store.all("select body from words where words match ?", ["cafe"]), [{ body: "ein Café in Köln" }]);
    equal(store.all("select body from parts where parts match ?", ['"タワー"']), [{ body: "東京タワーの夜景" }]);
    equal(store.all("select body from parts where parts match ?", ['"arbou"']), [{ body: "the harbour at night" }]);
  }),
  onOpen("ten thousand rows in one transaction", (store) => {
    store.run("create table t (x integer primary key, body blob not null) strict");
    store.transaction(() => {
      for (let x = 0; x < 10_000; x++) store.run("insert into t values (?, ?)", [x, Uint8Array.of(x & 0xff, x >> 8)]);
    });
    equal(store.all("select count(*) as n, sum(x) as total from t"), [{ n: 10_000, total: 49_995_000 }]);
    equal(bytesOf(store.all("select body from t where x = ?", [4_660])[0], "body"), Uint8Array.of(0x34, 0x12));
  }),
  onOpen("what is deleted is overwritten, not only forgotten", (store) => {
    equal(store.all("pragma secure_delete"), [{ secure_delete: 1 }]);
    equal(store.all("pragma temp_store"), [{ temp_store: 2 }]);
  }),
  {
    title: "what was written is there after closing and opening again",
    durableOnly: false,
    async check({ storage }) {
      const store = await storage.open();
      store.run("create table t (x)");
      store.transaction(() => store.run("insert into t values ('kept')"));
      store.close();
      store.close();
      throws(() => store.all("select x from t"));
      const again = await storage.open();
      equal(again.all("select x from t"), [{ x: "kept" }]);
      again.close();
    },
  },
  {
    title: "wiping leaves nothing, and a new store can be opened after it",
    durableOnly: false,
    async check(subject) {
      await plant(subject);
      await subject.storage.wipe();
      equal(await subject.atRest(), []);
      await subject.storage.wipe();
      const store = await subject.storage.open();
      equal(store.all("select name from sqlite_schema"), []);
      store.close();
    },
  },
  {
    title: "T25 the marker beside the database is replaced as a whole, outlives it being closed, and goes with it",
    durableOnly: true,
    async check({ storage }) {
      const { marker } = storage;
      if (marker === undefined) throw new Error("durable storage has a marker");
      const store = await storage.open();
      equal(await marker.read(), undefined);
      await marker.write(Uint8Array.of(1, 2, 3));
      await marker.write(Uint8Array.of(4, 5));
      store.close();
      equal(await marker.read(), Uint8Array.of(4, 5));
      (await storage.open()).close();
      equal(await marker.read(), Uint8Array.of(4, 5));
      await storage.wipe();
      equal(await marker.read(), undefined);
    },
  },
  {
    title: "T26 a store that is open can't be opened a second time (store/in-use)",
    durableOnly: false,
    async check({ storage }) {
      const store = await storage.open();
      await rejects(storage.open(), "store/in-use");
      store.run("create table t (x)");
      store.close();
      (await storage.open()).close();
    },
  },
  {
    title: "T71 nothing that was stored can be found in the bytes at rest",
    durableOnly: true,
    async check(subject) {
      const store = await plant(subject, { keepOpen: true });
      // While the store is open the write-ahead log is full, and as good as stolen.
      const open = await subject.atRest();
      holds(open.length > 0, "there are bytes to look at");
      noCanary(open);
      store.close();
      noCanary(await subject.atRest());
      // The same search finds it where it does lie open.
      for (const form of canaryForms()) throws(() => noCanary([join([new Uint8Array(777), form, new Uint8Array(5)])]));
    },
  },
  damaged("another key", (damage) => damage.key()),
  damaged("half of the database", (damage) => damage.truncate()),
  damaged("noise in place of the database", (damage) => damage.overwrite()),
  damaged("noise in its second half", (damage) => damage.overwriteTail()),
  damaged("an empty file in place of the database", (damage) => damage.empty()),
];

function onOpen(title: string, check: (store: Store) => void): StoreRule {
  return {
    title,
    durableOnly: false,
    async check({ storage }) {
      const store = await storage.open();
      try {
        check(store);
      } finally {
        store.close();
      }
    },
  };
}

/** Damage is told when the store is opened or, where only reading can find it, when the spoilt part is read. */
function damaged(what: string, damage: (by: NonNullable<StoreSubject["damage"]>) => Promise<void>): StoreRule {
  return {
    title: `${what}: store/unreadable, again each time, until it is wiped`,
    durableOnly: true,
    async check(subject) {
      if (subject.damage === undefined) throw new Error("A durable storage has to bring the means of damaging it.");
      await plant(subject);
      await damage(subject.damage);
      await rejects(readAll(subject.storage), "store/unreadable");
      await rejects(readAll(subject.storage), "store/unreadable");
      await subject.storage.wipe();
      const store = await subject.storage.open();
      store.run("create table t (x)");
      store.close();
    },
  };
}

async function readAll(storage: Storage): Promise<void> {
  const store = await storage.open();
  try {
    store.all("select * from planted");
    store.all("select * from search where search match 'canary'");
  } finally {
    store.close();
  }
}

const CANARY = "canary-of-the-store-0f3a";

/** 2 MB with a canary in many places, so that every part of the file matters. */
async function plant({ storage }: StoreSubject): Promise<void>;
async function plant({ storage }: StoreSubject, options: { keepOpen: true }): Promise<Store>;
async function plant({ storage }: StoreSubject, options?: { keepOpen: true }): Promise<Store | void> {
  const store = await storage.open();
  store.run("create table planted (x integer primary key, text text, blob blob) strict");
  store.run("create virtual table search using fts5(body)");
  store.transaction(() => {
    for (let x = 0; x < 500; x++) {
      const filling = new Uint8Array(4_000).fill(x & 0xff);
      store.run("insert into planted values (?, ?, ?)", [x, CANARY, join([...canaryForms(), filling])]);
      store.run("insert into search values (?)", [`${CANARY} ${x}`]);
    }
  });
  // A sort that doesn't fit into the cache would spill into a temporary file, which nobody encrypts.
  store.all("select hex(blob) as h from planted order by h desc");
  if (options?.keepOpen === true) return store;
  store.close();
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string): Uint8Array => Uint8Array.from([...utf8(text)].flatMap((byte) => [byte, 0]));
const hex = (text: string): string => [...utf8(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The canary as UTF-8, UTF-16, hex and base64 (at each of its three alignments, ends cut off). */
function canaryForms(): Uint8Array[] {
  const base64 = [0, 1, 2].map((shift) => btoa("\u0000".repeat(shift) + CANARY).slice(4, -4));
  return [utf8(CANARY), utf16(CANARY), utf8(hex(CANARY)), utf8(hex(CANARY).toUpperCase()), ...base64.map(utf8)];
}

function noCanary(files: readonly Uint8Array[]): void {
  for (const file of files) for (const form of canaryForms()) holds(!includes(file, form), "no canary lies open");
}

function includes(haystack: Uint8Array, needle: Uint8Array): boolean {
  const first = needle[0];
  if (first === undefined) return true;
  for (let at = haystack.indexOf(first); at !== -1; at = haystack.indexOf(first, at + 1)) {
    if (needle.every((byte, index) => haystack[at + index] === byte)) return true;
  }
  return false;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function bytesOf(row: SqlRow | undefined, column: string): Uint8Array {
  const value = row?.[column];
  if (!(value instanceof Uint8Array)) throw new Error(`${column} is no blob`);
  return value;
}

function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Doesn't hold: ${what}.`);
}

const readable = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Uint8Array ? `bytes:${[...inner].join(",")}` : inner,
  ) ?? "undefined";

function equal(actual: unknown, expected: unknown): void {
  if (readable(actual) !== readable(expected))
    throw new Error(`Expected ${readable(expected)}, got ${readable(actual)}.`);
}

function throws(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("Expected an exception, and there was none.");
}

async function rejects(work: Promise<unknown>, code: string): Promise<void> {
  const outcome = await work.then(
    () => "success",
    (error: unknown) =>
      error instanceof Error && "code" in error ? error.code : `an error without a code: ${String(error)}`,
  );
  equal(outcome, code);
}
