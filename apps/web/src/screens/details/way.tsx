import { useState } from "react";
import type { ReactNode } from "react";
import { LogOut } from "lucide-react";
import type { ConversationDetails } from "@sotto/engine";
import { isLastAdmin, titleOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "../../parts/icon.tsx";
import { later } from "../../parts/lazy.tsx";
import { TrustGlyph } from "../../parts/trust.tsx";
import { useEngine } from "../../state/live.ts";
import { go } from "../../state/route.ts";

const Ask = later(() => import("../../parts/ask.tsx"));

/** The way out. */
export function Way({ details }: { details: ConversationDetails }): ReactNode {
  const engine = useEngine();
  const [asked, setAsked] = useState(false);
  const { conversation, kind } = details;
  if (kind === "direct" || kind === "self" || details.state.kind === "left") return null;
  if (isLastAdmin(details))
    return (
      <div className="block">
        <div className="note">
          <TrustGlyph tone="unverified" size={18} />
          <span>{m.details_last_admin()}</span>
        </div>
      </div>
    );
  return (
    <div className="block">
      <button type="button" className="set danger" onClick={() => setAsked(true)}>
        <Icon of={LogOut} size={18} />
        {kind === "room" ? m.details_leave_room() : m.details_leave_group()}
      </button>
      {asked && (
        <Ask
          title={m.details_leave_title({ title: titleOf(details) })}
          text={kind === "room" ? m.details_leave_room_words() : m.details_leave_group_words()}
          verb={m.details_leave()}
          danger
          act={async () => {
            await engine.leave({ conversation });
            go({ kind: "list" });
          }}
          onClose={() => setAsked(false)}
        />
      )}
    </div>
  );
}
