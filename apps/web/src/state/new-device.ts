import { useEffect, useRef } from "react";
import type { Session } from "@sotto/engine";
import { browserName } from "@sotto/views";
import { useEngine } from "./live.ts";

/**
 * A device that was made just now is called after its browser, so that its owner knows it in the list. The name is kept in the
 * account, sealed; the server doesn't see it.
 */
export function useNameOfNewDevice(session: Session): void {
  const engine = useEngine();
  const before = useRef<string | null | undefined>(undefined);
  const device = session.kind === "signed-in" ? session.device : session.kind === "starting" ? undefined : null;
  useEffect(() => {
    const was = before.current;
    if (device !== undefined) before.current = device;
    if (was === undefined || device === undefined || device === null || was === device) return;
    const name = browserName(navigator.userAgent);
    // Without it the device is called after its kind, which is no harm.
    if (name !== "") engine.renameDevice({ device, name }).catch(() => undefined);
  }, [engine, device]);
}
