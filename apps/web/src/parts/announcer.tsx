import { useSyncExternalStore } from "react";

let words = "";
const listeners = new Set<() => void>();

/** Says something to screen readers when they have finished what they are saying. */
export function announce(text: string): void {
  // The same words again are a change only if something differs.
  words = words === text ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
}

export function Announcer() {
  const said = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => words,
  );
  return (
    <div className="vh" role="status" aria-live="polite" data-testid="announcer">
      {said}
    </div>
  );
}
