import { useRef, useState } from "react";
import type { ReactNode } from "react";
import { Copy, ScanLine } from "lucide-react";
import type { PersonDetails } from "@sotto/engine";
import type { AccountId } from "@sotto/protocol";
import { failureSentence, nameOf, safetyGroups, shortNameOf, spoken } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { PersonAvatar } from "../parts/avatar.tsx";
import { copy } from "../parts/copy.ts";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/lazy.tsx";
import { QrPicture } from "../parts/qr-picture.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { TrustGlyph } from "../parts/trust.tsx";
import { useEngine, usePerson, useSession, useVerification } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { selfOf } from "../state/self.ts";
import { useAction } from "../state/use-action.ts";

const Scanner = later(() => import("../parts/scanner.tsx"));

type Outcome = "comparing" | "scanning" | "verified" | "differs";

function Result({ tone, title, children }: { tone: "verified" | "danger"; title: string; children: ReactNode }) {
  return (
    <div className="dlg-b vf-done" role="status" data-testid={`verify-${tone}`}>
      <TrustGlyph tone={tone} size={44} />
      <h3>{title}</h3>
      <p className="s15 t2">{children}</p>
    </div>
  );
}

function Numbers({ groups, person, children }: { groups: string[]; person: PersonDetails; children: ReactNode }) {
  const session = valueOf(useSession(), null);
  return (
    <div className="vf-num">
      <div className="vf-pair">
        {session?.kind === "signed-in" && <PersonAvatar person={selfOf(session)} size={32} />}
        <PersonAvatar person={person} size={32} />
        <h3 className="s14 w6">{m.verify_together()}</h3>
      </div>
      <ol className="digits" aria-label={m.verify_label()} data-testid="safety-number">
        {groups.map((group, at) => (
          <li key={at}>
            <span aria-hidden="true">{group}</span>
            <span className="vh">{spoken(group)}</span>
          </li>
        ))}
      </ol>
      {children}
    </div>
  );
}

/** Two people compare: with their eyes, their ears or a camera. Only they can know that it matched. */
export default function Verify({ account, onClose }: { account: AccountId; onClose: () => void }) {
  const engine = useEngine();
  const loaded = useVerification(account);
  const who = usePerson(account);
  const [outcome, setOutcome] = useState<Outcome>("comparing");
  const { busy, failure, run, clear } = useAction();
  const heading = useRef<HTMLParagraphElement>(null);
  if (loaded.kind !== "ready" || who.kind !== "ready") {
    const failed = loaded.kind === "failed" ? loaded.failure : who.kind === "failed" ? who.failure : null;
    return (
      <Sheet title={m.verify_title()} onClose={onClose} width="w720">
        <p className="dlg-b s15 t2">{failed === null ? m.verify_fetching() : failureSentence(failed)}</p>
      </Sheet>
    );
  }
  const person = who.value;
  const { safetyNumber, qr } = loaded.value;
  const name = shortNameOf(person);
  const groups = safetyGroups(safetyNumber);
  const match = (theirs?: string) =>
    run(async () => {
      await engine.verify(theirs === undefined ? { account } : { account, qr: theirs });
      setOutcome("verified");
    });
  const differs = () =>
    run(async () => {
      // What was believed of these keys before can't be believed on.
      if (person.trust === "verified") await engine.unverify({ account });
      setOutcome("differs");
    });
  const onCode = (text: string): boolean => {
    if (!text.startsWith("SOTTO VERIFY ")) return false;
    setOutcome("comparing");
    void match(text);
    return true;
  };

  if (outcome === "verified")
    return (
      <Sheet title={m.verify_of({ name: nameOf(person) })} onClose={onClose} width="w460">
        <Result tone="verified" title={m.verify_done({ name })}>
          {m.verify_done_text()}
        </Result>
        <div className="dlg-f end">
          <button type="button" className="btn primary" onClick={onClose} autoFocus>
            {m.common_done()}
          </button>
        </div>
      </Sheet>
    );
  if (outcome === "differs")
    return (
      <Sheet title={m.verify_of({ name: nameOf(person) })} onClose={onClose} width="w460">
        <Result tone="danger" title={m.verify_differ_title()}>
          {m.verify_differ_text({ name })}
        </Result>
        <div className="dlg-f end">
          <button type="button" className="btn ghost" onClick={() => setOutcome("comparing")}>
            {m.verify_again()}
          </button>
          <button type="button" className="btn primary" onClick={onClose}>
            {m.common_close()}
          </button>
        </div>
      </Sheet>
    );
  return (
    <Sheet title={m.verify_of({ name: nameOf(person) })} onClose={onClose} width="w720" first={heading}>
      <div className="dlg-b vf">
        <p className="s15 t2" ref={heading} tabIndex={-1}>
          {m.verify_how({ name })}
        </p>
        <div className="vf-grid">
          <div className="vf-qr">
            {outcome === "scanning" ? (
              <Scanner label={m.verify_camera({ name })} onCode={onCode} />
            ) : (
              <QrPicture text={qr} label={m.verify_qr()} />
            )}
            <button
              type="button"
              className="btn quiet"
              onClick={() => {
                clear();
                setOutcome(outcome === "scanning" ? "comparing" : "scanning");
              }}
            >
              <Icon of={ScanLine} size={18} />
              {outcome === "scanning" ? m.verify_show_code() : m.verify_scan({ name })}
            </button>
          </div>
          <Numbers groups={groups} person={person}>
            <button
              type="button"
              className="btn ghost sm vf-copy"
              onClick={() => copy(groups.join(" "), m.verify_the_number())}
            >
              <Icon of={Copy} size={16} />
              {m.common_copy()}
            </button>
            <p className="s14 t2">{m.verify_if_all({ count: groups.length, name })}</p>
          </Numbers>
        </div>
        <FailureNote failure={failure} />
      </div>
      <div className="dlg-f">
        <button type="button" className="btn danger-quiet" disabled={busy} onClick={() => void differs()}>
          {m.verify_no_match()}
        </button>
        <span className="grow not-m" />
        <button type="button" className="btn quiet not-m" disabled={busy} onClick={onClose}>
          {m.verify_later()}
        </button>
        <button type="button" className="btn primary" disabled={busy} aria-busy={busy} onClick={() => void match()}>
          {m.verify_match()}
        </button>
      </div>
    </Sheet>
  );
}
