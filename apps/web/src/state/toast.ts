import { useSyncExternalStore } from "react";

const SHOWN_MS = 5_000;
let current: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function set(text: string | null): void {
  current = text;
  for (const listener of listeners) listener();
}

/** Says something small at the bottom for five seconds. One at a time, and never about security. */
export function toast(text: string): void {
  clearTimeout(timer);
  set(text);
  timer = setTimeout(() => set(null), SHOWN_MS);
}

export function useToast(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
