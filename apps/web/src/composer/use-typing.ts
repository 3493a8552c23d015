import { useCallback, useEffect, useRef } from "react";
import type { ConversationId } from "@sotto/protocol";
import { useEngine } from "../state/live.ts";

const TELL_MS = 3_000;

/** Says that the person is writing, at most every few seconds, and that they stopped. What of it goes out is the engine's business. */
export function useTyping(conversation: ConversationId): (typing: boolean) => void {
  const engine = useEngine();
  const told = useRef({ typing: false, at: 0 });
  const tell = useCallback(
    (typing: boolean) => {
      const now = Date.now();
      if (typing ? told.current.typing && now - told.current.at < TELL_MS : !told.current.typing) return;
      told.current = { typing, at: now };
      // A hint that is lost is no loss.
      engine.setTyping({ conversation, typing }).catch(() => undefined);
    },
    [engine, conversation],
  );
  useEffect(() => () => tell(false), [tell]);
  return tell;
}
