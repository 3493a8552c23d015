import { useId, useState } from "react";
import type { ReactNode } from "react";
import { CircleAlert } from "lucide-react";
import { asUsername, failureSentence, keyCharacters, RESET_CODE_CHARACTERS, usernameProblem } from "@sotto/views";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { KeyField } from "../parts/key-field.tsx";
import { NewPassword } from "../parts/new-password.tsx";
import { UsernameField } from "../parts/password-field.tsx";
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

type SignUpProps = {
  onOther: () => void;
  onLink?: () => void;
  /** With a one-time code of the server's owner the name of an account that is lost goes to the new one. */
  withCode?: { username: string; onBack: () => void };
};

/** One step: a name if one likes, a username, a password. The recovery key is made on the way and offered later. */
export function SignUp({ onOther, onLink, withCode }: SignUpProps) {
  const engine = useEngine();
  const id = useId();
  const [name, setName] = useState("");
  const [typed, setTyped] = useState(withCode?.username ?? "");
  const [code, setCode] = useState("");
  const [missing, setMissing] = useState<"username" | "code" | "password" | null>(null);
  const [refused, setRefused] = useState(false);
  const username = asUsername(typed);
  const given = usePassword([username, ...name.split(/\s+/u)]);
  const { password, judge, prepare } = given;
  const codeShort = withCode !== undefined && keyCharacters(code).length < RESET_CODE_CHARACTERS;
  const { busy, failure, run, clear } = useAction();
  const nameFailure = failure !== null && NAME_CODES.has(failure.code) ? failure : null;

  const submit = () => {
    if (busy) return;
    const problem = username === "" || usernameProblem(username) !== null;
    setMissing(problem ? "username" : codeShort ? "code" : password === "" ? "password" : null);
    if (problem) {
      document.getElementById(`${id}-u`)?.focus();
      return;
    }
    if (codeShort) {
      document.getElementById(`${id}-c`)?.focus();
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
      const displayName = name.trim() === "" ? null : name.trim();
      const resetCode = withCode === undefined ? {} : { resetCode: keyCharacters(code) };
      await engine.signUp({ username, password, displayName, ...resetCode });
    });
  };

  const usernameWrong =
    usernameProblem(username) ?? (missing === "username" && username === "" ? "Choose a username." : null);
  const usernameShown = usernameWrong ?? (nameFailure === null ? null : failureSentence(nameFailure));

  return (
    <AuthFrame onSubmit={submit}>
      <h1>{withCode === undefined ? "Create your account" : "Start again under your name"}</h1>
      <p className="s15 t2 sub">
        {withCode === undefined
          ? "No phone number, no email address."
          : "The name goes to a new account. Everyone you talked to is told, and what was written before stays sealed."}
      </p>
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
        {withCode !== undefined && (
          <KeyField
            id={`${id}-c`}
            label="Code from the owner of this server"
            value={code}
            characters={RESET_CODE_CHARACTERS}
            bad={missing === "code" && codeShort}
            describedBy={`${id}-ch`}
            onChange={(value) => {
              setCode(value);
              clear();
            }}
          >
            <p className={`hint ${missing === "code" && codeShort ? "bad" : ""}`} id={`${id}-ch`}>
              16 characters. It works once, for a day.
            </p>
          </KeyField>
        )}
        <NewPassword id={`${id}-p`} given={given} missing={missing === "password"} refused={refused} />
        <FailureNote failure={nameFailure === null ? failure : null} />
      </div>
      <button type="submit" className="btn primary lg wide" aria-busy={busy} disabled={busy}>
        {busy && <span className="spin" aria-hidden="true" />}
        {busy ? "Making your keys…" : "Create account"}
      </button>
      {withCode === undefined ? (
        <>
          <p className="s14 t2 other">
            Already have an account?{" "}
            <button type="button" className="linkish" onClick={onOther}>
              Sign in
            </button>
          </p>
          {onLink !== undefined && (
            <p className="s14 other next">
              <button type="button" className="linkish" onClick={onLink}>
                I use Sotto on another device
              </button>
            </p>
          )}
        </>
      ) : (
        <p className="s14 other">
          <button type="button" className="linkish" onClick={withCode.onBack}>
            Other ways back in
          </button>
        </p>
      )}
    </AuthFrame>
  );
}
