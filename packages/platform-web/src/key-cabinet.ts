/**
 * Where a browser keeps keys that scripts can use and can't read: CryptoKey objects in IndexedDB. What that protects from:
 * a script that got into the page can't carry them away, and the database is of no use without them. What not: whoever can
 * read the browser's profile on the disk can read these keys as well, since browsers don't seal them.
 */
export interface KeyCabinet {
  get(id: string): Promise<unknown>;
  /** Durable when it resolves. */
  put(id: string, value: unknown): Promise<void>;
  clear(): Promise<void>;
}

const KEYS = "keys";

/** @param name of the IndexedDB database. */
export function indexedCabinet(name: string): KeyCabinet {
  const within = async <T>(mode: IDBTransactionMode, work: (keys: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const database = await openDatabase(name);
    try {
      const transaction = database.transaction(KEYS, mode, { durability: "strict" });
      const done = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onerror = transaction.onabort = () => reject(asError(transaction.error));
      });
      const request = work(transaction.objectStore(KEYS));
      await done;
      return request.result;
    } finally {
      database.close();
    }
  };
  return {
    get: (id) => within<unknown>("readonly", (keys) => keys.get(id)),
    put: async (id, value) => void (await within("readwrite", (keys) => keys.put(value, id))),
    clear: () => within("readwrite", (keys) => keys.clear()),
  };
}

/** As long as the worker lives: where a browser keeps nothing, as some do in private windows. */
export function memoryCabinet(): KeyCabinet {
  const keys = new Map<string, unknown>();
  return {
    get: async (id) => keys.get(id),
    put: async (id, value) => void keys.set(id, value),
    clear: async () => keys.clear(),
  };
}

function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(KEYS);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(asError(request.error));
  });
}

const asError = (error: DOMException | null): Error => error ?? new Error("IndexedDB gave up.");
