import { Pencil, Reply, X } from "lucide-react";
import type { ConversationDetails } from "@sotto/engine";
import { previewOf } from "@sotto/views";
import { m } from "@sotto/views/messages";
import type { Composing } from "../parts/composing.ts";
import { Icon } from "../parts/icon.tsx";

/** What one is answering, or that one is changing something that was sent. */
export function Banner({
  composing,
  details,
  onCancel,
}: {
  composing: Composing;
  details: ConversationDetails | null;
  onCancel: () => void;
}) {
  const reply = composing.kind === "reply";
  const cancel = reply ? m.write_cancel_reply() : m.write_cancel_edit();
  return (
    <div className="ctx" data-testid="composing">
      <Icon of={reply ? Reply : Pencil} size={18} className="t2" />
      <div className="grow s14">
        <b className="w6">{reply ? <bdi>{composing.who}</bdi> : m.write_edit()}</b>
        <div className="t2 trunc" dir="auto">
          {reply ? previewOf(composing.text, details?.members ?? []) : m.write_edit_means()}
        </div>
      </div>
      <button type="button" className="ib" aria-label={cancel} title={cancel} onClick={onCancel}>
        <Icon of={X} size={18} />
      </button>
    </div>
  );
}
