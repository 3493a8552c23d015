import { useState } from "react";
import type { KeyboardEvent, RefObject } from "react";
import { Check, UserPlus, X } from "lucide-react";
import type { Failure, Person } from "@sotto/engine";
import {
  asFailure,
  asUsername,
  failureSentence,
  nameOf,
  resemblanceWords,
  resembled,
  trustInWords,
  usernameProblem,
} from "@sotto/views";
import { m } from "@sotto/views/messages";
import { useEngine } from "../state/live.ts";
import { PersonAvatar } from "./avatar.tsx";
import { Icon } from "./icon.tsx";
import { TrustLine } from "./trust.tsx";

type PeopleFieldProps = {
  chosen: Person[];
  onChosen: (people: Person[]) => void;
  /** Met before: offered while one types. */
  known: Person[];
  first: RefObject<HTMLInputElement | null>;
  initial: string;
  /** Enter in an empty field. */
  onDone: () => void;
};

function offered(known: Person[], typed: string): Person[] {
  const wanted = asUsername(typed);
  return known
    .filter((person) => person.username.includes(wanted) || nameOf(person).toLowerCase().includes(wanted))
    .slice(0, 6);
}

/** Their trust state, or a warning where the name is easily taken for somebody else's. */
function Known({ person, among }: { person: Person; among: Person[] }) {
  const other = resembled(person, among);
  if (other !== null)
    return <TrustLine trust={{ tone: "changed", words: `@${person.username}. ${resemblanceWords(other)}` }} />;
  return <TrustLine trust={trustInWords(person.trust, person)} />;
}

/** Who: people met before by any part of the name, anyone else by exact username. */
export function PeopleField({ chosen, onChosen, known, first, initial, onDone }: PeopleFieldProps) {
  const engine = useEngine();
  const [typed, setTyped] = useState(initial);
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const username = asUsername(typed);
  const people = offered(known, typed);
  const exact = people.some((person) => person.username === username);
  const lookUp = username.length >= 3 && usernameProblem(username) === null && !exact;
  const count = people.length + (lookUp ? 1 : 0);

  const toggle = (person: Person) => {
    const rest = chosen.filter((one) => one.account !== person.account);
    onChosen(rest.length === chosen.length ? [...chosen, person] : rest);
    setTyped("");
    setAt(0);
    first.current?.focus();
  };
  const find = async () => {
    setBusy(true);
    setFailure(null);
    try {
      const person = await engine.findPerson(username);
      if (!chosen.some((one) => one.account === person.account)) onChosen([...chosen, person]);
      setTyped("");
      setAt(0);
    } catch (thrown) {
      setFailure(asFailure(thrown));
    } finally {
      setBusy(false);
      first.current?.focus();
    }
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setAt((now) => Math.max(0, Math.min(count - 1, now + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (username === "") onDone();
      else if (people[at] !== undefined && !(lookUp && at >= people.length)) toggle(people[at]);
      else if (lookUp && !busy) void find();
    } else if (event.key === "Backspace" && typed === "" && chosen.length > 0) onChosen(chosen.slice(0, -1));
  };

  return (
    <>
      <div className="to" onClick={() => first.current?.focus()}>
        <span className="t2 s15" aria-hidden="true">
          {m.people_to()}
        </span>
        {chosen.map((person) => (
          <span className="tok" key={person.account}>
            <PersonAvatar person={person} size={24} />
            <bdi>{nameOf(person)}</bdi>
            <button type="button" aria-label={m.people_remove({ name: nameOf(person) })} onClick={() => toggle(person)}>
              <Icon of={X} size={15} />
            </button>
          </span>
        ))}
        <input
          ref={first}
          value={typed}
          role="combobox"
          aria-label={m.people_to_label()}
          aria-expanded={count > 0}
          aria-controls="people-offered"
          aria-activedescendant={count > 0 ? `offer-${at}` : undefined}
          placeholder={chosen.length === 0 ? m.people_username() : ""}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={64}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
            setFailure(null);
          }}
          onKeyDown={onKey}
        />
      </div>
      {failure !== null && (
        <p className="hint bad nm-bad" role="alert">
          {failureSentence(failure)}
        </p>
      )}
      <ul
        className="nm-list"
        id="people-offered"
        role="listbox"
        aria-multiselectable="true"
        aria-label={m.people_offered()}
      >
        {people.map((person, index) => {
          const isChosen = chosen.some((one) => one.account === person.account);
          return (
            <li
              key={person.account}
              id={`offer-${index}`}
              role="option"
              aria-selected={isChosen}
              className={`conv-row sm ${index === at ? "at" : ""}`}
              onClick={() => toggle(person)}
            >
              <PersonAvatar person={person} size={40} />
              <span className="grow">
                <bdi className="s15 w6 line-b">{nameOf(person)}</bdi>
                <span className="s13">
                  <Known person={person} among={known} />
                </span>
              </span>
              <span className={`ck ${isChosen ? "on" : ""}`}>{isChosen && <Icon of={Check} size={14} />}</span>
            </li>
          );
        })}
        {lookUp && (
          <li
            id={`offer-${people.length}`}
            role="option"
            aria-selected="false"
            aria-busy={busy}
            className={`conv-row sm ${at >= people.length ? "at" : ""}`}
            onClick={() => !busy && void find()}
          >
            <span className="round-ic sm">{busy ? <span className="spin" /> : <Icon of={UserPlus} size={18} />}</span>
            <span className="grow">
              <span className="s15 w6 line-b">@{username}</span>
              <span className="s13 t2">{m.people_look_up()}</span>
            </span>
          </li>
        )}
        {count === 0 && (
          <li role="presentation" className="s14 t2 nm-none">
            {username === "" ? m.people_type() : m.people_exact()}
          </li>
        )}
      </ul>
    </>
  );
}
