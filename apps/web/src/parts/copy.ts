import { toast } from "../state/toast.ts";

/** Copies a text and says so. `what` begins a sentence: "The account id". */
export function copy(text: string, what: string): void {
  navigator.clipboard.writeText(text).then(
    () => toast(`${what} is copied.`),
    () => toast("This browser didn't allow copying."),
  );
}
