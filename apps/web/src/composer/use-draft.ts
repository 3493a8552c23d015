import { useCallback, useEffect, useRef, useState } from "react";
import type { ConversationId } from "@sotto/protocol";
import { useEngine } from "../state/live.ts";

const DRAFT_MS = 200;

/**
 * The draft is kept as it is typed, and at the latest when the page goes away.
 * @param kept  false: it lives as long as the field does (threads)
 */
export function useDraft(
  conversation: ConversationId,
  stored: string,
  kept: boolean,
): [string, (text: string) => void, () => void] {
  const engine = useEngine();
  const [text, setText] = useState(stored);
  const wanted = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const saved = useRef(stored);
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    if (wanted.current === null) return;
    saved.current = wanted.current;
    // A draft that can't be kept is still in the field.
    engine.saveDraft({ conversation, text: wanted.current }).catch(() => undefined);
    wanted.current = null;
  }, [engine, conversation]);
  useEffect(() => {
    window.addEventListener("pagehide", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      flush();
    };
  }, [flush]);
  // Typed in another tab of this account, and not touched here.
  useEffect(() => {
    if (wanted.current !== null || stored === saved.current) return;
    setText((now) => (now === saved.current ? stored : now));
    saved.current = stored;
  }, [stored]);
  const change = useCallback(
    (next: string) => {
      setText(next);
      if (!kept) return;
      wanted.current = next;
      clearTimeout(timer.current);
      timer.current = setTimeout(flush, DRAFT_MS);
    },
    [flush, kept],
  );
  return [text, change, flush];
}
