import type { ConnectionState, ConversationState } from "@sotto/engine";
import { m } from "./messages.ts";

export function connectionWords(connection: ConnectionState): string {
  switch (connection) {
    case "online":
      return m.connection_online();
    case "connecting":
      return m.connection_connecting();
    case "offline":
      return m.connection_offline();
  }
}

/** Why one can't write here; null when one can. */
export function closedBecause(state: ConversationState): { tone: "quiet" | "danger"; words: string } | null {
  switch (state.kind) {
    case "open":
      return null;
    case "joining":
      return { tone: "quiet", words: m.connection_joining() };
    case "left":
      if (state.because === "left") return { tone: "quiet", words: m.connection_left() };
      if (state.because === "closed") return { tone: "quiet", words: m.connection_closed() };
      return { tone: "quiet", words: m.connection_removed() };
    case "paused":
      return { tone: "quiet", words: m.connection_paused() };
    case "blocked":
      return { tone: "quiet", words: m.connection_blocked() };
    case "stopped":
      if (state.because === "fork")
        return {
          tone: "danger",
          words: m.connection_fork(),
        };
      if (state.because === "clone")
        return {
          tone: "danger",
          words: m.connection_clone(),
        };
      return {
        tone: "danger",
        words: m.connection_frozen(),
      };
  }
}
