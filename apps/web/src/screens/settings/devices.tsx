import { useEffect, useRef, useState } from "react";
import { ChevronDown, Globe, MonitorSmartphone, SquareTerminal } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { DISPLAY_NAME_LENGTH_MAX } from "@sotto/protocol";
import { failureSentence, ownDeviceRows } from "@sotto/views";
import { m } from "@sotto/views/messages";
import type { OwnDeviceRow } from "@sotto/views";
import { rich } from "../../parts/rich.tsx";
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
          aria-label={m.devices_new_name({ name: row.name })}
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
        {m.common_save()}
      </button>
      <button type="button" className="btn ghost sm" onClick={onDone}>
        {m.common_cancel()}
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
              {device.current && <span className="pill">{m.devices_this()}</span>}
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
            aria-label={m.devices_rename_one({ name })}
            onClick={() => setRenaming(true)}
          >
            {m.devices_rename()}
          </button>
          {!device.current && (
            <button
              type="button"
              className="btn danger-quiet sm"
              aria-label={m.devices_sign_out_one({ name })}
              onClick={onRevoke}
            >
              {m.devices_sign_out()}
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
      <p className="lead">{m.devices_lead()}</p>
      <section className="group">
        <h2>{m.devices_yours()}</h2>
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
              {m.devices_gone({ count: gone.length })}
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
        <h2>{m.devices_add()}</h2>
        <div className="card">
          <div className="li">
            <div className="grow">
              <div className="ti">{m.devices_link()}</div>
              <div className="de">
                {rich(m.devices_link_note, { choice: <b className="w6">{m.auth_use_other()}</b> })}
              </div>
            </div>
            <div className="end">
              <button type="button" className="btn primary" onClick={() => setLinking(true)}>
                {m.devices_link()}
              </button>
            </div>
          </div>
        </div>
        <p className="hint after">{m.devices_or_sign_in()}</p>
      </section>
      {revoking !== null && <RevokeDevice row={revoking} onClose={() => setRevoking(null)} />}
      {linking && <LinkDevice onClose={() => setLinking(false)} />}
    </>
  );
}
