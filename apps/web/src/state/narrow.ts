import { useSyncExternalStore } from "react";

/** The width below which one pane has the page to itself: the same as in narrow.css. */
const narrow = window.matchMedia("(max-width: 640px)");

export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener("change", listener);
      return () => narrow.removeEventListener("change", listener);
    },
    () => narrow.matches,
  );
}
