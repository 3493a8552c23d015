import { useId, useState } from "react";
import type { ReactNode } from "react";
import { CircleAlert } from "lucide-react";
import { asUsername, failureSentence, keyCharacters, RESET_CODE_CHARACTERS, usernameProblem } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
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
    usernameProblem(username) ?? (missing === "username" && username === "" ? m.auth_choose_username() : null);
  const usernameShown = usernameWrong ?? (nameFailure === null ? null : failureSentence(nameFailure));

  return (
    <AuthFrame onSubmit={submit}>
      <h1>{withCode === undefined ? m.auth_create_title() : m.auth_again_title()}</h1>
      <p className="s15 t2 sub">{withCode === undefined ? m.auth_create_sub() : m.auth_again_sub()}</p>
      <div className="auth-fields">
        <div className="field">
          <label htmlFor={`${id}-n`}>
            {m.auth_your_name()} <span className="opt">{m.auth_optional()}</span>
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
            {m.auth_name_note()}
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
            label={m.auth_code()}
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
              {m.auth_code_note()}
            </p>
          </KeyField>
        )}
        <NewPassword id={`${id}-p`} given={given} missing={missing === "password"} refused={refused} />
        <FailureNote failure={nameFailure === null ? failure : null} />
      </div>
      <BusyButton busy={busy} type="submit" className="btn primary lg wide">
        {busy ? m.auth_making() : m.auth_create_verb()}
      </BusyButton>
      {withCode === undefined ? (
        <>
          <p className="s14 t2 other">
            {m.auth_have_account()}{" "}
            <button type="button" className="linkish" onClick={onOther}>
              {m.auth_sign_in()}
            </button>
          </p>
          {onLink !== undefined && (
            <p className="s14 other next">
              <button type="button" className="linkish" onClick={onLink}>
                {m.auth_on_another()}
              </button>
            </p>
          )}
        </>
      ) : (
        <p className="s14 other">
          <button type="button" className="linkish" onClick={withCode.onBack}>
            {m.auth_other_ways()}
          </button>
        </p>
      )}
    </AuthFrame>
  );
}
