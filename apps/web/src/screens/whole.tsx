import type { ReactNode } from "react";
import { useState } from "react";
import type { Failure } from "@sotto/engine";
import { failureWords } from "@sotto/views";
import { Brand } from "../parts/brand.tsx";
import { later } from "../parts/lazy.tsx";
import { useEngine } from "../state/live.ts";

const Ask = later(() => import("../parts/ask.tsx"));

function Whole({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="whole">
      <div className="ey">
        <Brand />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

/** Opened over plain HTTP from another machine: browsers keep keys for secure pages only. */
export function InsecureContext() {
  const { protocol, host } = window.location;
  return (
    <Whole title="This address can't keep secrets">
      <p>
        Browsers give keys only to pages that came over HTTPS. This one came over{" "}
        {protocol.replace(":", "").toUpperCase()}, so Sotto can't seal anything here, and won't start.
      </p>
      <ol>
        <li>
          Open <b className="t1">https://{host}</b> if this server has HTTPS.
        </li>
        <li>
          On the machine that runs the server, <b className="t1">http://localhost</b> with the same port works too.
        </li>
        <li>If you run it: the hosting guide (docs/hosting.md) shows how to add a certificate or a proxy.</li>
      </ol>
    </Whole>
  );
}

/** What this device kept can't be read any more. Nothing on the server is touched by that. */
export function Damaged({ failure }: { failure: Failure }) {
  const engine = useEngine();
  const [asking, setAsking] = useState(false);
  const words = failureWords({ ...failure, code: "store/unreadable" });
  return (
    <Whole title="This device lost its memory">
      <p>
        {words.what} Nothing on the server is lost: sign in again, and your conversations come back with this browser as
        a new device.
      </p>
      <p className="s14">What was typed here and not sent yet is gone, and so are messages only this device held.</p>
      <div className="row">
        <button type="button" className="btn primary" onClick={() => setAsking(true)}>
          Sign in again
        </button>
        <button type="button" className="btn quiet" onClick={() => window.location.reload()}>
          Try once more
        </button>
      </div>
      {asking && (
        <Ask
          title="Clear what is left here?"
          text="The unreadable data on this device is deleted. Then you can sign in again."
          verb="Clear and go on"
          act={() => engine.startOver()}
          onClose={() => setAsking(false)}
        />
      )}
    </Whole>
  );
}

/** The engine didn't start at all. */
export function Stopped({ failure }: { failure: Failure }) {
  const words = failureWords(failure);
  return (
    <Whole title="Sotto can't start here">
      <p role="alert">
        {words.what} {failure.remedy.kind === "person" ? failure.remedy.do : words.next}
      </p>
      <div className="row">
        <button type="button" className="btn primary" onClick={() => window.location.reload()}>
          Reload
        </button>
      </div>
    </Whole>
  );
}

export function Starting() {
  return (
    <main className="whole starting" aria-busy="true">
      <p className="vh">Starting</p>
      <Brand size={40} />
    </main>
  );
}
