import { useEffect, useState } from "react";
import type { Person } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { typingWords } from "@sotto/views";
import { useEngine } from "../state/live.ts";
import { PersonAvatar } from "./avatar.tsx";

const NOBODY: readonly Person[] = [];

/** Who is writing in a conversation now. */
export function useTyping(conversation: ConversationId): readonly Person[] {
  const engine = useEngine();
  const [people, setPeople] = useState(NOBODY);
  useEffect(() => {
    let shown = true;
    const ask = () =>
      void engine.typingIn({ conversation }).then(
        (found) => shown && setPeople((before) => (before.length + found.length === 0 ? before : found)),
        // Nobody is said to write whom one can't hear of.
        () => shown && setPeople(NOBODY),
      );
    ask();
    const stop = engine.subscribe((change) => {
      if (change.kind === "typing" && change.conversation === conversation) ask();
    });
    return () => {
      shown = false;
      stop();
    };
  }, [engine, conversation]);
  return people;
}

/** "Alan is typing", at the end of the log. Not read aloud: it would interrupt all the time. */
export function TypingLine({ people }: { people: readonly Person[] }) {
  const [first] = people;
  const words = typingWords(people);
  if (first === undefined || words === null) return null;
  return (
    <div className="typing" aria-live="off" data-testid="typing">
      <PersonAvatar person={first} size={32} />
      <span className="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span>{words}</span>
    </div>
  );
}
