import { useRef, useState } from "react";
import type { ReactNode } from "react";
import { Copy, ScanLine } from "lucide-react";
import type { PersonDetails } from "@sotto/engine";
import type { AccountId } from "@sotto/protocol";
import { failureSentence, nameOf, safetyGroups, shortNameOf, spoken } from "@sotto/views";
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
        <h3 className="s14 w6">Your safety number together</h3>
      </div>
      <ol className="digits" aria-label="Safety number, 12 groups of 5 digits" data-testid="safety-number">
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
      <Sheet title="Compare safety numbers" onClose={onClose} width="w720">
        <p className="dlg-b s15 t2">{failed === null ? "Fetching it…" : failureSentence(failed)}</p>
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
      <Sheet title={`Verify ${nameOf(person)}`} onClose={onClose} width="w460">
        <Result tone="verified" title={`${name} is verified`}>
          The name now carries this mark on all your devices. If the keys change, sending stops until you have decided.
        </Result>
        <div className="dlg-f end">
          <button type="button" className="btn primary" onClick={onClose} autoFocus>
            Done
          </button>
        </div>
      </Sheet>
    );
  if (outcome === "differs")
    return (
      <Sheet title={`Verify ${nameOf(person)}`} onClose={onClose} width="w460">
        <Result tone="danger" title="The numbers differ">
          Someone may be between you and {name}. Don’t share anything private here. Meet or call {name} another way,
          then compare again.
        </Result>
        <div className="dlg-f end">
          <button type="button" className="btn ghost" onClick={() => setOutcome("comparing")}>
            Compare again
          </button>
          <button type="button" className="btn primary" onClick={onClose}>
            Close
          </button>
        </div>
      </Sheet>
    );
  return (
    <Sheet title={`Verify ${nameOf(person)}`} onClose={onClose} width="w720" first={heading}>
      <div className="dlg-b vf">
        <p className="s15 t2" ref={heading} tabIndex={-1}>
          Compare with {name}’s screen, side by side, or on a call where you know the voice.
        </p>
        <div className="vf-grid">
          <div className="vf-qr">
            {outcome === "scanning" ? (
              <Scanner label={`Camera picture: hold ${name}’s code in the frame`} onCode={onCode} />
            ) : (
              <QrPicture
                text={qr}
                label="Code of this safety number, to be scanned. The number itself stands beside it."
              />
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
              {outcome === "scanning" ? "Show my code" : `Scan ${name}’s code`}
            </button>
          </div>
          <Numbers groups={groups} person={person}>
            <button
              type="button"
              className="btn ghost sm vf-copy"
              onClick={() => copy(groups.join(" "), "The safety number")}
            >
              <Icon of={Copy} size={16} />
              Copy
            </button>
            <p className="s14 t2">
              If all {groups.length} groups match, nobody sits between you and {name}. If even one differs, say so.
            </p>
          </Numbers>
        </div>
        <FailureNote failure={failure} />
      </div>
      <div className="dlg-f">
        <button type="button" className="btn danger-quiet" disabled={busy} onClick={() => void differs()}>
          They don’t match
        </button>
        <span className="grow not-m" />
        <button type="button" className="btn quiet not-m" disabled={busy} onClick={onClose}>
          Later
        </button>
        <button type="button" className="btn primary" disabled={busy} aria-busy={busy} onClick={() => void match()}>
          They match
        </button>
      </div>
    </Sheet>
  );
}
