import { Check, CircleAlert } from "lucide-react";
import { RECOVERY_KEY_CHARACTERS } from "@sotto/views";
import { Icon } from "./icon.tsx";
import type { KeyVerdict } from "../state/use-recovery-key.ts";

/** What is known of a recovery key while it is typed. Its checksum speaks as soon as it is whole. */
export function KeyHint({ id, verdict, characters }: { id: string; verdict: KeyVerdict; characters: number }) {
  switch (verdict) {
    case "empty":
      return (
        <p className="hint" id={id}>
          8 groups of 4. Type it, or paste it as it is.
        </p>
      );
    case "partial":
      return (
        <p className="hint" id={id}>
          {characters} of {RECOVERY_KEY_CHARACTERS} characters
        </p>
      );
    case "wrong":
      return (
        <p className="hint bad" id={id} role="alert">
          <Icon of={CircleAlert} size={15} />
          <span>A character is wrong. Compare it group by group; it never contains I, L, O or U.</span>
        </p>
      );
    case "right":
      return (
        <p className="hint good" id={id} role="status">
          <Icon of={Check} size={15} />
          <span>The key is whole.</span>
        </p>
      );
  }
}
