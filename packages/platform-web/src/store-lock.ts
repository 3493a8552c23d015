import { inUse } from "./sqlite-errors.ts";

/**
 * Holds a Web Lock until it is released or this worker is gone. It keeps every other engine of the same origin away from
 * the database, whoever started it.
 * @throws SottoError store/in-use when somebody else holds it for longer than `patienceMs`.
 */
export async function lockStore(name: string, patienceMs: number): Promise<{ release(): void }> {
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(
      `${name}-store`,
      { signal: AbortSignal.timeout(patienceMs) },
      () => new Promise<void>((release) => resolve({ release })),
    );
    held.catch(() => reject(inUse()));
  });
}
