import type { ComponentProps } from "react";

/** A button for what takes a while: while it is under way it can't be pressed again, keeps its words, and shows a wheel before them. */
export function BusyButton({
  busy,
  disabled = false,
  children,
  ...rest
}: ComponentProps<"button"> & { busy: boolean }) {
  return (
    <button type="button" {...rest} disabled={busy || disabled} aria-busy={busy}>
      {busy && <span className="spin" aria-hidden="true" />}
      {children}
    </button>
  );
}
