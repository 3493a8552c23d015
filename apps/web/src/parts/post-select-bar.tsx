import { Copy, Forward, Trash2, X } from "lucide-react";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";
import type { PostDesk } from "./post-desk.tsx";

/** Stands in the composer's place while posts are selected. */
export function PostSelectBar({ desk, inThread }: { desk: PostDesk; inThread: boolean }) {
  const rows = [...(desk.selection?.values() ?? [])].toSorted((one, other) => one.order - other.order);
  return (
    <div
      // What one skips to is here.
      {...(inThread ? {} : { id: "composer", tabIndex: -1 })}
      className="composer select-bar"
      role="toolbar"
      aria-label={m.post_selection()}
      data-testid="select-bar"
    >
      <button
        type="button"
        className="ib"
        aria-label={m.post_cancel_selection()}
        title={m.post_cancel_selection()}
        onClick={desk.endSelection}
      >
        <Icon of={X} />
      </button>
      <span className="grow" role="status">
        {m.post_selected({ count: rows.length })}
      </span>
      <button
        type="button"
        className="ib"
        aria-label={m.post_copy()}
        title={m.post_copy()}
        onClick={() => {
          desk.copy(rows);
          desk.endSelection();
        }}
      >
        <Icon of={Copy} size={18} />
      </button>
      <button
        type="button"
        className="ib"
        aria-label={m.post_forward()}
        title={m.post_forward()}
        onClick={() => desk.ask("forward", rows)}
      >
        <Icon of={Forward} />
      </button>
      <button
        type="button"
        className="ib"
        aria-label={m.post_delete()}
        title={m.post_delete()}
        onClick={() => desk.ask("delete", rows)}
      >
        <Icon of={Trash2} size={18} />
      </button>
    </div>
  );
}
