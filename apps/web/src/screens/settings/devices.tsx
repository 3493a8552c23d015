import { useEffect, useRef, useState } from "react";
import { ChevronDown, Globe, MonitorSmartphone, SquareTerminal } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { DISPLAY_NAME_LENGTH_MAX } from "@sotto/protocol";
import { failureSentence, ownDeviceRows } from "@sotto/views";
import type { OwnDeviceRow } from "@sotto/views";
import { FailureNote } from "../../parts/failure-note.tsx";
import { Icon } from "../../parts/icon.tsx";
import { later } from "../../parts/lazy.tsx";
import { herePlace, useNow } from "../../state/clock.ts";
import { useDevices, useEngine } from "../../state/live.ts";
import { useAction } from "../../state/use-action.ts";

const RevokeDevice = later(() => import("./revoke-device.tsx"));
const LinkDevice = later(() => import("./link-device.tsx"));

const ICONS: Record<string, LucideIcon> = { web: Globe, browser: Globe, terminal: SquareTerminal, cli: SquareTerminal };

/** A device's name while it is changed. Escape leaves it as it was. */
function Rename({ row, onDone }: { row: OwnDeviceRow; onDone: () => void }) {
  const engine = useEngine();
  const [name, setName] = useState(row.name);
  const { busy, failure, run } = useAction();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const save = async () => {
    const chosen = name.trim();
    if (busy) return;
    if (chosen === "" || chosen === row.name) return onDone();
    if (await run(() => engine.renameDevice({ device: row.device.device, name: chosen }))) onDone();
  };
  return (
    <form
      className="rename"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="input">
        <input
          ref={field}
          value={name}
          aria-label={`New name for ${row.name}`}
          maxLength={DISPLAY_NAME_LENGTH_MAX}
          autoComplete="off"
          autoFocus
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") onDone();
          }}
        />
      </div>
      <button type="submit" className="btn primary sm" disabled={busy}>
        Save
      </button>
      <button type="button" className="btn ghost sm" onClick={onDone}>
        Cancel
      </button>
      <FailureNote failure={failure} />
    </form>
  );
}

function Device({ row, onRevoke }: { row: OwnDeviceRow; onRevoke: () => void }) {
  const [renaming, setRenaming] = useState(false);
  const rename = useRef<HTMLButtonElement>(null);
  const { device, name } = row;
  const done = () => {
    setRenaming(false);
    requestAnimationFrame(() => rename.current?.focus());
  };
  return (
    <li className={`li dev ${device.active ? "" : "gone"}`} data-testid="device" data-device={device.device}>
      <span className="round-ic">
        <Icon of={ICONS[device.kind] ?? MonitorSmartphone} size={20} />
      </span>
      <div className="grow">
        {renaming ? (
          <Rename row={row} onDone={done} />
        ) : (
          <>
            <div className="ti">
              <bdi>{name}</bdi>
              {device.current && <span className="pill">This device</span>}
            </div>
            <div className="de">{row.about}</div>
          </>
        )}
      </div>
      {device.active && !renaming && (
        <div className="end">
          <button
            ref={rename}
            type="button"
            className="btn ghost sm"
            aria-label={`Rename ${name}`}
            onClick={() => setRenaming(true)}
          >
            Rename
          </button>
          {!device.current && (
            <button type="button" className="btn danger-quiet sm" aria-label={`Sign out ${name}`} onClick={onRevoke}>
              Sign out
            </button>
          )}
        </div>
      )}
    </li>
  );
}

/** Every device that may speak for this account, and the way to add or end one. */
export default function Devices() {
  const loaded = useDevices();
  const now = useNow();
  const [revoking, setRevoking] = useState<OwnDeviceRow | null>(null);
  const [linking, setLinking] = useState(false);
  const [past, setPast] = useState(false);
  const { active, gone } = ownDeviceRows(loaded.kind === "ready" ? loaded.value : [], { now, place: herePlace() });
  return (
    <>
      <p className="lead">
        Each device holds its own keys. If one is missing or not yours, sign it out: everyone you talk to stops sealing
        messages to it, and it can read nothing that comes later.
      </p>
      <section className="group">
        <h2>Your devices</h2>
        {loaded.kind === "failed" && <p className="hint bad">{failureSentence(loaded.failure)}</p>}
        {loaded.kind === "ready" && (
          <ul className="card" data-testid="devices">
            {active.map((row) => (
              <Device key={row.device.device} row={row} onRevoke={() => setRevoking(row)} />
            ))}
          </ul>
        )}
        {gone.length > 0 && (
          <div className="past">
            <button type="button" className="linkish fold" aria-expanded={past} onClick={() => setPast(!past)}>
              <Icon of={ChevronDown} size={16} />
              {gone.length === 1 ? "1 device that is gone" : `${gone.length} devices that are gone`}
            </button>
            {past && (
              <ul className="card" data-testid="gone-devices">
                {gone.map((row) => (
                  <Device key={row.device.device} row={row} onRevoke={() => undefined} />
                ))}
              </ul>
            )}
          </div>
        )}
      </section>
      <section className="group">
        <h2>Add a device</h2>
        <div className="card">
          <div className="li">
            <div className="grow">
              <div className="ti">Link a device</div>
              <div className="de">
                On the new device choose <b className="w6">Use another device</b>. Then scan its code here, or type it.
              </div>
            </div>
            <div className="end">
              <button type="button" className="btn primary" onClick={() => setLinking(true)}>
                Link a device
              </button>
            </div>
          </div>
        </div>
        <p className="hint after">Or sign in there with your username and password.</p>
      </section>
      {revoking !== null && <RevokeDevice row={revoking} onClose={() => setRevoking(null)} />}
      {linking && <LinkDevice onClose={() => setLinking(false)} />}
    </>
  );
}
