import { useId, useState } from "react";
import { momentWords } from "@sotto/views";
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
      <h2>If password and recovery key are both lost</h2>
      <div className="card">
        <Row
          title="Take over my account"
          note={
            announced === null
              ? `From a device that is still signed in, like this one. ${
                  alone ? "It is your only one, so it is done at once." : "Your other devices have 24 hours to stop it."
                }`
              : ready
                ? "The time is over, and no device objected. Choose a new password to finish."
                : `Announced to your other devices. Ready ${due}, unless one of them signs this device out.`
          }
        >
          <button
            type="button"
            className={`btn sm ${ready ? "primary" : "quiet"}`}
            disabled={announced !== null && !ready}
            onClick={() => (ready ? setFinishing(true) : setAsking(true))}
          >
            {announced === null ? "Take over…" : ready ? "Finish" : "Waiting"}
          </button>
        </Row>
      </div>
      {asking && (
        <Ask
          title="Take over your account?"
          text={`It gets new keys, a new password and a new recovery key. Your messages and conversations stay. Everyone is told that your keys changed, and people who verified you stop sending until they have decided. ${
            alone
              ? "This is your only device, so nobody has to wait."
              : "Your other devices are told at once, and can stop it for 24 hours by signing this device out."
          }`}
          verb={alone ? "Go on" : "Announce it"}
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
      <Sheet title="The account is yours again" onClose={onClose} width="w560">
        <div className="dlg-b">
          <p className="s15 t2 dlg-lead">This is your new recovery key. The old one opens nothing any more.</p>
          <KeyShown recoveryKey={shown} username={session.username} password={given.password} onSaved={onClose} />
        </div>
      </Sheet>
    );
  return (
    <Sheet title="Choose a new password" onClose={() => !busy && onClose()} width="w460">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="dlg-b fields">
          <NewPassword id={id} label="New password" given={given} missing={tried} refused={refused} />
          <FailureNote failure={failure} />
        </div>
        <div className="dlg-f end">
          <button type="button" className="btn ghost" disabled={busy} onClick={onClose}>
            Later
          </button>
          <button type="submit" className="btn primary" disabled={busy} aria-busy={busy}>
            {busy && <span className="spin" aria-hidden="true" />}
            {busy ? "Making new keys…" : "Finish"}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
