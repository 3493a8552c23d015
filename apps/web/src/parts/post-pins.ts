import { useEffect, useState } from "react";
import type { TimelineItem } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { useEngine } from "../state/live.ts";

const PINS_MS = 300;

export type Pinned = Exclude<TimelineItem, { kind: "system" }>;

function isPinned(item: TimelineItem): item is Pinned {
  return item.kind !== "system";
}

/** What is pinned in a conversation, the newest pin first. */
export function usePins(conversation: ConversationId): readonly Pinned[] {
  const engine = useEngine();
  const [pins, setPins] = useState<readonly Pinned[]>([]);
  useEffect(() => {
    let shown = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      void engine.pinnedPosts({ conversation }).then(
        (found) => shown && setPins((before) => (before.length + found.length === 0 ? before : found.filter(isPinned))),
        // What was shown stays; the next change asks again.
        () => undefined,
      );
    ask();
    const stop = engine.subscribe((change) => {
      if (change.kind === "timeline" && change.conversation === conversation) {
        // Most changes are no pins: what was written is shown first.
        clearTimeout(timer);
        timer = setTimeout(ask, PINS_MS);
      }
    });
    return () => {
      shown = false;
      stop();
      clearTimeout(timer);
    };
  }, [engine, conversation]);
  return pins;
}
