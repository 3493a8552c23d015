import type { ReactNode } from "react";
import { useState } from "react";
import type { Failure } from "@sotto/engine";
import { failureWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { rich } from "../parts/rich.tsx";
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
    <Whole title={m.whole_insecure()}>
      <p>{m.whole_insecure_text({ protocol: protocol.replace(":", "").toUpperCase() })}</p>
      <ol>
        <li>{rich(m.whole_insecure_https, { address: <b className="t1">https://{host}</b> })}</li>
        <li>{rich(m.whole_insecure_local, { address: <b className="t1">http://localhost</b> })}</li>
        <li>{m.whole_insecure_operator()}</li>
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
    <Whole title={m.whole_damaged()}>
      <p>
        {words.what} {m.whole_damaged_text()}
      </p>
      <p className="s14">{m.whole_damaged_gone()}</p>
      <div className="row">
        <button type="button" className="btn primary" onClick={() => setAsking(true)}>
          {m.whole_sign_in()}
        </button>
        <button type="button" className="btn quiet" onClick={() => window.location.reload()}>
          {m.whole_once_more()}
        </button>
      </div>
      {asking && (
        <Ask
          title={m.whole_clear()}
          text={m.whole_clear_text()}
          verb={m.whole_clear_verb()}
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
    <Whole title={m.whole_stopped()}>
      <p role="alert">
        {words.what} {failure.remedy.kind === "person" ? failure.remedy.do : words.next}
      </p>
      <div className="row">
        <button type="button" className="btn primary" onClick={() => window.location.reload()}>
          {m.whole_reload()}
        </button>
      </div>
    </Whole>
  );
}

export function Starting() {
  return (
    <main className="whole starting" aria-busy="true">
      <p className="vh">{m.whole_starting()}</p>
      <Brand size={40} />
    </main>
  );
}
