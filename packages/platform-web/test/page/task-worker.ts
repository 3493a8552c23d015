// Tasks that the tests give to a worker, one worker a task.
import { rulesFor, type StoreSubject } from "@sotto/testkit/store-contract";
import { SottoError } from "@sotto/protocol";
import { createDatabaseKey, establishDatabaseKey } from "../../src/database-key.ts";
import { indexedCabinet, memoryCabinet } from "../../src/key-cabinet.ts";
import { memoryStorage } from "../../src/memory-storage.ts";
import { filesOf, installPool } from "../../src/opfs-pool.ts";
import { webPorts } from "../../src/ports.ts";
import { webSignInKeys } from "../../src/sign-in-keys.ts";
import { loadSqlite } from "../../src/sqlite.ts";
import { webTransport } from "../../src/transport.ts";
import { openWebStorage } from "../../src/web-storage.ts";

/** Each file of the pool begins with a block of the pool's own: the name, and a checksum of it. */
const HEADER_BYTES = 4_096;

type SyncHandle = {
  getSize(): number;
  read(into: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  close(): void;
};

const storageOf = (name: string, patienceMs = 2_000) =>
  openWebStorage({ name, cabinet: indexedCabinet(name), patienceMs });

async function withDatabaseFile(name: string, work: (file: SyncHandle) => void): Promise<void> {
  let isFound = false;
  for (const entry of await filesOf(name)) {
    const file = await (entry as unknown as { createSyncAccessHandle(): Promise<SyncHandle> }).createSyncAccessHandle();
    const header = new Uint8Array(64);
    file.read(header, { at: 0 });
    if (new TextDecoder().decode(header).startsWith("/device.db\u0000")) {
      isFound = true;
      work(file);
    }
    file.close();
  }
  if (!isFound) throw new Error("There is no database.");
}

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function inBrowser(name: string): StoreSubject {
  const overwriteFrom = (part: number) =>
    withDatabaseFile(name, (file) => {
      const size = file.getSize() - HEADER_BYTES;
      const at = Math.floor(size * part);
      file.write(noise(size - at), { at: HEADER_BYTES + at });
    });
  const truncateTo = (part: number) =>
    withDatabaseFile(name, (file) => file.truncate(HEADER_BYTES + Math.floor((file.getSize() - HEADER_BYTES) * part)));
  return {
    storage: storageOf(name),
    async atRest() {
      const files = await Promise.all((await filesOf(name)).map(async (file) => (await file.getFile()).arrayBuffer()));
      return files.map((bytes) => new Uint8Array(bytes).subarray(HEADER_BYTES)).filter(({ length }) => length > 0);
    },
    damage: {
      async key() {
        await createDatabaseKey(indexedCabinet(name));
        await establishDatabaseKey(indexedCabinet(name));
      },
      truncate: () => truncateTo(0.5),
      overwrite: () => overwriteFrom(0),
      overwriteTail: () => overwriteFrom(0.5),
      empty: () => truncateTo(0),
    },
  };
}

type Rule = { title: string; durability: "durable" | "memory"; name: string };

const TASKS = {
  async rule({ title, durability, name }: Rule): Promise<void> {
    const rule = rulesFor(durability).find((candidate) => candidate.title === title);
    if (rule === undefined) throw new Error(`No such rule: ${title}`);
    await rule.check(durability === "durable" ? inBrowser(name) : { storage: memoryStorage(), atRest: async () => [] });
  },

  /** Commits batches of ten rows and says the number of each once it is durable, until it is ended. */
  async write({ name }: { name: string }): Promise<void> {
    const store = await storageOf(name).open();
    store.run("create table if not exists entries (batch integer not null, body blob not null) strict");
    const [row] = store.all("select coalesce(max(batch), 0) as last from entries");
    for (let batch = Number(row?.["last"]) + 1; ; batch++) {
      store.transaction(() => {
        for (let place = 0; place < 10; place++) {
          store.run("insert into entries values (?, ?)", [batch, new Uint8Array(900).fill(batch & 0xff)]);
        }
      });
      postMessage(batch);
    }
  },

  async written({ name }: { name: string }): Promise<unknown> {
    const store = await storageOf(name).open();
    const rows = store.all("select max(batch) as last, count(*) as n, count(distinct batch) as batches from entries");
    const check = store.all("pragma integrity_check");
    const modes = [
      ...store.all("pragma journal_mode"),
      ...store.all("pragma synchronous"),
      ...store.all("pragma locking_mode"),
    ];
    store.close();
    return { ...rows[0], check, modes };
  },

  /** Opens and keeps open until it is ended. */
  async hold({ name }: { name: string }): Promise<void> {
    const store = await storageOf(name).open();
    store.run("create table if not exists entries (batch integer not null, body blob not null) strict");
    postMessage("held");
  },

  async open({ name, patienceMs }: { name: string; patienceMs: number }): Promise<number> {
    const start = performance.now();
    const store = await storageOf(name, patienceMs).open();
    store.close();
    return performance.now() - start;
  },

  async wipe({ name }: { name: string }): Promise<void> {
    await storageOf(name, 200).wipe();
  },

  /** Goes for the files without the lock, as nobody should. */
  async seize({ name }: { name: string }): Promise<void> {
    await installPool(await loadSqlite(), name, 200);
  },

  /** The browser fails once while the store is opened. */
  async failOnce({ name, after }: { name: string; after: number }): Promise<string> {
    const files = FileSystemFileHandle.prototype as unknown as { createSyncAccessHandle(): Promise<unknown> };
    const original = Object.getOwnPropertyDescriptor(files, "createSyncAccessHandle");
    let calls = 0;
    Object.defineProperty(files, "createSyncAccessHandle", {
      ...original,
      value(this: unknown) {
        if (calls++ === after) return Promise.reject(new DOMException("as planned", "InvalidStateError"));
        return original?.value.call(this);
      },
    });
    try {
      const store = await storageOf(name).open();
      store.close();
      return "opened";
    } catch (error) {
      return error instanceof SottoError ? error.code : String(error);
    }
  },

  /** Where this browser would keep a session, if it were another browser. */
  async durability({ lacks }: { lacks: "nothing" | "handles" | "private window" | "disk" }): Promise<unknown> {
    if (lacks === "handles") Reflect.deleteProperty(FileSystemFileHandle.prototype, "createSyncAccessHandle");
    const name = {
      "private window": "SecurityError",
      disk: "InvalidStateError",
      nothing: undefined,
      handles: undefined,
    }[lacks];
    if (name !== undefined) {
      Object.defineProperty(navigator.storage, "getDirectory", {
        value: () => Promise.reject(new DOMException("?", name)),
      });
    }
    const { storage } = await webPorts({ origin: location.origin });
    const opened = await storage.open().then(
      (store) => {
        store.close();
        return "opened";
      },
      (error: unknown) => (error instanceof SottoError ? error.code : error),
    );
    return { durability: storage.durability, opened };
  },

  async signIn({
    name,
    portable,
    message,
  }: {
    name: string;
    portable: boolean;
    message: Uint8Array;
  }): Promise<unknown> {
    const cabinet = indexedCabinet(name);
    if (portable) {
      const { subtle } = crypto;
      const generate = subtle.generateKey.bind(subtle) as (...all: unknown[]) => Promise<unknown>;
      Object.defineProperty(subtle, "generateKey", {
        value: (algorithm: unknown, ...rest: unknown[]) =>
          algorithm === "Ed25519"
            ? Promise.reject(new DOMException("?", "NotSupportedError"))
            : generate(algorithm, ...rest),
      });
    }
    const { reference, publicKey } = await webSignInKeys(cabinet).create();
    const again = webSignInKeys(portable ? memoryCabinet() : indexedCabinet(name));
    return { reference, publicKey, signature: await again.sign(reference, message) };
  },

  async signAgain({ name, reference }: { name: string; reference: Uint8Array }): Promise<Uint8Array> {
    return webSignInKeys(indexedCabinet(name)).sign(reference, new Uint8Array(8));
  },

  /** What comes back of a frame, over a connection that the server cuts once. */
  async echo({ origin }: { origin: string }): Promise<unknown> {
    const events: string[] = [];
    return new Promise((resolve) => {
      const link = webTransport({ origin }).connect({
        opened: () => {
          events.push("opened");
          link.send(events.length === 1 ? new TextEncoder().encode("cut") : Uint8Array.of(1, 2, 3));
        },
        closed: () => void events.push("closed"),
        frame: (bytes) => {
          link.close();
          resolve({ events, bytes });
        },
      });
    });
  },
};

addEventListener(
  "message",
  ({ data: { name, argument } }: MessageEvent<{ name: keyof typeof TASKS; argument: never }>) => {
    void TASKS[name](argument).then(
      (value) => postMessage({ value }),
      (error: unknown) => {
        const code = error instanceof SottoError ? error.code : "";
        postMessage({ error: error instanceof Error ? `${code} ${error.message}\n${error.stack}` : "?" });
      },
    );
  },
);
