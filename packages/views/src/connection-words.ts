import type { ConnectionState, ConversationState } from "@sotto/engine";

export function connectionWords(connection: ConnectionState): string {
  switch (connection) {
    case "online":
      return "Connected";
    case "connecting":
      return "Connecting…";
    case "offline":
      return "Offline";
  }
}

/** Why one can't write here; null when one can. */
export function closedBecause(state: ConversationState): { tone: "quiet" | "danger"; words: string } | null {
  switch (state.kind) {
    case "open":
      return null;
    case "joining":
      return { tone: "quiet", words: "This device is joining the conversation. You can write in a moment." };
    case "left":
      if (state.because === "left")
        return { tone: "quiet", words: "You left. You cannot read what is sent from now on." };
      if (state.because === "closed")
        return { tone: "quiet", words: "This conversation is over: the other account was closed." };
      return { tone: "quiet", words: "You were removed. You cannot read what is sent from now on." };
    case "paused":
      return { tone: "quiet", words: "Sending is paused until you choose." };
    case "blocked":
      return { tone: "quiet", words: "You blocked this person. Nothing is sent, and nothing they write is shown." };
    case "stopped":
      if (state.because === "fork")
        return {
          tone: "danger",
          words:
            "The server shows you another conversation than it shows others. Sending is stopped. Ask them on another way.",
        };
      if (state.because === "clone")
        return {
          tone: "danger",
          words:
            "Another copy of this device is writing in your name. Sending is stopped. Sign out here and sign in again.",
        };
      return {
        tone: "danger",
        words: "This conversation can't be followed from here at the moment. Sending is stopped until it is mended.",
      };
  }
}
