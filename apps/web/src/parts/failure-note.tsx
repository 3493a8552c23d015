import { CircleAlert } from "lucide-react";
import type { Failure } from "@sotto/engine";
import { failureSentence } from "@sotto/views";
import { Icon } from "./icon.tsx";

/** What went wrong, where it went wrong. Announced at once; what was typed stays in its field. */
export function FailureNote({
  failure,
  id,
  className = "",
}: {
  failure: Failure | null;
  id?: string;
  className?: string;
}) {
  if (failure === null) return null;
  return (
    <p className={`hint bad ${className}`} role="alert" id={id} data-code={failure.code}>
      <Icon of={CircleAlert} size={15} />
      <span>{failureSentence(failure)}</span>
    </p>
  );
}
