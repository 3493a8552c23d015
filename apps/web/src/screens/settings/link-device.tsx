import { useEffect, useId, useRef, useState } from "react";
import { ScanLine } from "lucide-react";
import type { Failure, Linking } from "@sotto/engine";
import {
  asFailure,
  deviceInSentence,
  deviceKindWords,
  failureWords,
  keyCharacters,
  LINK_CODE_CHARACTERS,
  spacedDigits,
  spoken,
} from "@sotto/views";
import { m } from "@sotto/views/messages";
import { BusyButton } from "../../parts/busy-button.tsx";
import { rich } from "../../parts/rich.tsx";
import { FailureNote } from "../../parts/failure-note.tsx";
import { Icon } from "../../parts/icon.tsx";
import { KeyField } from "../../parts/key-field.tsx";
import { later } from "../../parts/lazy.tsx";
import { PasswordField } from "../../parts/password-field.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { useEngine, useLinking } from "../../state/live.ts";
import { valueOf } from "../../state/query.ts";
import { useAction } from "../../state/use-action.ts";

const Scanner = later(() => import("../../parts/scanner.tsx"));

const LINK_TEXT = /^SOTTO LINK /u;
type Compare = Extract<Linking, { kind: "compare" }>;

/** The code of the new device: scanned, or typed. */
function TakeCode({ onCode }: { onCode: (codeOrQr: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const [scanning, setScanning] = useState(false);
  const [short, setShort] = useState(false);
  const submit = () => {
    const whole = keyCharacters(typed).length === LINK_CODE_CHARACTERS;
    setShort(!whole);
    if (whole) onCode(keyCharacters(typed));
    else document.getElementById(id)?.focus();
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="dlg-b fields">
        <p className="s15 t2">{rich(m.link_take, { choice: <b className="t1 w6">{m.auth_use_other()}</b> })}</p>
        {scanning ? (
          <Scanner
            label={m.link_scanner()}
            onCode={(text) => {
              if (!LINK_TEXT.test(text)) return false;
              onCode(text);
              return true;
            }}
          />
        ) : (
          <button type="button" className="btn quiet lg wide" onClick={() => setScanning(true)}>
            <Icon of={ScanLine} size={19} />
            {m.link_scan()}
          </button>
        )}
        <KeyField
          id={id}
          label={m.link_or_type()}
          value={typed}
          characters={LINK_CODE_CHARACTERS}
          bad={short}
          describedBy={`${id}-h`}
          onChange={(value) => {
            setTyped(value);
            setShort(false);
          }}
        >
          <p className={`hint ${short ? "bad" : ""}`} id={`${id}-h`}>
            {short ? m.link_short() : m.link_code_note()}
          </p>
        </KeyField>
      </div>
      <div className="dlg-f end">
        <button type="submit" className="btn primary">
          {m.link_continue()}
        </button>
      </div>
    </form>
  );
}

/** What is about to be admitted, six digits to compare, and only then the password. */
function CompareDigits({ compare, onDiffer }: { compare: Compare; onDiffer: () => void }) {
  const engine = useEngine();
  const id = useId();
  const [same, setSame] = useState(false);
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const { busy, failure, run, clear } = useAction();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const name = deviceInSentence(compare.asks?.name ?? "");
  // What a device calls itself says nothing of its kind, unless it has only that for a name.
  const kind = deviceInSentence(deviceKindWords(compare.asks?.kind ?? ""));
  const wants =
    name === kind
      ? m.link_wants_one({ name })
      : m.link_wants_named({ name, kind: kind.charAt(0).toLowerCase() + kind.slice(1) });
  const admit = () => {
    setTried(true);
    if (busy) return;
    if (password === "") {
      document.getElementById(id)?.focus();
      return;
    }
    void run(() => engine.admitLink({ password }));
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (same) admit();
        else setSame(true);
      }}
    >
      <div className="dlg-b">
        <h3 className="s15 w6" ref={heading} tabIndex={-1}>
          {wants}
        </h3>
        <p className="s15 t2">{m.link_wants()}</p>
        <p className="code big" role="img" aria-label={spoken(compare.digits)} data-testid="link-digits">
          {spacedDigits(compare.digits)}
        </p>
        {same && (
          <PasswordField
            id={id}
            label={m.link_password()}
            value={password}
            autoComplete="current-password"
            describedBy={`${id}-h`}
            bad={tried && password === ""}
            autoFocus
            onChange={(value) => {
              setPassword(value);
              clear();
            }}
          >
            <div id={`${id}-h`}>{tried && password === "" && <p className="hint bad">{m.link_type_password()}</p>}</div>
          </PasswordField>
        )}
        <FailureNote failure={failure} />
      </div>
      <div className="dlg-f">
        <button type="button" className="btn danger-quiet" disabled={busy} onClick={onDiffer}>
          {m.link_differ()}
        </button>
        <span className="grow" />
        <BusyButton busy={busy} type="submit" className="btn primary">
          {busy ? m.link_admitting() : same ? m.link_verb() : m.link_match()}
        </BusyButton>
      </div>
    </form>
  );
}

