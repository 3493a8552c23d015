import { memo } from "react";
import { AtSign, BellOff, Check, CircleAlert, Clock, Heart, Pin } from "lucide-react";
import type { ConversationId } from "@sotto/protocol";
import type { ConversationRow } from "@sotto/views";
import { m } from "@sotto/views/messages";
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
  sending: { of: Clock, words: m.list_state_sending },
  sent: { of: Check, words: m.list_state_sent },
  failed: { of: CircleAlert, words: m.list_state_failed },
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
      className={`conv-row ${current ? "on" : ""} ${row.unread > 0 || row.markedUnread ? "unread" : ""}`}
      aria-current={current ? "true" : undefined}
      tabIndex={tabStop ? 0 : -1}
      data-testid="conversation"
      data-muted={row.muted}
      data-pinned={row.pinned}
      data-conversation={row.conversation}
      data-request={row.request}
      aria-keyshortcuts="M P U V"
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
              <span className="vh">{m.list_verified()}</span>
            </>
          )}
          {row.notify !== "all" && (
            <>
              <Icon of={row.muted ? BellOff : AtSign} size={14} className="mute" />
              <span className="vh">{row.muted ? m.list_muted() : m.list_mentions_only()}</span>
            </>
          )}
          <time className="tm">{row.time}</time>
        </span>
        <span className="l2">
          <Preview preview={row.preview} />
          {row.mentions > 0 && (
            <span className="count at-me">
              <Icon of={AtSign} size={13} />
              <span className="vh">{m.list_mentioned()}</span>
            </span>
          )}
          {row.unread > 0 ? (
            <span className={`count ${row.notify === "all" ? "" : "hollow"}`}>
              {row.unread > 99 ? "99+" : row.unread}
              <span className="vh"> {m.list_unread_count()}</span>
            </span>
          ) : row.markedUnread ? (
            <span className="count dot">
              <span className="vh">{m.list_marked()}</span>
            </span>
          ) : (
            mark !== null && (
              <>
                <Icon of={mark.of} size={15} className={`mk ${row.mark ?? ""}`} />
                <span className="vh">{mark.words()}</span>
              </>
            )
          )}
          {row.pinned && (
            <>
              <Icon of={Pin} size={14} className="mute" />
              <span className="vh">{m.list_pinned()}</span>
            </>
          )}
          {row.favourite && (
            <>
              <Icon of={Heart} size={14} className="mute" />
              <span className="vh">{m.list_favourite_mark()}</span>
            </>
          )}
        </span>
      </span>
    </button>
  );
});
