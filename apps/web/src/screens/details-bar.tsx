import { ChevronLeft, X } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Icon } from "../parts/icon.tsx";

type BarProps = { title: string; onBack?: () => void; onClose: () => void };

/** The head of the details. */
export function Bar({ title, onBack, onClose }: BarProps) {
  return (
    <div className="det-h">
      {onBack !== undefined && (
        <button
          type="button"
          className="ib"
          aria-label={m.conversation_back_details()}
          title={m.common_back()}
          onClick={onBack}
        >
          <Icon of={ChevronLeft} size={22} />
        </button>
      )}
      <h2 className="grow s15 w6">{title}</h2>
      <button
        type="button"
        className="ib"
        aria-label={m.conversation_close_details()}
        title={m.conversation_close_details()}
        onClick={onClose}
      >
        <Icon of={X} />
      </button>
    </div>
  );
}
