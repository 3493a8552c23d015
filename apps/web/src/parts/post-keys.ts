import type { KeyboardEvent } from "react";
import { postActs } from "@sotto/views";
import type { ActContext, PostAct, PostRow } from "@sotto/views";
import { placeOf } from "./post-actions.ts";
import type { PostActions } from "./post-actions.ts";

type PostKeys = {
  /** The post that has the focus, or in which it is. */
  row: PostRow | null;
  posts: readonly PostRow[];
  context: ActContext;
  actions: PostActions;
  selecting: boolean;
  focusRow: (key: string) => void;
  toLatest: () => void;
  onEscape: () => void;
};

const ACTS: Readonly<Record<string, PostAct>> = { r: "reply", e: "react", c: "copy", u: "unread", Delete: "delete" };
const PAGE_ROWS = 8;

/** Where a key leads among the posts; null for keys that lead nowhere. */
function stepOf(key: string, at: number, count: number): number | null {
  switch (key) {
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "ArrowDown":
      return Math.min(count - 1, at + 1);
    case "PageUp":
      return Math.max(0, at - PAGE_ROWS);
    case "PageDown":
      return Math.min(count - 1, at + PAGE_ROWS);
    case "Home":
      return 0;
    default:
      return null;
  }
}

/** The keys of a log. Letters only while a post itself has the focus, so that nothing that is typed elsewhere does anything. */
export function onPostKey(event: KeyboardEvent<HTMLDivElement>, keys: PostKeys): void {
  const { row, posts, context, actions, selecting, focusRow, toLatest, onEscape } = keys;
  const menu = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
  if (event.altKey || event.ctrlKey || event.metaKey || (event.shiftKey && !menu)) return;
  if (event.key === "Escape") {
    event.preventDefault();
    return onEscape();
  }
  if (event.key === "End") {
    event.preventDefault();
    const last = posts.at(-1);
    if (last !== undefined) focusRow(last.key);
    return toLatest();
  }
  const to = stepOf(event.key, row === null ? posts.length : posts.indexOf(row), posts.length);
  if (to !== null) {
    const next = posts[to];
    if (next === undefined) return;
    event.preventDefault();
    return focusRow(next.key);
  }
  const article = event.target instanceof Element ? event.target.closest("[data-row]") : null;
  if (row === null || article === null) return;
  const place = placeOf(article.querySelector(".b") ?? article);
  if (menu) {
    event.preventDefault();
    if (!selecting) actions.onMenu(row, place);
    return;
  }
  if (event.target !== article) return;
  if (selecting && event.key === " ") {
    event.preventDefault();
    return actions.onSelect(row);
  }
  if (event.key === "Enter" && !selecting) {
    event.preventDefault();
    return actions.onMenu(row, place);
  }
  const act = ACTS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act === undefined || selecting || !postActs(row, context).includes(act)) return;
  event.preventDefault();
  actions.onAct(row, act, place);
}
