import { useState } from "react";
import type { OwnDeviceRow } from "@sotto/views";
import AskPassword from "../../parts/ask-password.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { useEngine } from "../../state/live.ts";

/** Ends a device. What that does is said before, and that it is done afterwards. */
export default function RevokeDevice({ row, onClose }: { row: OwnDeviceRow; onClose: () => void }) {
  const engine = useEngine();
  const [done, setDone] = useState(false);
  const { device } = row.device;
  if (done)
    return (
      <Sheet title={`${row.name} is signed out`} onClose={onClose} width="w460">
        <div className="dlg-b">
          <p className="s15 t2" role="status">
            Nothing from it is shown any more, to you or to anyone else, and it can read nothing that is sent from now
            on. If it was stolen, change your password too: it may have been saved there.
          </p>
        </div>
        <div className="dlg-f end">
          <button type="button" className="btn primary" onClick={onClose}>
            Done
          </button>
        </div>
      </Sheet>
    );
  return (
    <AskPassword
      title={`Sign out ${row.name}?`}
      verb="Sign it out"
      busyWords="Taking it out of every conversation…"
      danger
      act={(password) => engine.revokeDevice({ device, password })}
      onDone={() => setDone(true)}
      onClose={onClose}
    >
      <ul className="facts-list s15 t2">
        <li>It is taken out of every conversation, and can read nothing that comes later.</li>
        <li>What is on it already stays on it, until it goes online: then it is told.</li>
        <li>This can’t be undone. To use it again, link it or sign in there.</li>
      </ul>
    </AskPassword>
  );
}
