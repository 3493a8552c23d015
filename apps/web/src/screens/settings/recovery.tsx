import { useState } from "react";
import { KeyRound } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Icon } from "../../parts/icon.tsx";
import { later } from "../../parts/lazy.tsx";
import { useEngine } from "../../state/live.ts";
import type { SignedIn } from "../shell.tsx";
import { Row } from "./rows.tsx";

const AskPassword = later(() => import("../../parts/ask-password.tsx"));
const KeyShown = later(() => import("./key-shown.tsx"));

type Step =
  | { kind: "closed" }
  | { kind: "asking"; forNew: boolean }
  | { kind: "shown"; recoveryKey: string; password: string }
  | { kind: "saved" }
  /** Confirmed on another device meanwhile: it is nowhere but with the person. */
  | { kind: "gone" };

/** The recovery key: shown once the password is given, until it is confirmed; afterwards it can only be made anew. */
export default function Recovery({ session }: { session: SignedIn }) {
  const engine = useEngine();
  const [step, setStep] = useState<Step>({ kind: "closed" });
  const ask = async (password: string, forNew: boolean) => {
    const { recoveryKey } = forNew
      ? await engine.changeRecoveryKey({ password })
      : await engine.recoveryKey({ password });
    setStep(recoveryKey === null ? { kind: "gone" } : { kind: "shown", recoveryKey, password });
  };
  if (step.kind === "shown")
    return (
      <>
        <p className="lead">{m.recovery_shown_lead()}</p>
        <div className="after-lead">
          <KeyShown
            recoveryKey={step.recoveryKey}
            username={session.username}
            password={step.password}
            onSaved={() => setStep({ kind: "saved" })}
          />
        </div>
      </>
    );
  const unsaved = session.recoveryKeyUnsaved && step.kind !== "saved" && step.kind !== "gone";
  return (
    <>
      <p className="lead">{m.recovery_lead()}</p>
      <section className="group">
        <div className="card">
          <Row
            title={unsaved ? m.recovery_unsaved() : m.recovery_saved()}
            note={unsaved ? m.recovery_unsaved_note() : m.recovery_saved_note()}
          >
            {unsaved ? (
              <button type="button" className="btn primary" onClick={() => setStep({ kind: "asking", forNew: false })}>
                {m.recovery_show_save()}
              </button>
            ) : (
              <Icon of={KeyRound} />
            )}
          </Row>
          <Row title={m.recovery_new()} note={m.recovery_new_note()}>
            <button
              type="button"
              className="btn quiet sm"
              aria-label={m.recovery_new_label()}
              onClick={() => setStep({ kind: "asking", forNew: true })}
            >
              {m.recovery_new_short()}
            </button>
          </Row>
        </div>
        {step.kind === "gone" && (
          <p className="hint after" role="status">
            {m.recovery_gone()}
          </p>
        )}
        {step.kind === "saved" && (
          <p className="hint after" role="status" data-testid="key-saved">
            {m.recovery_out()}
          </p>
        )}
      </section>
      {step.kind === "asking" && (
        <AskPassword
          title={step.forNew ? m.recovery_new_label() : m.recovery_show_title()}
          verb={step.forNew ? m.recovery_new_verb() : m.recovery_show_verb()}
          busyWords={step.forNew ? m.recovery_making() : m.recovery_opening()}
          act={(password) => ask(password, step.forNew)}
          onDone={() => undefined}
          onClose={() => setStep({ kind: "closed" })}
        >
          <p className="s15 t2">{step.forNew ? m.recovery_new_warning() : m.recovery_show_warning()}</p>
        </AskPassword>
      )}
    </>
  );
}
