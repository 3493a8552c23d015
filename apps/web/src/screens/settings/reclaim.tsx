import { useId, useState } from "react";
import { momentWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../../parts/busy-button.tsx";
import { FailureNote } from "../../parts/failure-note.tsx";
import { later } from "../../parts/lazy.tsx";
import { NewPassword } from "../../parts/new-password.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { herePlace, useNow } from "../../state/clock.ts";
import { useDevices, useEngine } from "../../state/live.ts";
import { valueOf } from "../../state/query.ts";
import { useAction } from "../../state/use-action.ts";
import { usePassword } from "../../state/use-password.ts";
import type { SignedIn } from "../shell.tsx";
import { Row } from "./rows.tsx";

const Ask = later(() => import("../../parts/ask.tsx"));
const KeyShown = later(() => import("./key-shown.tsx"));

/** New keys and a new password from a device that is left: after a day in which the others can object. */
export function Reclaim({ session }: { session: SignedIn }) {
  const engine = useEngine();
  const now = useNow();
  const devices = valueOf(useDevices(), []);
  const [asking, setAsking] = useState(false);
  const [finishing, setFinishing] = useState(false);
  const own = session.notices.find((notice) => notice.kind === "reclaim-announced" && notice.own);
  const announced = own?.kind === "reclaim-announced" ? own : null;
  const ready = announced !== null && announced.completesAt <= now + 1_000;
  const alone = devices.filter(({ active }) => active).length === 1;
  const due = announced === null ? "" : momentWords(announced.completesAt, now, herePlace());
  return (
    <section className="group">
      <h2>{m.reclaim_heading()}</h2>
      <div className="card">
        <Row
          title={m.reclaim_title()}
          note={
            announced === null
              ? alone
                ? m.reclaim_note_alone()
                : m.reclaim_note_others()
              : ready
                ? m.reclaim_note_ready()
                : m.reclaim_note_due({ at: due })
          }
        >
          <button
            type="button"
            className={`btn sm ${ready ? "primary" : "quiet"}`}
            disabled={announced !== null && !ready}
            onClick={() => (ready ? setFinishing(true) : setAsking(true))}
          >
            {announced === null ? m.reclaim_verb() : ready ? m.reclaim_finish() : m.reclaim_waiting()}
          </button>
        </Row>
      </div>
      {asking && (
        <Ask
          title={m.reclaim_ask_title()}
          text={`${m.reclaim_ask_text()} ${alone ? m.reclaim_ask_alone() : m.reclaim_ask_others()}`}
          verb={alone ? m.reclaim_go_on() : m.reclaim_announce()}
          act={async () => {
            const { completesAt } = await engine.announceReclaim();
            if (completesAt <= Date.now() + 1_000) setFinishing(true);
          }}
          onClose={() => setAsking(false)}
        />
      )}
      {finishing && <Finish session={session} onClose={() => setFinishing(false)} />}
    </section>
  );
}

function Finish({ session, onClose }: { session: SignedIn; onClose: () => void }) {
  const engine = useEngine();
  const id = useId();
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const given = usePassword([session.username]);
  const { busy, failure, run } = useAction();
  const submit = () => {
    setTried(true);
    if (busy || given.password === "") return;
    void run(async () => {
      const { accepted } = await given.judge();
      setRefused(!accepted);
      if (!accepted) return;
      const { recoveryKey } = await engine.completeReclaim({ newPassword: given.password });
      setShown(recoveryKey);
    });
  };
  if (shown !== null)
    return (
      <Sheet title={m.reclaim_done_title()} onClose={onClose} width="w560">
        <div className="dlg-b">
          <p className="s15 t2 dlg-lead">{m.reclaim_done_text()}</p>
          <KeyShown recoveryKey={shown} username={session.username} password={given.password} onSaved={onClose} />
        </div>
      </Sheet>
    );
  return (
    <Sheet title={m.reclaim_password_title()} onClose={() => !busy && onClose()} width="w460">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="dlg-b fields">
          <NewPassword id={id} label={m.reclaim_password_new()} given={given} missing={tried} refused={refused} />
          <FailureNote failure={failure} />
        </div>
        <div className="dlg-f end">
          <button type="button" className="btn ghost" disabled={busy} onClick={onClose}>
            {m.reclaim_later()}
          </button>
          <BusyButton busy={busy} type="submit" className="btn primary">
            {busy ? m.reclaim_making() : m.reclaim_finish()}
          </BusyButton>
        </div>
      </form>
    </Sheet>
  );
}
