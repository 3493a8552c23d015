import { useId, useState } from "react";
import type { ReactNode } from "react";
import { CircleAlert } from "lucide-react";
import type { PasswordVerdict } from "@sotto/views";
import { asUsername, failureSentence, usernameProblem } from "@sotto/views";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { PasswordField, UsernameField } from "../parts/password-field.tsx";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";
import { usePassword } from "../state/use-password.ts";
import { AuthFrame } from "./auth-frame.tsx";

const NAME_CODES = new Set(["account/name-taken", "account/name-invalid"]);

function Bad({ children }: { children: ReactNode }) {
  return (
    <p className="hint bad" role="alert">
      <Icon of={CircleAlert} size={15} />
      <span>{children}</span>
    </p>
  );
}

function Meter({ verdict }: { verdict: PasswordVerdict }) {
  const fill = verdict.filled === 1 ? "w" : "f";
  return (
    <div className="meter" aria-hidden="true">
      {[1, 2, 3, 4].map((mark) => (
        <i key={mark} className={mark <= verdict.filled ? fill : ""} />
      ))}
    </div>
  );
}

/** One step: a name if one likes, a username, a password. The recovery key is made on the way and offered later. */
export function SignUp({ onOther }: { onOther: () => void }) {
  const engine = useEngine();
  const id = useId();
  const [name, setName] = useState("");
  const [typed, setTyped] = useState("");
  const [missing, setMissing] = useState<"username" | "password" | null>(null);
  const [refused, setRefused] = useState(false);
  const username = asUsername(typed);
  const { password, setPassword, verdict, judge, prepare } = usePassword([username, ...name.split(/\s+/u)]);
  const { busy, failure, run, clear } = useAction();
  const nameFailure = failure !== null && NAME_CODES.has(failure.code) ? failure : null;

  const submit = () => {
    if (busy) return;
    const problem = username === "" || usernameProblem(username) !== null;
    setMissing(problem ? "username" : password === "" ? "password" : null);
    if (problem) {
      document.getElementById(`${id}-u`)?.focus();
      return;
    }
    if (password === "") {
      document.getElementById(`${id}-p`)?.focus();
      return;
    }
    void run(async () => {
      const { accepted } = await judge();
      setRefused(!accepted);
      if (!accepted) {
        prepare();
        document.getElementById(`${id}-p`)?.focus();
        return;
      }
      await engine.signUp({ username, password, displayName: name.trim() === "" ? null : name.trim() });
    });
  };

  const usernameWrong =
    usernameProblem(username) ?? (missing === "username" && username === "" ? "Choose a username." : null);
  const usernameShown = usernameWrong ?? (nameFailure === null ? null : failureSentence(nameFailure));
  const passwordMissing = missing === "password" && password === "";
  const passwordRefused = refused && !verdict.accepted && password !== "";

  return (
    <AuthFrame onSubmit={submit}>
      <h1>Create your account</h1>
      <p className="s15 t2 sub">No phone number, no email address.</p>
      <div className="auth-fields">
        <div className="field">
          <label htmlFor={`${id}-n`}>
            Your name <span className="opt">optional</span>
          </label>
          <div className="input">
            <input
              id={`${id}-n`}
              value={name}
              autoComplete="name"
              maxLength={64}
              aria-describedby={`${id}-nh`}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
          <p className="hint" id={`${id}-nh`}>
            Only the people you talk to see it.
          </p>
        </div>
        <UsernameField
          id={`${id}-u`}
          value={typed}
          onChange={(value) => {
            setTyped(value);
            clear();
          }}
          problem={usernameShown === null ? null : <Bad>{usernameShown}</Bad>}
        />
        <PasswordField
          id={`${id}-p`}
          value={password}
          autoComplete="new-password"
          describedBy={`${id}-ph`}
          bad={passwordMissing || passwordRefused}
          onFocus={prepare}
          onChange={(value) => {
            prepare();
            setPassword(value);
          }}
        >
          <Meter verdict={verdict} />
          <p className="hint" id={`${id}-ph`} role="status" data-testid="password-strength">
            {passwordMissing ? (
              "Choose a password."
            ) : verdict.word === "" ? (
              "Four unrelated words make a good one."
            ) : (
              <>
                <b className="t1 w6">{verdict.word}</b> {verdict.advice}
              </>
            )}
          </p>
        </PasswordField>
        <FailureNote failure={nameFailure === null ? failure : null} />
      </div>
      <button type="submit" className="btn primary lg wide" aria-busy={busy} disabled={busy}>
        {busy && <span className="spin" aria-hidden="true" />}
        {busy ? "Making your keys…" : "Create account"}
      </button>
      <p className="s14 t2 other">
        Already have an account?{" "}
        <button type="button" className="linkish" onClick={onOther}>
          Sign in
        </button>
      </p>
    </AuthFrame>
  );
}
