import { ChevronLeft, X } from "lucide-react";
import { Icon } from "../parts/icon.tsx";

type BarProps = { title: string; onBack?: () => void; onClose: () => void };

/** The head of the details. */
export function Bar({ title, onBack, onClose }: BarProps) {
  return (
    <div className="det-h">
      {onBack !== undefined && (
        <button type="button" className="ib" aria-label="Back to details" title="Back" onClick={onBack}>
          <Icon of={ChevronLeft} size={22} />
        </button>
      )}
      <h2 className="grow s15 w6">{title}</h2>
      <button type="button" className="ib" aria-label="Close details" title="Close details" onClick={onClose}>
        <Icon of={X} />
      </button>
    </div>
  );
}
