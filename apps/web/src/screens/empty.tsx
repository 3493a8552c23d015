import { Check, KeyRound, Settings, SquarePen } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Brand } from "../parts/brand.tsx";
import { Icon } from "../parts/icon.tsx";
import { MemoryNotice } from "../parts/notices.tsx";
import { Seal } from "../parts/seal.tsx";
import { go } from "../state/route.ts";
import { toast } from "../state/toast.ts";
import type { SignedIn } from "./shell.tsx";

type EmptyProps = { session: SignedIn; none: boolean; loading: boolean; fresh: boolean; onNew: () => void };

function copyUsername(username: string): void {
  navigator.clipboard.writeText(`@${username}`).then(
    () => toast(m.empty_copied()),
    () => toast(m.common_not_copied()),
  );
}

/** Nothing is open. With no conversation yet: one's own seal, one action, and what can wait. */
export function Empty({ session, none, loading, fresh, onNew }: EmptyProps) {
  if (loading) return <main className="pane on-surface" aria-busy="true" />;
  return (
    <main className="pane on-surface">
      <div className="list-h only-m">
        <span className="grow">
          <Brand />
        </span>
        <button
          type="button"
          className="ib"
          aria-label={m.settings_title()}
          title={m.settings_title()}
          onClick={() => go({ kind: "settings", page: "menu" })}
        >
          <Icon of={Settings} />
        </button>
      </div>
      <div className="only-m">
        <MemoryNotice session={session} />
      </div>
      <div className="scroll center">
        <div className="ey">
          <Seal material={session.seal} detail="full" size={168} label={m.empty_seal()} engraving={fresh && none} />
          <h1>{none ? m.empty_quiet() : m.empty_none()}</h1>
          <p className="s15 t2 lead">{none ? m.empty_quiet_text() : m.empty_none_text()}</p>
          <div className="row">
            <button type="button" className="btn primary" onClick={onNew}>
              <Icon of={SquarePen} size={18} />
              {m.empty_start()}
            </button>
            <button type="button" className="btn quiet" onClick={() => copyUsername(session.username)}>
              {m.empty_copy()}
            </button>
          </div>
          {none && (
            <ul className="fsl">
              <li className="fstep">
                <span className="fs-d done">
                  <Icon of={Check} size={14} />
                </span>
                <div className="grow">
                  <div className="s15 w6 t2">{m.empty_keys()}</div>
                  <div className="s14 t2">{m.empty_keys_text()}</div>
                </div>
              </li>
              {session.recoveryKeyUnsaved && (
                <li className="fstep">
                  <span className="fs-d">
                    <Icon of={KeyRound} size={12} />
                  </span>
                  <div className="grow">
                    <div className="s15 w6">{m.empty_recovery()}</div>
                    <div className="s14 t2">{m.empty_recovery_text()}</div>
                  </div>
                  <button
                    type="button"
                    className="btn quiet sm"
                    onClick={() => go({ kind: "settings", page: "recovery" })}
                  >
                    {m.empty_show()}
                  </button>
                </li>
              )}
            </ul>
          )}
        </div>
      </div>
    </main>
  );
}
