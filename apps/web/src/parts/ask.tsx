import { useRef } from "react";
import { Dialog } from "@base-ui/react/dialog";
import { m } from "@sotto/views/messages";
import { BusyButton } from "./busy-button.tsx";
import { FailureNote } from "./failure-note.tsx";
import { useAction } from "../state/use-action.ts";

type AskProps = {
  title: string;
  text: string;
  /** The verb on the button. */
  verb: string;
  danger?: boolean;
  act: () => Promise<void>;
  onClose: () => void;
};

/** Asks before something that can't be taken back. Focus starts on the way out. */
export default function Ask({ title, text, verb, danger = false, act, onClose }: AskProps) {
  const { busy, failure, run } = useAction();
  const cancel = useRef<HTMLButtonElement>(null);
  const confirm = async () => {
    if (await run(act)) onClose();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && !busy && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        <Dialog.Viewport className="dlg-view">
          <Dialog.Popup className="dlg w400 ask" role="alertdialog" initialFocus={cancel}>
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Description className="s15 t2">{text}</Dialog.Description>
            <FailureNote failure={failure} />
            <div className="ask-f">
              <Dialog.Close className="btn ghost" ref={cancel} disabled={busy}>
                {m.common_cancel()}
              </Dialog.Close>
              <BusyButton
                busy={busy}
                className={`btn ${danger ? "danger" : "primary"}`}

                onClick={() => void confirm()}
              >
                {verb}
              </BusyButton>
            </div>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
