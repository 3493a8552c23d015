import { useSyncExternalStore } from "react";

function useMatches(query: MediaQueryList): boolean {
  return useSyncExternalStore(
    (listener) => {
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => query.matches,
  );
}

const narrow = window.matchMedia("(max-width: 640px)");
const tight = window.matchMedia("(min-width: 1024px) and (max-width: 1119px)");

/** One pane has the page to itself: the same width as in narrow.css. */
export const useNarrow = (): boolean => useMatches(narrow);

/** Three panes stand side by side only where the list is folded. */
export const useTight = (): boolean => useMatches(tight);
