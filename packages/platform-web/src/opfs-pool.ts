import type { Sqlite } from "./sqlite.ts";
import { inUse } from "./sqlite-errors.ts";

export type Pool = Awaited<ReturnType<Sqlite["installOpfsSAHPoolVfs"]>>;

/** Database, write-ahead log, and one to spare. */
const POOL_FILES = 3;
const RETRY_MS = 30;

/** Where a pool keeps its files, from the root of the origin's private file system. */
export const poolFolder = (name: string): string => `.${name}`;

/**
 * Files of the origin's private file system as a place for SQLite (one synchronous access handle each, which is exclusive).
 * The caller holds the store's Web Lock. The handles of a worker that has just been ended may outlive its lock by a moment,
 * so they are waited for.
 * @throws SottoError store/in-use when they are still held after `patienceMs`.
 */
export async function installPool(sqlite: Sqlite, name: string, patienceMs: number): Promise<Pool> {
  await untilFree(name, patienceMs);
  return withoutRemoval(() =>
    sqlite.installOpfsSAHPoolVfs({ name, directory: poolFolder(name), initialCapacity: POOL_FILES }),
  );
}

/** Takes the handles of a pool that was paused again. */
export async function resumePool(pool: Pool, name: string, patienceMs: number): Promise<void> {
  await untilFree(name, patienceMs);
  await pool.unpauseVfs();
}

async function untilFree(name: string, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isFree(name))) {
    if (performance.now() > deadline) throw inUse();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Tries each file's handle and gives it back. */
async function isFree(name: string): Promise<boolean> {
  const handles: { close(): void }[] = [];
  try {
    for (const file of await filesOf(name)) handles.push(await syncHandle(file));
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NoModificationAllowedError") return false;
    throw error;
  } finally {
    for (const handle of handles) handle.close();
  }
}

/** The pool's files, whatever their names; none before its first use. */
export async function filesOf(name: string): Promise<FileSystemFileHandle[]> {
  const files: FileSystemFileHandle[] = [];
  const collect = async (folder: FileSystemDirectoryHandle): Promise<void> => {
    for await (const entry of folder.values()) {
      if (entry instanceof FileSystemFileHandle) files.push(entry);
      else if (entry instanceof FileSystemDirectoryHandle) await collect(entry);
    }
  };
  try {
    const root = await navigator.storage.getDirectory();
    await collect(await root.getDirectoryHandle(poolFolder(name)));
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
  return files;
}

/** Exists in dedicated workers only, so the types of a page don't know it. */
function syncHandle(file: FileSystemFileHandle): Promise<{ close(): void }> {
  return (file as unknown as { createSyncAccessHandle(): Promise<{ close(): void }> }).createSyncAccessHandle();
}

/**
 * The library answers a start that failed, for whatever reason, by removing the pool's folder with everything in it. Nothing
 * that fails while starting is worth a person's data, so whole folders can't be removed until it has started.
 */
async function withoutRemoval<T>(start: () => Promise<T>): Promise<T> {
  const folders = FileSystemDirectoryHandle.prototype;
  const original = Object.getOwnPropertyDescriptor(folders, "removeEntry");
  if (original === undefined) throw new TypeError("Folders that nothing can be removed from aren't folders.");
  const remove = original.value as typeof folders.removeEntry;
  Object.defineProperty(folders, "removeEntry", {
    ...original,
    value(this: FileSystemDirectoryHandle, name: string, options?: FileSystemRemoveOptions): Promise<void> {
      if (options?.recursive === true) return Promise.reject(new DOMException("kept", "NoModificationAllowedError"));
      return remove.call(this, name, options);
    },
  });
  try {
    return await start();
  } finally {
    Object.defineProperty(folders, "removeEntry", original);
  }
}
