import { useRef, useState } from "react";
import type { ConversationDetails, Person } from "@sotto/engine";
import { knownPeople, shortNameOf, titleOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { PeopleField } from "../parts/people-field.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { useConversations, useEngine } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { useAction } from "../state/use-action.ts";

/** Adds people to a group. They read what is sent from then on. */
export default function AddPeople({ details, onClose }: { details: ConversationDetails; onClose: () => void }) {
  const engine = useEngine();
  const conversations = valueOf(useConversations(), []);
  const [chosen, setChosen] = useState<Person[]>([]);
  const { busy, failure, run } = useAction();
  const first = useRef<HTMLInputElement>(null);
  const here = new Set(details.members.map((member) => member.account));
  const add = async () => {
    if (chosen.length === 0 || busy) return;
    const usernames = chosen.map((person) => person.username);
    if (await run(() => engine.addMembers({ conversation: details.conversation, usernames }))) onClose();
  };
  return (
    <Sheet title={m.people_add_to({ title: titleOf(details) })} onClose={onClose} width="w560" up first={first}>
      <PeopleField
        chosen={chosen}
        onChosen={setChosen}
        known={knownPeople(conversations).filter((person) => !here.has(person.account))}
        first={first}
        initial=""
        onDone={() => void add()}
      />
      <FailureNote failure={failure} className="nm-bad" />
      <div className="dlg-f">
        <span className="s14 t2 grow">
          {chosen.length === 0 ? m.people_new_see() : m.people_will_read({ names: chosen.map(shortNameOf).join(", ") })}
        </span>
        <BusyButton
          busy={busy}
          className="btn primary"
          disabled={chosen.length === 0}

          onClick={() => void add()}
        >
          {m.people_add()}
        </BusyButton>
      </div>
    </Sheet>
  );
}
