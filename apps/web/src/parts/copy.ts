import { m } from "@sotto/views/messages";
import { toast } from "../state/toast.ts";

/** Copies a text and says so. `what` begins a sentence: "The account id". */
export function copy(text: string, what: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast(m.common_is_copied({ what })),
    () => toast(m.common_not_copied()),
  );
}
