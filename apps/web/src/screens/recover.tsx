import { useId, useState } from "react";
import { asUsername, keyCharacters, RECOVERY_KEY_CHARACTERS } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { KeyField } from "../parts/key-field.tsx";
import { KeyHint } from "../parts/key-hint.tsx";
import { NewPassword } from "../parts/new-password.tsx";
import { UsernameField } from "../parts/password-field.tsx";
import { useEngine } from "../state/live.ts";
import { useAction } from "../state/use-action.ts";
import { usePassword } from "../state/use-password.ts";
import { useRecoveryKey } from "../state/use-recovery-key.ts";
import { AuthFrame } from "./auth-frame.tsx";

type RecoverProps = {
  username: string;
  onUsername: (username: string) => void;
  onBack: () => void;
  onLost: () => void;
};

/** Password forgotten: the recovery key opens the account, and a new password is chosen. */
export default function Recover({ username: typed, onUsername, onBack, onLost }: RecoverProps) {
  const engine = useEngine();
  const id = useId();
  const username = asUsername(typed);
  const key = useRecoveryKey();
  const given = usePassword([username]);
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState(false);
  const { busy, failure, run, clear } = useAction();

  const submit = () => {
    if (busy) return;
    setTried(true);
    const missing = username === "" ? "u" : key.verdict !== "right" ? "k" : given.password === "" ? "p" : null;
    if (missing !== null) {
      document.getElementById(`${id}-${missing}`)?.focus();
      return;
    }
    void run(async () => {
      const { accepted } = await given.judge();
      setRefused(!accepted);
      if (!accepted) {
        given.prepare();
        document.getElementById(`${id}-p`)?.focus();
        return;
      }
      await engine.recover({ username, recoveryKey: key.typed, newPassword: given.password });
    });
  };

  return (
    <AuthFrame onSubmit={submit}>
      <h1>{m.auth_recover_title()}</h1>
      <p className="s15 t2 sub">{m.auth_recover_sub()}</p>
      <div className="auth-fields">
        <UsernameField
          id={`${id}-u`}
          value={typed}
          onChange={(value) => {
            onUsername(value);
            clear();
          }}
          problem={tried && username === "" ? <p className="hint bad">{m.auth_type_username()}</p> : null}
        />
        <KeyField
          id={`${id}-k`}
          label={m.auth_recovery_key()}
          value={key.typed}
          characters={RECOVERY_KEY_CHARACTERS}
          bad={key.verdict === "wrong" || (tried && key.verdict !== "right")}
          describedBy={`${id}-kh`}
          onChange={(value) => {
            key.setTyped(value);
            clear();
          }}
        >
          <KeyHint id={`${id}-kh`} verdict={key.verdict} characters={keyCharacters(key.typed).length} />
        </KeyField>
        <NewPassword
          id={`${id}-p`}
          label={m.auth_new_password()}
          given={given}
          missing={tried && key.verdict === "right"}
          refused={refused}
        />
        <FailureNote failure={failure} />
      </div>
      <BusyButton busy={busy} type="submit" className="btn primary lg wide">
        {busy ? m.auth_opening() : m.auth_open()}
      </BusyButton>
      <p className="s14 t2 other">
        <button type="button" className="linkish" onClick={onLost}>
          {m.auth_no_key()}
        </button>
        {" · "}
        <button type="button" className="linkish" onClick={onBack}>
          {m.auth_with_password()}
        </button>
      </p>
    </AuthFrame>
  );
}
