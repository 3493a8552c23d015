import { useCallback, useEffect, useState } from "react";
import { X } from "lucide-react";
import type { ScheduledPost } from "@sotto/engine";
import type { ConversationId } from "@sotto/protocol";
import { fullTime, previewOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { herePlace } from "../state/clock.ts";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";
import { inputTime, quickTimes, timeOfInput } from "./schedule-times.ts";

type ScheduleDialogProps = {
  conversation: ConversationId;
  /** Empty: nothing is to be scheduled, only seen what is. */
  text: string;
  onSchedule: (at: number) => Promise<unknown>;
  onClose: () => void;
};

/** When it shall be sent, and what waits already. */
export default function ScheduleDialog({ conversation, text, onSchedule, onClose }: ScheduleDialogProps) {
  const engine = useEngine();
  const [now] = useState(() => Date.now());
  const quick = quickTimes(now);
  const [typed, setTyped] = useState(() => inputTime(quick[0]?.at ?? now));
  const [waiting, setWaiting] = useState<ScheduledPost[]>([]);
  const { busy, failure, run } = useAction();
  const at = timeOfInput(typed);
  const ready = text.trim() !== "" && at !== null && at > now;
  const look = useCallback(
    () => engine.scheduledPosts({ conversation }).then(setWaiting, () => setWaiting([])),
    [engine, conversation],
  );
  useEffect(() => void look(), [look]);
  return (
    <Sheet title={m.write_schedule()} onClose={onClose} width="w460">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready || busy) return;
          void run(async () => {
            await onSchedule(at);
            onClose();
          });
        }}
      >
        <div className="dlg-b fields">
          {text.trim() === "" ? (
            <p className="t2">{m.write_schedule_nothing()}</p>
          ) : (
            <>
              <div className="chips" role="group" aria-label={m.write_schedule_quick()}>
                {quick.map((one) => (
                  <button
                    key={one.name}
                    type="button"
                    className={`chip ${inputTime(one.at) === typed ? "on" : ""}`}
                    aria-pressed={inputTime(one.at) === typed}
                    onClick={() => setTyped(inputTime(one.at))}
                  >
                    {one.name}
                  </button>
                ))}
              </div>
              <div className="field">
                <label htmlFor="schedule-at">{m.write_schedule_at()}</label>
                <div className="input">
                  <input
                    id="schedule-at"
                    type="datetime-local"
                    value={typed}
                    min={inputTime(now)}
                    onChange={(event) => setTyped(event.target.value)}
                  />
                </div>
              </div>
              <p className="hint">{m.write_schedule_means()}</p>
            </>
          )}
          {waiting.length > 0 && (
            <div className="sched" role="group" aria-label={m.write_scheduled()}>
              <span className="lbl">{m.write_scheduled()}</span>
              {waiting.map((post) => (
                <div className="li" key={post.scheduled} data-testid="scheduled">
                  <span className="grow">
                    <span className="trunc" dir="auto">
                      {previewOf(post.text)}
                    </span>
                    <span className="t2 s14">{fullTime(post.at, herePlace())}</span>
                  </span>
                  <button
                    type="button"
                    className="ib"
                    aria-label={m.write_unschedule()}
                    title={m.write_unschedule()}
                    onClick={() =>
                      void run(async () => {
                        await engine.unschedule({ scheduled: post.scheduled });
                        await look();
                      })
                    }
                  >
                    <Icon of={X} size={16} />
                  </button>
                </div>
              ))}
            </div>
          )}
          <FailureNote failure={failure} />
        </div>
        {text.trim() !== "" && (
          <div className="dlg-f">
            <BusyButton busy={busy} type="submit" className="btn primary" disabled={!ready}>
              {m.write_schedule_do()}
            </BusyButton>
          </div>
        )}
      </form>
    </Sheet>
  );
}
