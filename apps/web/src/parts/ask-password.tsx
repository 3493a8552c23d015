import { useId, useRef, useState } from "react";
import type { ReactNode } from "react";
import { Dialog } from "@base-ui/react/dialog";
import { m } from "@sotto/views/messages";
import { BusyButton } from "./busy-button.tsx";
import { FailureNote } from "./failure-note.tsx";
import { PasswordField } from "./password-field.tsx";
import { useAction } from "../state/use-action.ts";

type AskPasswordProps = {
  title: string;
  children: ReactNode;
  /** The verb on the button, and what it says while the work lasts. */
  verb: string;
  busyWords: string;
  danger?: boolean;
  /** False: what else has to be typed isn't there yet. */
  ready?: boolean;
  act: (password: string) => Promise<void>;
  /** After it was done; else it closes. */
  onDone?: () => void;
  onClose: () => void;
};

/** Asks for the password before something that only the account's owner may do. */
export default function AskPassword(props: AskPasswordProps) {
  const { title, children, verb, busyWords, danger = false, ready = true, act, onClose, onDone = onClose } = props;
  const id = useId();
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const { busy, failure, run, clear } = useAction();
  const heading = useRef<HTMLHeadingElement>(null);
  const submit = async () => {
    setTried(true);
    if (busy || !ready) return;
    if (password === "") {
      document.getElementById(id)?.focus();
      return;
    }
    if (await run(() => act(password))) onDone();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && !busy && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className="dlg-view">
          <Dialog.Popup className="dlg w460 ask" initialFocus={heading}>
            <form
              noValidate
              onSubmit={(event) => {
                event.preventDefault();
                void submit();
              }}
            >
              <Dialog.Title ref={heading} tabIndex={-1}>
                {title}
              </Dialog.Title>
              <div className="ask-b">{children}</div>
              <PasswordField
                id={id}
                label={m.field_your_password()}
                value={password}
                autoComplete="current-password"
                describedBy={`${id}h`}
                bad={tried && password === ""}
                onChange={(value) => {
                  setPassword(value);
                  clear();
                }}
              >
                <div id={`${id}h`}>
                  {tried && password === "" && <p className="hint bad">{m.field_type_password()}</p>}
                </div>
              </PasswordField>
              <FailureNote failure={failure} />
              <div className="ask-f">
                <Dialog.Close className="btn ghost" disabled={busy}>
                  {m.common_cancel()}
                </Dialog.Close>
                <BusyButton
                  busy={busy}
                  type="submit"
                  className={`btn ${danger ? "danger" : "primary"}`}

                  disabled={!ready}
                >
                  {busy ? busyWords : verb}
                </BusyButton>
              </div>
            </form>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