/** The side of a link that is signed in: takes a code, shows what asks, compares, admits. */
export default function LinkDevice({ onClose }: { onClose: () => void }) {
  const engine = useEngine();
  const linking = valueOf(useLinking(), null);
  const [failure, setFailure] = useState<Failure | null>(null);
  // A link that ended before this was opened says nothing about this one.
  const [begun, setBegun] = useState(false);
  const kind = begun ? (linking?.kind ?? "none") : "none";
  // While the password is looked at, and if it was mistyped, what was compared stays on the screen.
  const [compared, setCompared] = useState<Compare | null>(null);
  if (linking?.kind === "compare" && linking !== compared) setCompared(linking);
  const take = (codeOrQr: string) => {
    setBegun(true);
    setFailure(null);
    engine.claimLink({ codeOrQr }).catch((thrown: unknown) => setFailure(asFailure(thrown)));
  };
  const cancel = () => engine.cancelLink().catch(() => undefined);
  const close = () => {
    if (begun && kind !== "admitting") void cancel();
    onClose();
  };
  const differ = () => {
    void cancel();
    setFailure({ code: "link/mismatch", message: "", remedy: { kind: "none" } });
  };
  const failed = failure ?? (begun && linking?.kind === "failed" ? linking.failure : null);
  const words = failed === null ? null : failureWords(failed);
  return (
    <Sheet title={m.link_title()} onClose={close} width="w460">
      {words !== null && (
        <>
          <div className="dlg-b" role="alert" data-code={failed?.code} data-testid="link-failed">
            <p className="s15">{words.what}</p>
            <p className="s15 t2 line-gap">{words.next}</p>
          </div>
          <div className="dlg-f end">
            <button type="button" className="btn ghost" onClick={close}>
              {m.common_close()}
            </button>
            <button
              type="button"
              className="btn primary"
              onClick={() => {
                void cancel();
                setFailure(null);
                setBegun(false);
              }}
            >
              {m.link_another()}
            </button>
          </div>
        </>
      )}
      {words === null && kind === "none" && <TakeCode onCode={take} />}
      {words === null && (kind === "connecting" || kind === "waiting") && (
        <p className="dlg-b s15 busy-line" role="status">
          <span className="spin" aria-hidden="true" /> {m.link_asking_device()}
        </p>
      )}
      {words === null && (kind === "compare" || kind === "admitting") && compared !== null && (
        <CompareDigits key={compared.digits} compare={compared} onDiffer={differ} />
      )}
      {words === null && kind === "done" && (
        <>
          <p className="dlg-b s15 t2" role="status" data-testid="link-done">
            {m.link_done()}
          </p>
          <div className="dlg-f end">
            <button type="button" className="btn primary" onClick={close} autoFocus>
              {m.common_done()}
            </button>
          </div>
        </>
      )}
    </Sheet>
  );
}
