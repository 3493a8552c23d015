import { decodeCbor, encodeCbor, type PostId } from "@sotto/protocol";
import { PENDING_ORDER } from "../schema.ts";
import type { SyncValue } from "./sync-state.ts";

/**
 * How far threads of one conversation have been read, by places in its log: single ones, and all others.
 *
 * Own devices join what each of them knows, thread by thread the greater place: what was seen on one of them is never unread again, and in
 * which order they hear of it doesn't matter. So a place only ever grows, and `others` with it.
 */
export type ThreadPlaces = { others: number; threads: ReadonlyMap<PostId, number> };

/** So many threads of a conversation have a place of their own. Beyond that those whose place is the oldest are like all others. */
export const THREADS_NOTED_MAX = 64;
/** Devices that note different ones at once have them all until one of them writes again. */
const THREADS_JOINED_MAX = 256;

export const NO_THREAD_PLACES: ThreadPlaces = { others: 0, threads: new Map() };

const THREAD = /^[A-Za-z0-9_-]{43}$/u;
const isThread = (value: unknown): value is PostId => typeof value === "string" && THREAD.test(value);
/** What no log reaches is no place: it would swallow all that is ever said. */
const isPlace = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value < PENDING_ORDER;

/** Undefined for what isn't this: another release may have written it. */
export function readThreadPlaces(value: unknown): ThreadPlaces | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [others, list] = value as readonly unknown[];
  if (!isPlace(others) || !Array.isArray(list) || list.length > THREADS_JOINED_MAX) return undefined;
  const threads = new Map<PostId, number>();
  for (const each of list as readonly unknown[]) {
    const [thread, place] = Array.isArray(each) ? (each as readonly unknown[]) : [];
    if (!isThread(thread) || !isPlace(place)) return undefined;
    threads.set(thread, place);
  }
  return { others, threads };
}

/** The same bytes for the same places. */
export function threadPlacesValue({ others, threads }: ThreadPlaces): SyncValue {
  return [others, [...threads].toSorted(([a], [b]) => (a < b ? -1 : 1))];
}

/** At most so many threads: the ones with the oldest places fall to the others, and the others rise to them. */
export function bounded({ others, threads }: ThreadPlaces, most = THREADS_NOTED_MAX): ThreadPlaces {
  if (threads.size <= most) return { others, threads };
  const byPlace = [...threads].toSorted(([a, placeA], [b, placeB]) => placeA - placeB || (a < b ? -1 : 1));
  const fallen = byPlace.slice(0, -most);
  return { others: Math.max(others, ...fallen.map(([, place]) => place)), threads: new Map(byPlace.slice(-most)) };
}

/** The greater place of each thread. */
export function joined(a: ThreadPlaces, b: ThreadPlaces): ThreadPlaces {
  const others = Math.max(a.others, b.others);
  const threads = new Map<PostId, number>();
  for (const thread of [...a.threads.keys(), ...b.threads.keys()]) {
    const place = Math.max(a.threads.get(thread) ?? a.others, b.threads.get(thread) ?? b.others);
    if (place !== others) threads.set(thread, place);
  }
  return bounded({ others, threads }, THREADS_JOINED_MAX);
}

/** The same of the bytes of two values; null where neither is one. What isn't one is nothing beside what is. */
export function joinedBytes(a: Uint8Array | null, b: Uint8Array | null): Uint8Array | null {
  const [one, other] = [placesIn(a), placesIn(b)];
  if (one === undefined && other === undefined) return null;
  return encodeCbor(threadPlacesValue(joined(one ?? NO_THREAD_PLACES, other ?? NO_THREAD_PLACES)));
}

function placesIn(bytes: Uint8Array | null): ThreadPlaces | undefined {
  const decoded = bytes === null ? undefined : decodeCbor(bytes);
  return decoded?.kind === "value" ? readThreadPlaces(decoded.value) : undefined;
}
