import { useRef, useState } from "react";
import { Plus, X } from "lucide-react";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { useAction } from "../state/use-action.ts";

const OPTIONS_MIN = 2;
const OPTIONS_MAX = 12;
const QUESTION_MAX = 300;
const OPTION_MAX = 120;

type PollDialogProps = {
  onSend: (poll: { question: string; options: string[]; multiple: boolean }) => Promise<unknown>;
  onClose: () => void;
};

/** A question and its answers. */
export default function PollDialog({ onSend, onClose }: PollDialogProps) {
  const [question, setQuestion] = useState("");
  const [options, setOptions] = useState(["", ""]);
  const [multiple, setMultiple] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const { busy, failure, run } = useAction();
  const written = options.map((option) => option.trim()).filter((option) => option !== "");
  const twice = new Set(written).size < written.length;
  const ready = question.trim() !== "" && written.length >= OPTIONS_MIN && !twice;
  const add = () => {
    setOptions([...options, ""]);
    requestAnimationFrame(() => list.current?.querySelector<HTMLInputElement>(".input:last-of-type input")?.focus());
  };
  return (
    <Sheet title={m.write_poll()} onClose={onClose} width="w460" first={first}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready || busy) return;
          void run(async () => {
            await onSend({ question: question.trim(), options: written, multiple });
            onClose();
          });
        }}
      >
        <div className="dlg-b fields">
          <div className="field">
            <label htmlFor="poll-question">{m.write_poll_question()}</label>
            <div className="input">
              <input
                id="poll-question"
                ref={first}
                dir="auto"
                value={question}
                maxLength={QUESTION_MAX}
                onChange={(event) => setQuestion(event.target.value)}
              />
            </div>
          </div>
          <div className="field" role="group" aria-label={m.write_poll_options()} ref={list}>
            <span className="lbl">{m.write_poll_options()}</span>
            {options.map((option, at) => (
              <div className="input poll-o" key={at}>
                <input
                  dir="auto"
                  aria-label={m.write_poll_option({ number: at + 1 })}
                  value={option}
                  maxLength={OPTION_MAX}
                  onChange={(event) =>
                    setOptions(options.map((one, place) => (place === at ? event.target.value : one)))
                  }
                />
                {options.length > OPTIONS_MIN && (
                  <button
                    type="button"
                    className="ib"
                    aria-label={m.write_poll_take_out({ number: at + 1 })}
                    title={m.write_poll_take_out({ number: at + 1 })}
                    onClick={() => setOptions(options.filter((_, place) => place !== at))}
                  >
                    <Icon of={X} size={16} />
                  </button>
                )}
              </div>
            ))}
            {options.length < OPTIONS_MAX && (
              <button type="button" className="btn ghost sm" onClick={add}>
                <Icon of={Plus} size={16} />
                {m.write_poll_add()}
              </button>
            )}
            {twice && <p className="hint">{m.write_poll_twice()}</p>}
          </div>
          <label className="tick">
            <input type="checkbox" checked={multiple} onChange={(event) => setMultiple(event.target.checked)} />
            <span>{m.write_poll_multiple()}</span>
          </label>
          <p className="hint">{m.write_poll_means()}</p>
          <FailureNote failure={failure} />
        </div>
        <div className="dlg-f">
          <BusyButton busy={busy} type="submit" className="btn primary" disabled={!ready}>
            {m.write_poll_send()}
          </BusyButton>
        </div>
      </form>
    </Sheet>
  );
}
