import { useCallback, useEffect, useRef, useState } from "react";
import type { Failure, Linking } from "@sotto/engine";
import { asFailure, countdown, failureWords, groupsOf, spacedDigits, spoken } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { rich } from "../parts/rich.tsx";
import { announce } from "../parts/announcer.tsx";
import { QrPicture } from "../parts/qr-picture.tsx";
import { useLeft } from "../state/clock.ts";
import { useEngine, useLinking } from "../state/live.ts";
import { valueOf } from "../state/query.ts";
import { AuthFrame } from "./auth-frame.tsx";

type Waiting = Extract<Linking, { kind: "waiting" }>;

/** The code of a new device, for as long as it works. */
function Code({ waiting, onAgain }: { waiting: Waiting; onAgain: () => void }) {
  const left = useLeft(waiting.expiresAt);
  const over = left === 0;
  const nearly = !over && left < 15_000;
  useEffect(() => {
    // Said once before the end and once at it, and not every second.
    if (nearly) announce(m.link_nearly());
    if (over) announce(m.link_over());
  }, [nearly, over]);
  const [first, second] = groupsOf(waiting.code, 4);
  if (over)
    return (
      <div className="link-over">
        <p className="s15">{m.link_over_text()}</p>
        <button type="button" className="btn primary" onClick={onAgain} autoFocus>
          {m.link_new_code()}
        </button>
      </div>
    );
  return (
    <div className="link-code">
      <QrPicture text={waiting.qr} label={m.link_qr()} />
      <div>
        <p className="s14 t2">{m.link_type_there()}</p>
        <p className="code" data-testid="link-code" aria-label={spoken(waiting.code)} role="img">
          <span>{first}</span> <span>{second}</span>
        </p>
        <p className="s13 t2" data-testid="link-left">
          {m.link_left({ time: countdown(left) })}
        </p>
      </div>
    </div>
  );
}

function Digits({ digits }: { digits: string }) {
  return (
    <>
      <p className="s15 t2 sub">{m.link_compare_text()}</p>
      <p className="code big" data-testid="link-digits" role="img" aria-label={spoken(digits)}>
        {spacedDigits(digits)}
      </p>
      <p className="s14 t2">{m.link_compare_differ()}</p>
    </>
  );
}

/** This browser becomes a device of an account that is signed in elsewhere: nothing is typed here. */
export default function LinkHere({ onBack, onLost }: { onBack: () => void; onLost: () => void }) {
  const engine = useEngine();
  const linking = valueOf(useLinking(), null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const begun = useRef(false);
  const begin = useCallback(() => {
    setFailure(null);
    engine.startLink().catch((thrown: unknown) => setFailure(asFailure(thrown)));
  }, [engine]);
  useEffect(() => {
    if (!begun.current) begin();
    begun.current = true;
  }, [begin]);
  const leave = (to: () => void) => () => {
    // What can't be told to the server now ends there by itself within a minute.
    engine.cancelLink().catch(() => undefined);
    to();
  };
  const failed = failure ?? (linking?.kind === "failed" ? linking.failure : null);
  const words = failed === null ? null : failureWords(failed);
  const kind = failed === null ? (linking?.kind ?? "none") : "failed";
  const digits = linking?.kind === "compare" ? linking.digits : null;
  useEffect(() => {
    if (digits !== null) announce(m.link_compare_spoken({ digits: spoken(digits) }));
  }, [digits]);

  return (
    <AuthFrame onSubmit={leave(onBack)}>
      <h1>{kind === "compare" ? m.link_compare_title() : m.auth_use_other()}</h1>
      {(kind === "waiting" || kind === "none") && (
        <ol className="num">
          <li>
            <span>1</span>
            <div>
              {rich(m.link_open, {
                settings: <b className="w6">{m.settings_title()}</b>,
                devices: <b className="w6">{m.settings_devices()}</b>,
              })}
            </div>
          </li>
          <li>
            <span>2</span>
            <div>{rich(m.link_choose, { choice: <b className="w6">{m.link_title()}</b> })}</div>
          </li>
          <li>
            <span>3</span>
            <div>{m.link_scan_this()}</div>
          </li>
        </ol>
      )}
      <div className="link-here" data-testid="link-here" data-state={kind}>
        {kind === "none" && <p className="s15 t2 busy-line">{m.link_asking()}</p>}
        {failed === null && linking?.kind === "waiting" && <Code waiting={linking} onAgain={begin} />}
        {kind === "connecting" && (
          <p className="s15 busy-line" role="status">
            <span className="spin" aria-hidden="true" /> {m.link_taken()}
          </p>
        )}
        {digits !== null && <Digits digits={digits} />}
        {(kind === "admitting" || kind === "done") && (
          <p className="s15 busy-line" role="status">
            <span className="spin" aria-hidden="true" /> {m.link_fetching()}
          </p>
        )}
        {words !== null && (
          <div className="link-over" role="alert" data-code={failed?.code}>
            <p className="s15">
              {words.what} {words.next}
            </p>
            <button type="button" className="btn primary" onClick={begin}>
              {m.link_new_code()}
            </button>
          </div>
        )}
      </div>
      <p className="s14 t2 other">
        <button type="button" className="linkish" onClick={leave(onBack)}>
          {kind === "compare" || kind === "connecting" ? m.common_cancel() : m.auth_with_password()}
        </button>
        {kind !== "compare" && kind !== "connecting" && kind !== "admitting" && (
          <>
            {" · "}
            <button type="button" className="linkish" onClick={leave(onLost)}>
              {m.link_no_other()}
            </button>
          </>
        )}
      </p>
    </AuthFrame>
  );
}
