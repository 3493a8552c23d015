import { memo } from "react";
import { BellOff, Check, CircleAlert, Clock, Pin } from "lucide-react";
import type { ConversationId } from "@sotto/protocol";
import type { ConversationRow } from "@sotto/views";
import { RowAvatar } from "./avatar.tsx";
import type { MenuPlace } from "./conversation-menu.tsx";
import { Icon } from "./icon.tsx";
import { TrustGlyph } from "./trust.tsx";

type ConversationButtonProps = {
  row: ConversationRow;
  current: boolean;
  tabStop: boolean;
  onSelect: (conversation: ConversationId) => void;
  onMenu: (place: MenuPlace) => void;
};

const MARKS = {
  sending: { of: Clock, words: "Sending" },
  sent: { of: Check, words: "Sent" },
  failed: { of: CircleAlert, words: "Not sent" },
} as const;

function Preview({ preview }: Pick<ConversationRow, "preview">) {
  const glyph = preview.tone === "changed" ? "changed" : preview.tone === "stopped" ? "danger" : null;
  return (
    <span className="trunc grow">
      {glyph !== null && <TrustGlyph tone={glyph} size={16} />}
      {preview.lead !== "" && (
        <span className={preview.tone === "draft" ? "lead from" : "from"}>
          <bdi>{preview.lead}</bdi>{" "}
        </span>
      )}
      <bdi>{preview.text}</bdi>
    </span>
  );
}

/** One row of the list. */
export const ConversationButton = memo(function ConversationButton({
  row,
  current,
  tabStop,
  onSelect,
  onMenu,
}: ConversationButtonProps) {
  const mark = row.mark === null || row.preview.tone !== "plain" ? null : MARKS[row.mark];
  return (
    <button
      type="button"
      className={`conv-row ${current ? "on" : ""} ${row.unread > 0 ? "unread" : ""}`}
      aria-current={current ? "true" : undefined}
      tabIndex={tabStop ? 0 : -1}
      data-testid="conversation"
      data-muted={row.muted}
      data-pinned={row.pinned}
      data-conversation={row.conversation}
      aria-keyshortcuts="M P"
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu({ conversation: row.conversation, x: event.clientX, y: event.clientY });
      }}
      onClick={() => onSelect(row.conversation)}
    >
      <RowAvatar picture={row.picture} size={44} />
      <span className="grow">
        <span className="l1">
          <bdi className="nm trunc">{row.title}</bdi>
          {row.verified && (
            <>
              <TrustGlyph tone="verified" size={15} />
              <span className="vh">Verified</span>
            </>
          )}
          {row.muted && (
            <>
              <Icon of={BellOff} size={14} className="mute" />
              <span className="vh">Muted</span>
            </>
          )}
          <time className="tm">{row.time}</time>
        </span>
        <span className="l2">
          <Preview preview={row.preview} />
          {row.unread > 0 ? (
            <span className={`count ${row.muted ? "hollow" : ""}`}>
              {row.unread > 99 ? "99+" : row.unread}
              <span className="vh"> unread</span>
            </span>
          ) : (
            mark !== null && (
              <>
                <Icon of={mark.of} size={15} className={`mk ${row.mark ?? ""}`} />
                <span className="vh">{mark.words}</span>
              </>
            )
          )}
          {row.pinned && (
            <>
              <Icon of={Pin} size={14} className="mute" />
              <span className="vh">Pinned</span>
            </>
          )}
        </span>
      </span>
    </button>
  );
});
