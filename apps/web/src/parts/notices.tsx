import { KeyRound, X } from "lucide-react";
import type { Session } from "@sotto/engine";
import { dismissRecovery, useRecoveryDismissed } from "../state/recovery.ts";
import { Icon } from "./icon.tsx";

type NoticeProps = { session: Extract<Session, { kind: "signed-in" }> };

/** This browser keeps nothing: said for as long as the session lasts. */
export function MemoryNotice({ session }: NoticeProps) {
  if (session.durability !== "memory") return null;
  return (
    <div className="list-b">
      <div className="banner" data-testid="memory-session">
        <span className="grow">This session lives in memory only. It ends when this tab is closed or reloaded.</span>
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
          A recovery key was made for you and is kept in your vault. You can save it later, in Settings.
        </span>
        <button
          type="button"
          className="ib"
          aria-label="Hide this notice"
          title="Hide this notice"
          onClick={() => dismissRecovery(session.account)}
        >
          <Icon of={X} size={16} />
        </button>
      </div>
    </div>
  );
}
