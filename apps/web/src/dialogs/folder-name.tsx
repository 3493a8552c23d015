import { useRef, useState } from "react";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../parts/busy-button.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { Sheet } from "../parts/sheet.tsx";
import { useAction } from "../state/use-action.ts";

const NAME_LENGTH_MAX = 40;

type FolderNameProps = {
  title: string;
  verb: string;
  name: string;
  onSave: (name: string) => Promise<unknown>;
  onClose: () => void;
};

/** Asks what a folder is called. */
export default function FolderName({ title, verb, name, onSave, onClose }: FolderNameProps) {
  const [typed, setTyped] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  const { busy, failure, run } = useAction();
  return (
    <Sheet title={title} onClose={onClose} width="w460" first={field}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === "" || busy) return;
          void run(async () => {
            await onSave(typed.trim());
            onClose();
          });
        }}
      >
        <div className="dlg-b">
          <div className="field">
            <label htmlFor="folder-name">{m.list_folder_name()}</label>
            <div className="input">
              <input
                id="folder-name"
                ref={field}
                value={typed}
                maxLength={NAME_LENGTH_MAX}
                onChange={(event) => setTyped(event.target.value)}
              />
            </div>
          </div>
          <FailureNote failure={failure} />
        </div>
        <div className="dlg-f">
          <BusyButton busy={busy} type="submit" className="btn primary" disabled={typed.trim() === ""}>
            {verb}
          </BusyButton>
        </div>
      </form>
    </Sheet>
  );
}
