import { useEffect, useState, useSyncExternalStore } from "react";
import type { Place } from "@sotto/views";
import { getLocale } from "@sotto/views/messages";
import type { Locale } from "@sotto/views/messages";
import { regionOf } from "./language.ts";

const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
let place: (Place & { of: Locale }) | undefined;

/** Where this reader is. The same object until the language changes. */
export function herePlace(): Place {
  const of = getLocale();
  if (place?.of !== of) place = { of, locale: regionOf(of), timeZone };
  return place;
}

const TICK_MS = 20_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, a few times a minute: for "Today", and for nothing that has to be exact. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** ms until then, a few times a second; 0 once it is over. */
export function useLeft(until: number): number {
  const [left, setLeft] = useState(() => Math.max(0, until - Date.now()));
  useEffect(() => {
    const tick = () => setLeft(Math.max(0, until - Date.now()));
    tick();
    const ticking = setInterval(tick, 250);
    return () => clearInterval(ticking);
  }, [until]);
  return left;
}

/** True once `value` has been true for that long without a break. */
export function useLasting(value: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!value) return undefined;
    const wait = setTimeout(() => setLasting(true), ms);
    return () => {
      clearTimeout(wait);
      setLasting(false);
    };
  }, [value, ms]);
  return value && lasting;
}
