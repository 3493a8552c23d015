import type { ReactNode } from "react";
import { m } from "@sotto/views/messages";
import { rich } from "../parts/rich.tsx";
import { AuthFrame } from "./auth-frame.tsx";

type LostProps = {
  onLink: () => void;
  onRecover: () => void;
  onReset: () => void;
  onNew: () => void;
  onBack: () => void;
};

function Step({ title, children, verb, onGo }: { title: string; children: ReactNode; verb: string; onGo: () => void }) {
  return (
    <li>
      <h2>{title}</h2>
      <p>{children}</p>
      <button type="button" className="btn quiet" onClick={onGo}>
        {verb}
      </button>
    </li>
  );
}

/** What is left when things are lost, the best first. Said plainly: what nobody can bring back, too. */
export default function Lost({ onLink, onRecover, onReset, onNew, onBack }: LostProps) {
  return (
    <AuthFrame onSubmit={onBack}>
      <h1>{m.lost_title()}</h1>
      <p className="s15 t2 sub">{m.lost_sub()}</p>
      <ol className="ways">
        <Step title={m.lost_device()} verb={m.lost_device_verb()} onGo={onLink}>
          {m.lost_device_text()}
        </Step>
        <Step title={m.lost_key()} verb={m.lost_key_verb()} onGo={onRecover}>
          {m.lost_key_text()}
        </Step>
        <li>
          <h2>{m.lost_only()}</h2>
          <p>
            {rich(m.lost_only_text, {
              settings: <b>{m.settings_title()}</b>,
              account: <b>{m.settings_account()}</b>,
              reclaim: <b>{m.reclaim_title()}</b>,
            })}
          </p>
        </li>
        <Step title={m.lost_none()} verb={m.lost_none_verb()} onGo={onReset}>
          {m.lost_none_text()}
        </Step>
        <Step title={m.lost_nothing()} verb={m.lost_nothing_verb()} onGo={onNew}>
          {m.lost_nothing_text()}
        </Step>
      </ol>
      <p className="s14 other">
        <button type="button" className="linkish" onClick={onBack}>
          {m.lost_back()}
        </button>
      </p>
    </AuthFrame>
  );
}
