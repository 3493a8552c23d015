import { useState } from "react";
import { MonitorSmartphone, X } from "lucide-react";
import type { Failure } from "@sotto/engine";
import { failureWords, noticeWords } from "@sotto/views";
import { m } from "@sotto/views/messages";
import type { NoticeWords } from "@sotto/views";
import { herePlace, useNow } from "../state/clock.ts";
import { useEngine } from "../state/live.ts";
import { go } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import type { SignedIn } from "../screens/shell.tsx";
import { Icon } from "./icon.tsx";
import { later } from "./lazy.tsx";
import { TrustGlyph } from "./trust.tsx";

const AskPassword = later(() => import("./ask-password.tsx"));
const Ask = later(() => import("./ask.tsx"));

const URGENCY: Record<NoticeWords["tone"], number> = { danger: 0, changed: 1, plain: 2 };

/** This device was put out: what is here can be read on, and one can come back as a new device, or clear it. */
function Refused({ session }: { session: SignedIn }) {
  const code = session.refusedBecause;
  const [asked, setAsked] = useState<"in" | "clear" | null>(null);
  if (code === null) return null;
  const { what, next } = failureWords({ code, message: "", remedy: { kind: "none" } } satisfies Failure);
  const over = code === "account/closed" || code === "account/replaced";
  return (
    <div className="strip danger" role="alert" data-testid="refused" data-code={code}>
      <TrustGlyph tone="danger" size={18} />
      <span className="grow">
        <b className="w6">{what}</b> {next}
      </span>
      <button type="button" className="btn quiet sm" onClick={() => setAsked(over ? "clear" : "in")}>
        {over ? m.strip_clear() : m.strip_sign_in_again()}
      </button>
      {asked === "in" && <SignInAgain session={session} onClose={() => setAsked(null)} />}
      {asked === "clear" && <Clear onClose={() => setAsked(null)} />}
    </div>
  );
}

function Clear({ onClose }: { onClose: () => void }) {
  const engine = useEngine();
  return (
    <Ask
      title={m.strip_clear_title()}
      text={m.strip_clear_text()}
      verb={m.strip_clear_verb()}
      danger
      act={async () => {
        await engine.signOut();
        go({ kind: "list" });
      }}
      onClose={onClose}
    />
  );
}

function SignInAgain({ session, onClose }: { session: SignedIn; onClose: () => void }) {
  const engine = useEngine();
  const [clearing, setClearing] = useState(false);
  if (clearing) return <Clear onClose={onClose} />;
  return (
    <AskPassword
      title={m.strip_sign_in_again()}
      verb={m.strip_sign_in()}
      busyWords={m.strip_opening()}
      act={(password) => engine.signIn({ username: session.username, password })}
      onClose={onClose}
    >
      <p className="s15 t2">{m.strip_again_text({ username: session.username })}</p>
      <p className="s14">
        <button type="button" className="linkish" onClick={() => setClearing(true)}>
          {m.strip_clear_instead()}
        </button>
      </p>
    </AskPassword>
  );
}

/** What happened to the account: above everything, on every screen, the most urgent first, until it was seen. */
export function NoticeStrip({ session }: { session: SignedIn }) {
  const engine = useEngine();
  const now = useNow();
  const [signingIn, setSigningIn] = useState(false);
  const notices = session.notices
    .map((notice) => ({ id: notice.notice, words: noticeWords(notice, { now, place: herePlace() }) }))
    .sort((a, b) => URGENCY[a.words.tone] - URGENCY[b.words.tone]);
  const [first] = notices;
  if (session.refusedBecause !== null) return <Refused session={session} />;
  if (first === undefined) return null;
  const { id, words } = first;
  const follow = () => {
    if (words.action === "sign-in") setSigningIn(true);
    else if (words.action !== null) go({ kind: "settings", page: words.action });
  };
  return (
    <div
      className={`strip ${words.tone}`}
      role={words.tone === "plain" ? "status" : "alert"}
      data-testid="notice"
      data-notice={id}
      key={id}
    >
      {words.tone === "plain" ? <Icon of={MonitorSmartphone} size={18} /> : <TrustGlyph tone={words.tone} size={18} />}
      <span className="grow">
        <b className="w6">{words.title}</b> {words.next}
        {notices.length > 1 && <span className="t2"> {m.strip_more({ count: notices.length - 1 })}</span>}
      </span>
      {words.action !== null && (
        <button type="button" className="btn quiet sm" onClick={follow}>
          {words.verb}
        </button>
      )}
      {words.mayDismiss && (
        <button
          type="button"
          className="ib"
          aria-label={m.strip_seen()}
          title={m.strip_seen()}
          onClick={() => void engine.dismissNotice({ notice: id }).catch(() => toast(m.strip_failed()))}
        >
          <Icon of={X} size={17} />
        </button>
      )}
      {signingIn && <SignInAgain session={session} onClose={() => setSigningIn(false)} />}
    </div>
  );
}
