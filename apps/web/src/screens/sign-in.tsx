import { useId, useState } from "react";
import { QrCode } from "lucide-react";
import { asUsername } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { Icon } from "../parts/icon.tsx";
import { PasswordField, UsernameField } from "../parts/password-field.tsx";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";
import { AuthFrame } from "./auth-frame.tsx";

/** Signing in makes this browser a new device of the account. */
export function SignIn({
  onOther,
  onLink,
  onForgot,
}: {
  onOther: () => void;
  onLink: () => void;
  onForgot: (username: string) => void;
}) {
  const engine = useEngine();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const { busy, failure, run, clear } = useAction();
  const username = asUsername(typed);

  const submit = () => {
    if (busy) return;
    setTried(true);
    if (username === "" || password === "") {
      document.getElementById(username === "" ? `${id}-u` : `${id}-p`)?.focus();
      return;
    }
    void run(() => engine.signIn({ username, password }));
  };

  return (
    <AuthFrame onSubmit={submit}>
      <h1>{m.auth_sign_in()}</h1>
      <p className="s15 t2 sub">{m.auth_sign_in_sub()}</p>
      <div className="auth-fields">
        <UsernameField
          id={`${id}-u`}
          value={typed}
          onChange={(value) => {
            setTyped(value);
            clear();
          }}
          problem={tried && username === "" ? <p className="hint bad">{m.auth_type_username()}</p> : null}
        />
        <PasswordField
          id={`${id}-p`}
          value={password}
          autoComplete="current-password"
          describedBy={`${id}-ph`}
          bad={tried && password === ""}
          onChange={(value) => {
            setPassword(value);
            clear();
          }}
        >
          <div id={`${id}-ph`}>{tried && password === "" && <p className="hint bad">{m.auth_type_password()}</p>}</div>
          <p className="s14">
            <button type="button" className="linkish" onClick={() => onForgot(username)}>
              {m.auth_forgot()}
            </button>
          </p>
        </PasswordField>
        <FailureNote failure={failure} />
      </div>
      <BusyButton busy={busy} type="submit" className="btn primary lg wide">
        {busy ? m.auth_opening() : m.auth_sign_in()}
      </BusyButton>
      <button type="button" className="btn quiet lg wide next" onClick={onLink}>
        <Icon of={QrCode} size={19} />
        {m.auth_use_other()}
      </button>
      <p className="s14 t2 other">
        {m.auth_new_here()}{" "}
        <button type="button" className="linkish" onClick={onOther}>
          {m.auth_create()}
        </button>
      </p>
    </AuthFrame>
  );
}
