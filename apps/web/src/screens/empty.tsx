import { Check, KeyRound, Settings, SquarePen } from "lucide-react";
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
    () => toast("Your username is copied."),
    () => toast("This browser didn't allow copying."),
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
          aria-label="Settings"
          title="Settings"
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
          <Seal material={session.seal} detail="full" size={168} label="Your seal" engraving={fresh && none} />
          <h1>{none ? "It’s quiet in here" : "Nothing is open"}</h1>
          <p className="s15 t2 lead">
            {none
              ? "This is your seal. It is drawn from your keys, and the people you talk to will see it beside your name."
              : "Choose a conversation, or start another one."}
          </p>
          <div className="row">
            <button type="button" className="btn primary" onClick={onNew}>
              <Icon of={SquarePen} size={18} />
              Start a conversation
            </button>
            <button type="button" className="btn quiet" onClick={() => copyUsername(session.username)}>
              Copy my username
            </button>
          </div>
          {none && (
            <ul className="fsl">
              <li className="fstep">
                <span className="fs-d done">
                  <Icon of={Check} size={14} />
                </span>
                <div className="grow">
                  <div className="s15 w6 t2">Your keys are made</div>
                  <div className="s14 t2">They were made on this device. This server cannot read them.</div>
                </div>
              </li>
              {session.recoveryKeyUnsaved && (
                <li className="fstep">
                  <span className="fs-d">
                    <Icon of={KeyRound} size={12} />
                  </span>
                  <div className="grow">
                    <div className="s15 w6">Save your recovery key</div>
                    <div className="s14 t2">It opens everything when your password is forgotten</div>
                  </div>
                  <button
                    type="button"
                    className="btn quiet sm"
                    onClick={() => go({ kind: "settings", page: "recovery" })}
                  >
                    Show it
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
