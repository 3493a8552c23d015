import { useState } from "react";
import { KeyRound } from "lucide-react";
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
        <p className="lead">It opens everything when your password is forgotten. Nobody can send it to you again.</p>
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
      <p className="lead">
        The recovery key opens your account when your password is forgotten or every device is lost. It was made on your
        device, and this server has never seen it.
      </p>
      <section className="group">
        <div className="card">
          <Row
            title={unsaved ? "Not saved yet" : "Saved"}
            note={
              unsaved
                ? "Until you save it, it lies sealed in your vault, and only your password opens that."
                : "It is nowhere but with you: not on this device, not on the server."
            }
          >
            {unsaved ? (
              <button type="button" className="btn primary" onClick={() => setStep({ kind: "asking", forNew: false })}>
                Show and save it
              </button>
            ) : (
              <Icon of={KeyRound} />
            )}
          </Row>
          <Row
            title="Make a new one"
            note="If the key is lost, or somebody saw it. The old one opens nothing any more."
          >
            <button
              type="button"
              className="btn quiet sm"
              aria-label="Make a new recovery key"
              onClick={() => setStep({ kind: "asking", forNew: true })}
            >
              New key
            </button>
          </Row>
        </div>
        {step.kind === "gone" && (
          <p className="hint after" role="status">
            You confirmed on another device that it is saved, so it can’t be shown any more. If you don’t have it, make
            a new one.
          </p>
        )}
        {step.kind === "saved" && (
          <p className="hint after" role="status" data-testid="key-saved">
            The key is out of your vault. From now on you are the only one who has it.
          </p>
        )}
      </section>
      {step.kind === "asking" && (
        <AskPassword
          title={step.forNew ? "Make a new recovery key" : "Show your recovery key"}
          verb={step.forNew ? "Make a new key" : "Show it"}
          busyWords={step.forNew ? "Making it…" : "Opening…"}
          act={(password) => ask(password, step.forNew)}
          onDone={() => undefined}
          onClose={() => setStep({ kind: "closed" })}
        >
          <p className="s15 t2">
            {step.forNew
              ? "The key that you have now stops working at once. Your messages stay as they are."
              : "Look around first: whoever sees the key can read everything in your account."}
          </p>
        </AskPassword>
      )}
    </>
  );
}
