import { useMemo } from "react";
import { Archive, ArchiveRestore, Bell, Heart, HeartOff, Pin, PinOff } from "lucide-react";
import type { ConversationDetails, Notify } from "@sotto/engine";
import { asFailure, failureSentence } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { ChoiceRow } from "../../parts/choice-row.tsx";
import { Icon } from "../../parts/icon.tsx";
import { useEngine } from "../../state/live.ts";
import { toast } from "../../state/toast.ts";

/** What is set for oneself, on all one's devices; nobody else sees it. */
export function OwnMarks({ details }: { details: ConversationDetails }) {
  const engine = useEngine();
  const { conversation, notify, pinned, favourite, archived } = details;
  const say = (thrown: unknown) => toast(failureSentence(asFailure(thrown)));
  const choices = useMemo(
    (): { value: Notify; name: string }[] => [
      { value: "all", name: m.list_notify_all() },
      { value: "mentions", name: m.list_notify_mentions() },
      { value: "none", name: m.list_notify_none() },
    ],
    [],
  );
  return (
    <div className="block">
      <ChoiceRow
        icon={Bell}
        title={m.list_notify()}
        value={notify}
        choices={choices}
        onChoose={(value) => void engine.setNotify({ conversation, notify: value }).catch(say)}
      />
      <button
        type="button"
        className="set"
        onClick={() => void engine.setPinned({ conversation, pinned: !pinned }).catch(say)}
      >
        <Icon of={pinned ? PinOff : Pin} size={18} className="t2" />
        {pinned ? m.list_unpin() : m.list_pin()}
      </button>
      <button
        type="button"
        className="set"
        onClick={() => void engine.setFavourite({ conversation, favourite: !favourite }).catch(say)}
      >
        <Icon of={favourite ? HeartOff : Heart} size={18} className="t2" />
        {favourite ? m.list_unfavourite() : m.list_favourite()}
      </button>
      <button
        type="button"
        className="set"
        onClick={() => void engine.setArchived({ conversation, archived: !archived }).catch(say)}
      >
        <Icon of={archived ? ArchiveRestore : Archive} size={18} className="t2" />
        {archived ? m.list_unarchive() : m.list_archive()}
      </button>
    </div>
  );
}
