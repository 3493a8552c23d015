import { KeyRound, X } from "lucide-react";
import type { Session } from "@sotto/engine";
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
          A recovery key was made for you.{" "}
          <button type="button" className="linkish" onClick={() => go({ kind: "settings", page: "recovery" })}>
            Save it
          </button>{" "}
          before you need it.
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
