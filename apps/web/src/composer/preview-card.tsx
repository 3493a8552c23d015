import { Link, X } from "lucide-react";
import { useId } from "react";
import { m } from "@sotto/views/messages";
import { Icon } from "../parts/icon.tsx";

export type PreviewTyped = { url: string; title: string; description: string };

const TITLE_MAX = 120;
const DESCRIPTION_MAX = 300;

/** A preview of the first link, in the words of who sends it: nobody asks that address for anything. */
export function PreviewCard({
  preview,
  onChange,
  onRemove,
}: {
  preview: PreviewTyped;
  onChange: (preview: PreviewTyped) => void;
  onRemove: () => void;
}) {
  const id = useId();
  return (
    <div className="lp" role="group" aria-label={m.write_preview()} data-testid="preview-card">
      <div className="lp-h">
        <Icon of={Link} size={15} className="t2" />
        <span className="grow trunc" dir="ltr">
          {preview.url.replace(/^https?:\/\//iu, "")}
        </span>
        <button
          type="button"
          className="ib"
          aria-label={m.write_preview_remove()}
          title={m.write_preview_remove()}
          onClick={onRemove}
        >
          <Icon of={X} size={16} />
        </button>
      </div>
      <input
        value={preview.title}
        maxLength={TITLE_MAX}
        dir="auto"
        aria-label={m.write_preview_title()}
        placeholder={m.write_preview_title()}
        aria-describedby={id}
        onChange={(event) => onChange({ ...preview, title: event.target.value })}
      />
      <input
        value={preview.description}
        maxLength={DESCRIPTION_MAX}
        dir="auto"
        aria-label={m.write_preview_description()}
        placeholder={m.write_preview_description()}
        onChange={(event) => onChange({ ...preview, description: event.target.value })}
      />
      <p className="hint" id={id}>
        {m.write_preview_means()}
      </p>
    </div>
  );
}
