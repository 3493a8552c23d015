import { MonitorSmartphone } from "lucide-react";
import type { PersonDetails } from "@sotto/engine";
import { dayLabel, deviceRows } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { herePlace, useNow } from "../state/clock.ts";
import { copy } from "./copy.ts";
import { Icon } from "./icon.tsx";

/** What an identity is made of: the id, the key's fingerprint, and the devices that may speak for it. */
export function PersonFacts({ person, devices = true }: { person: PersonDetails; devices?: boolean }) {
  const now = useNow();
  return (
    <>
      <div className="block">
        <h3>{m.person_identity()}</h3>
        <dl>
          <div className="fact">
            <dt>{m.person_account_id()}</dt>
            <dd className="mono" data-testid="account-id">
              {person.account}
            </dd>
          </div>
          <div className="fact">
            <dt>{m.person_fingerprint()}</dt>
            <dd className="mono" data-testid="fingerprint">
              {person.fingerprint}
            </dd>
          </div>
        </dl>
        <div className="row">
          <button
            type="button"
            className="btn quiet sm"
            onClick={() => copy(person.account, m.person_the_account_id())}
          >
            {m.person_copy_id()}
          </button>
          <button
            type="button"
            className="btn quiet sm"
            onClick={() => copy(person.fingerprint, m.person_the_fingerprint())}
          >
            {m.person_copy_fingerprint()}
          </button>
        </div>
      </div>
      {devices && (
        <div className="block">
          <h3>{m.person_devices()}</h3>
          <ul>
            {deviceRows(person).map((device) => (
              <li className={`device ${device.active ? "" : "gone"}`} key={device.device}>
                <span className="t2">
                  <Icon of={MonitorSmartphone} />
                </span>
                <div className="grow">
                  <div className="s15 row">{device.name}</div>
                  <div className="s13 t2">
                    {device.active
                      ? m.person_device_added({ day: dayLabel(device.addedAt, now, herePlace()) })
                      : m.person_device_gone({ day: dayLabel(device.addedAt, now, herePlace()) })}
                  </div>
                  <div className="mono t3 trunc">{device.fingerprint}</div>
                </div>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
