import { useId, useMemo, useState } from "react";
import { createPortal } from "react-dom";
import { Check, Copy, Download, Printer } from "lucide-react";
import { fullTime, groupsOf, keyCharacters, spoken } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../../parts/busy-button.tsx";
import { copy } from "../../parts/copy.ts";
import { FailureNote } from "../../parts/failure-note.tsx";
import { Icon } from "../../parts/icon.tsx";
import { saveFile } from "../../parts/save-file.ts";
import { herePlace, useNow } from "../../state/clock.ts";
import { useEngine } from "../../state/live.ts";
import { useAction } from "../../state/use-action.ts";

/** Two of eight, the first before the second: other ones each time that a key is shown. */
function twoOfEight(): [number, number] {
  const [first, second] = crypto.getRandomValues(new Uint32Array(2));
  const a = (first ?? 0) % 8;
  const b = (a + 1 + ((second ?? 0) % 7)) % 8;
  return a < b ? [a, b] : [b, a];
}

function Grid({ groups }: { groups: readonly string[] }) {
  return (
    <ol className="keygrid" aria-label={m.recovery_grid()} data-testid="recovery-key">
      {groups.map((group, at) => (
        <li key={at}>
          <small aria-hidden="true">{at + 1}</small>
          <span aria-hidden="true">{group}</span>
          <span className="vh">{spoken(group)}</span>
        </li>
      ))}
    </ol>
  );
}

/** What goes on paper: the key, whose it is, and what it is for. On the screen it isn't shown. */
function Paper({ groups, username }: { groups: readonly string[]; username: string }) {
  const now = useNow();
  return createPortal(
    <section className="paper" aria-hidden="true">
      <h1>{m.recovery_paper()}</h1>
      <p>{m.recovery_paper_whose({ username, host: window.location.host, time: fullTime(now, herePlace()) })}</p>
      <ol className="keygrid">
        {groups.map((group, at) => (
          <li key={at}>
            <small>{at + 1}</small>
            {group}
          </li>
        ))}
      </ol>
      <p>{m.recovery_paper_text()}</p>
    </section>,
    document.body,
  );
}

type KeyShownProps = {
  recoveryKey: string;
  username: string;
  password: string;
  onSaved: () => void;
};

/** A recovery key, the ways to keep it, and two of its groups asked for: shown once, so it has to be somewhere else first. */
export default function KeyShown({ recoveryKey, username, password, onSaved }: KeyShownProps) {
  const engine = useEngine();
  const id = useId();
  const groups = useMemo(() => groupsOf(keyCharacters(recoveryKey), 4), [recoveryKey]);
  const [asked] = useState(twoOfEight);
  const [typed, setTyped] = useState<[string, string]>(["", ""]);
  const { busy, failure, run, clear } = useAction();
  const right = asked.map((group, at) => keyCharacters(typed[at] ?? "") === groups[group]);
  const wrong = asked.map((_, at) => keyCharacters(typed[at] ?? "").length === 4 && right[at] === false);
  const all = right.every(Boolean);
  const confirm = () => {
    if (!all || busy) return;
    void run(async () => {
      await engine.confirmRecoveryKey({ password, recoveryKey });
      onSaved();
    });
  };
  const save = () =>
    saveFile(
      `sotto-recovery-key-${username}.txt`,
      `${m.recovery_file_head({ username, host: window.location.host })}\n\n${recoveryKey}\n\n${m.recovery_file_note()}\n`,
      "text/plain",
    );
  return (
    <form
      className="key-shown"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        confirm();
      }}
    >
      <Grid groups={groups} />
      <div className="key-acts">
        <button type="button" className="btn quiet sm" onClick={() => copy(recoveryKey, m.recovery_the_key())}>
          <Icon of={Copy} size={16} />
          {m.common_copy()}
        </button>
        <button type="button" className="btn quiet sm" onClick={() => window.print()}>
          <Icon of={Printer} size={16} />
          {m.recovery_print()}
        </button>
        <button type="button" className="btn quiet sm" onClick={save}>
          <Icon of={Download} size={16} />
          {m.recovery_save_file()}
        </button>
      </div>
      <p className="hint">{m.recovery_keep()}</p>
      <fieldset className="key-ask">
        <legend className="lbl">{m.recovery_type_groups({ first: asked[0] + 1, second: asked[1] + 1 })}</legend>
        <div>
          {asked.map((group, at) => (
            <div key={group} className={`input ${wrong[at] ? "bad" : ""}`}>
              <span className="t3 s14" aria-hidden="true">
                {group + 1}
              </span>
              <input
                value={typed[at]}
                aria-label={m.recovery_group({ number: group + 1 })}
                aria-invalid={wrong[at]}
                aria-describedby={`${id}-h`}
                autoComplete="off"
                autoCapitalize="characters"
                spellCheck={false}
                maxLength={8}
                onChange={({ target }) => {
                  const value = keyCharacters(target.value).slice(0, 4);
                  setTyped(at === 0 ? [value, typed[1]] : [typed[0], value]);
                  clear();
                }}
              />
              {right[at] && <Icon of={Check} size={18} />}
            </div>
          ))}
        </div>
      </fieldset>
      <p className={`hint ${wrong.some(Boolean) ? "bad" : "t2"}`} id={`${id}-h`} role="status">
        {wrong.some(Boolean) ? m.recovery_differs() : ""}
      </p>
      <FailureNote failure={failure} />
      <BusyButton busy={busy} type="submit" className="btn primary lg" disabled={!all}>
        {busy ? m.recovery_confirming() : m.recovery_have_it()}
      </BusyButton>
      <Paper groups={groups} username={username} />
    </form>
  );
}
