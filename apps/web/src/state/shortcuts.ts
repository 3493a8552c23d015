import { useEffect, useRef } from "react";
import type { ConversationId } from "@sotto/protocol";

/** What the keys of the window do, wherever the focus is. Those of a post or a row belong to the log and the list. */
export type Shortcuts = {
  palette: () => void;
  newMessage: () => void;
  settings: () => void;
  keys: () => void;
  fold: () => void;
  /** Details of the open conversation; undefined where none is open. */
  details: (() => void) | undefined;
  open: (conversation: ConversationId) => void;
  rows: readonly { conversation: ConversationId; unread: number }[];
  opened: ConversationId | null;
};

/** The panes that F6 goes through, in the order of the page: what stands in them that takes the focus. */
const PANES = [".pane.list", ".conv-main", ".pane.details"] as const;
const STOPS =
  '#composer, .conv-row[tabindex="0"], [data-testid="post"][tabindex="0"], button, input, textarea, [tabindex="0"]';

/** @returns the next conversation from the open one, or the next with something unread; none wraps around. */
export function neighbour(
  { rows, opened }: Pick<Shortcuts, "rows" | "opened">,
  by: 1 | -1,
  unreadOnly: boolean,
): ConversationId | undefined {
  const at = rows.findIndex((row) => row.conversation === opened);
  const ahead = by === 1 ? rows.slice(at + 1) : rows.slice(0, Math.max(0, at)).toReversed();
  const from = at === -1 && by === -1 ? [] : ahead;
  return (unreadOnly ? from.find(({ unread }) => unread > 0) : from[0])?.conversation;
}

function toPane(by: 1 | -1): void {
  const panes = PANES.flatMap((name) => {
    const pane = document.querySelector<HTMLElement>(name);
    return pane === null || pane.offsetParent === null ? [] : [pane];
  });
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const next = panes[(at + by + panes.length) % panes.length];
  const goal = next?.querySelector<HTMLElement>("#composer, .conv-row.on") ?? next?.querySelector<HTMLElement>(STOPS);
  goal?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/u.test(target.tagName))
  );
}

/** @returns whether the key was one of ours */
function press(event: KeyboardEvent, shortcuts: Shortcuts): boolean {
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  // A dialog has its own keys, and what lies under it stays as it is.
  if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return false;
  const run = (work: (() => void) | undefined): boolean => {
    work?.();
    return work !== undefined;
  };
  if (command && !event.altKey) {
    if (event.shiftKey) {
      if (key === "o") return run(shortcuts.newMessage);
      return key === "l" && run(shortcuts.fold);
    }
    if (key === "k") return run(shortcuts.palette);
    if (key === ",") return run(shortcuts.settings);
    return key === "." && run(shortcuts.details);
  }
  if (event.key === "F6") return run(() => toPane(event.shiftKey ? -1 : 1));
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const next = neighbour(shortcuts, event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
    if (next !== undefined) shortcuts.open(next);
    return true;
  }
  return event.key === "?" && !isTyping(event.target) && run(shortcuts.keys);
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.defaultPrevented && press(event, latest.current)) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
