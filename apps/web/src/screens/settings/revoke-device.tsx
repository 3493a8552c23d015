import { useState } from "react";
import type { OwnDeviceRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
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
      <Sheet title={m.devices_revoked({ name: row.name })} onClose={onClose} width="w460">
        <div className="dlg-b">
          <p className="s15 t2" role="status">
            {m.devices_revoked_text()}
          </p>
        </div>
        <div className="dlg-f end">
          <button type="button" className="btn primary" onClick={onClose}>
            {m.common_done()}
          </button>
        </div>
      </Sheet>
    );
  return (
    <AskPassword
      title={m.devices_revoke({ name: row.name })}
      verb={m.devices_revoke_verb()}
      busyWords={m.devices_revoking()}
      danger
      act={(password) => engine.revokeDevice({ device, password })}
      onDone={() => setDone(true)}
      onClose={onClose}
    >
      <ul className="facts-list s15 t2">
        <li>{m.devices_revoke_1()}</li>
        <li>{m.devices_revoke_2()}</li>
        <li>{m.devices_revoke_3()}</li>
      </ul>
    </AskPassword>
  );
}
