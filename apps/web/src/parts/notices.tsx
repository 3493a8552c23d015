import { KeyRound, X } from "lucide-react";
import type { Session } from "@sotto/engine";
import { m } from "@sotto/views/messages";
import { rich } from "./rich.tsx";
import { dismissRecovery, useRecoveryDismissed } from "../state/recovery.ts";
import { go } from "../state/route.ts";
import { Icon } from "./icon.tsx";

type NoticeProps = { session: Extract<Session, { kind: "signed-in" }> };

/** This browser keeps nothing: said for as long as the session lasts. */
export function MemoryNotice({ session }: NoticeProps) {
  if (session.durability !== "memory") return null;
  return (
    <div className="list-b">
      <div className="banner" data-testid="memory-session">
        <span className="grow">{m.strip_memory()}</span>
      </div>
    </div>
  );
}

/** Calm, and once: the key is safe in the vault until its owner wants it. */
export function RecoveryNotice({ session }: NoticeProps) {
  const dismissed = useRecoveryDismissed(session.account);
  if (!session.recoveryKeyUnsaved || dismissed) return null;
  return (
    <div className="list-b">
      <div className="banner" data-testid="recovery-banner">
        <Icon of={KeyRound} size={18} />
        <span className="grow">
          {rich(m.strip_recovery, {
            save: (
              <button type="button" className="linkish" onClick={() => go({ kind: "settings", page: "recovery" })}>
                {m.strip_recovery_save()}
              </button>
            ),
          })}
        </span>
        <button
          type="button"
          className="ib"
          aria-label={m.strip_hide()}
          title={m.strip_hide()}
          onClick={() => dismissRecovery(session.account)}
        >
          <Icon of={X} size={16} />
        </button>
      </div>
    </div>
  );
}
