import { useId, useState } from "react";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../../parts/busy-button.tsx";
import { FailureNote } from "../../parts/failure-note.tsx";
import { NewPassword } from "../../parts/new-password.tsx";
import { PasswordField } from "../../parts/password-field.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { useEngine } from "../../state/live.ts";
import { go } from "../../state/route.ts";
import { useAction } from "../../state/use-action.ts";
import { usePassword } from "../../state/use-password.ts";
import type { SignedIn } from "../shell.tsx";

/** A new password. Who knew the old one may have a device in the account: so the devices are shown afterwards. */
export default function ChangePassword({ session, onClose }: { session: SignedIn; onClose: () => void }) {
  const engine = useEngine();
  const id = useId();
  const [old, setOld] = useState("");
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState(false);
  const [done, setDone] = useState(false);
  const given = usePassword([session.username]);
  const { busy, failure, run, clear } = useAction();
  const submit = () => {
    setTried(true);
    if (busy) return;
    if (old === "" || given.password === "") {
      document.getElementById(old === "" ? `${id}-o` : `${id}-n`)?.focus();
      return;
    }
    void run(async () => {
      const { accepted } = await given.judge();
      setRefused(!accepted);
      if (!accepted) {
        document.getElementById(`${id}-n`)?.focus();
        return;
      }
      await engine.changePassword({ password: old, newPassword: given.password });
      setDone(true);
    });
  };
  if (done)
    return (
      <Sheet title={m.account_password_changed()} onClose={onClose} width="w460">
        <div className="dlg-b">
          <p className="s15 t2">{m.account_password_changed_text()}</p>
        </div>
        <div className="dlg-f end">
          <button type="button" className="btn quiet" onClick={() => go({ kind: "settings", page: "devices" })}>
            {m.account_look_devices()}
          </button>
          <button type="button" className="btn primary" onClick={onClose}>
            {m.common_done()}
          </button>
        </div>
      </Sheet>
    );
  return (
    <Sheet title={m.account_password_change_title()} onClose={() => !busy && onClose()} width="w460">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div className="dlg-b fields">
          <PasswordField
            id={`${id}-o`}
            label={m.account_password_now()}
            value={old}
            autoComplete="current-password"
            describedBy={`${id}-oh`}
            bad={tried && old === ""}
            onChange={(value) => {
              setOld(value);
              clear();
            }}
          >
            <div id={`${id}-oh`}>{tried && old === "" && <p className="hint bad">{m.account_type_password()}</p>}</div>
          </PasswordField>
          <NewPassword
            id={`${id}-n`}
            label={m.account_password_new()}
            given={given}
            missing={tried}
            refused={refused}
          />
          <FailureNote failure={failure} />
        </div>
        <div className="dlg-f end">
          <button type="button" className="btn ghost" disabled={busy} onClick={onClose}>
            {m.common_cancel()}
          </button>
          <BusyButton busy={busy} type="submit" className="btn primary">
            {busy ? m.account_password_changing() : m.account_password_change()}
          </BusyButton>
        </div>
      </form>
    </Sheet>
  );
}
