import { useRef, useState } from "react";
import { Globe } from "lucide-react";
import type { ConversationSummary, Person } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { asRoomName, knownPeople, peopleInWords, roomNameProblem, shortNameOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { rich } from "../parts/rich.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { PeopleField } from "../parts/people-field.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";

type NewMessageProps = {
  conversations: ConversationSummary[];
  /** Typed already, into the search field. */
  username: string;
  onClose: () => void;
  onOpen: (conversation: ConversationId) => void;
};

/** One person opens a conversation, more make a group, a name opens a room. */
export default function NewMessage({ conversations, username, onClose, onOpen }: NewMessageProps) {
  const [mode, setMode] = useState<"people" | "room">("people");
  const first = useRef<HTMLInputElement>(null);
  return (
    <Sheet title={m.start_title()} onClose={onClose} width="w560" up first={first}>
      <div className="nm-tabs" role="group" aria-label={m.start_whom()}>
        <button
          type="button"
          className={`tab ${mode === "people" ? "on" : ""}`}
          aria-pressed={mode === "people"}
          onClick={() => setMode("people")}
        >
          {m.start_people()}
        </button>
        <button
          type="button"
          className={`tab ${mode === "room" ? "on" : ""}`}
          aria-pressed={mode === "room"}
          onClick={() => setMode("room")}
        >
          {m.start_room()}
        </button>
      </div>
      {mode === "people" ? (
        <WithPeople conversations={conversations} username={username} first={first} onOpen={onOpen} />
      ) : (
        <InRoom onOpen={onOpen} />
      )}
    </Sheet>
  );
}

function WithPeople({
  conversations,
  username,
  first,
  onOpen,
}: Pick<NewMessageProps, "conversations" | "username" | "onOpen"> & {
  first: React.RefObject<HTMLInputElement | null>;
}) {
  const engine = useEngine();
  const [chosen, setChosen] = useState<Person[]>([]);
  const [name, setName] = useState("");
  const [keeps, setKeeps] = useState(true);
  const { busy, failure, run } = useAction();
  const [one] = chosen;
  const isGroup = chosen.length > 1;
  const start = () => {
    if (one === undefined || busy) return;
    void run(async () => {
      const usernames = chosen.map((person) => person.username);
      onOpen(
        isGroup
          ? await engine.createGroup({
              name: name.trim() === "" ? peopleInWords(chosen.map(shortNameOf)) : name.trim(),
              usernames,
              history: keeps ? "archive" : "device-only",
            })
          : await engine.openDirect({ username: one.username }),
      );
    });
  };
  const names = chosen.map(shortNameOf);
  const words =
    one === undefined
      ? m.start_nobody_else()
      : isGroup
        ? m.start_group_reads({
            names: names.length > 3 ? m.count_people({ count: names.length }) : names.join(", "),
          })
        : m.start_one_reads({ name: shortNameOf(one) });
  return (
    <>
      <PeopleField
        chosen={chosen}
        onChosen={setChosen}
        known={knownPeople(conversations)}
        first={first}
        initial={username}
        onDone={start}
      />
      {isGroup && (
        <div className="nm-form">
          <div className="field">
            <label htmlFor="group-name">
              {rich(m.start_group_name, { optional: <span className="opt">{m.start_optional()}</span> })}
            </label>
            <div className="input">
              <input id="group-name" value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
            </div>
            <p className="hint">{m.start_group_sealed()}</p>
          </div>
          <label className="tick">
            <input type="checkbox" checked={keeps} onChange={(event) => setKeeps(event.target.checked)} />
            <span>
              {m.start_history()}
              <span className="hint">{keeps ? m.start_history_kept() : m.start_history_not()}</span>
            </span>
          </label>
        </div>
      )}
      <FailureNote failure={failure} className="nm-bad" />
      <div className="dlg-f">
        <span className="s14 t2 grow">{words}</span>
        <BusyButton
          busy={busy}
          className="btn primary"
          disabled={one === undefined}

          onClick={start}
        >
          {isGroup ? m.start_create_group() : m.start_start()}
        </BusyButton>
      </div>
    </>
  );
}

type Found = { name: string; people: number | null };

function InRoom({ onOpen }: Pick<NewMessageProps, "onOpen">) {
  const engine = useEngine();
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  const { busy, failure, run, clear } = useAction();
  const name = asRoomName(typed);
  const problem = roomNameProblem(name);
  const ready = name.length >= 2 && problem === null && !busy;
  const looked = found !== null && found.name === name ? found : null;
  const look = () => {
    if (!ready) return;
    void run(async () => {
      const room = await engine.findRoom({ room: name });
      setFound({ name, people: room?.people ?? null });
    });
  };
  const enter = () => {
    if (looked === null) return look();
    void run(async () =>
      onOpen(looked.people === null ? await engine.createRoom({ room: name }) : await engine.joinRoom({ room: name })),
    );
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        enter();
      }}
    >
      <div className="nm-form">
        <div className="field">
          <label htmlFor="room-name">{m.start_room_name()}</label>
          <div className={`input ${problem === null ? "" : "bad"}`}>
            <span className="t3" aria-hidden="true">
              #
            </span>
            <input
              id="room-name"
              value={typed}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={40}
              aria-describedby="room-hint"
              autoFocus
              onChange={(event) => {
                setTyped(event.target.value);
                clear();
              }}
            />
          </div>
          <p className="hint" id="room-hint" role="status">
            {problem ??
              (looked === null
                ? m.start_room_how()
                : looked.people === null
                  ? m.start_room_none({ room: name })
                  : m.start_room_found({ room: name, people: m.count_people({ count: looked.people }) }))}
          </p>
        </div>
        <div className="note">
          <Icon of={Globe} size={18} />
          <span>{rich(m.start_room_public, { what: <b>{m.start_room_public_what()}</b> })}</span>
        </div>
        <FailureNote failure={failure} />
      </div>
      <div className="dlg-f">
        <span className="s14 t2 grow">
          {looked === null ? "" : looked.people === null ? m.start_room_creates() : m.start_room_seen()}
        </span>
        <BusyButton busy={busy} type="submit" className="btn primary" disabled={!ready}>
          {looked === null ? m.start_room_look() : looked.people === null ? m.start_room_create() : m.start_room_join()}
        </BusyButton>
      </div>
    </form>
  );
}
