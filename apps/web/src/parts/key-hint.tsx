import { Check, CircleAlert } from "lucide-react";
import { RECOVERY_KEY_CHARACTERS } from "@sotto/views";
import { m } from "@sotto/views/messages";
import { Icon } from "./icon.tsx";
import type { KeyVerdict } from "../state/use-recovery-key.ts";

/** What is known of a recovery key while it is typed. Its checksum speaks as soon as it is whole. */
export function KeyHint({ id, verdict, characters }: { id: string; verdict: KeyVerdict; characters: number }) {
  switch (verdict) {
    case "empty":
      return (
        <p className="hint" id={id}>
          {m.field_key_empty()}
        </p>
      );
    case "partial":
      return (
        <p className="hint" id={id}>
          {m.field_key_part({ count: characters, of: RECOVERY_KEY_CHARACTERS })}
        </p>
      );
    case "wrong":
      return (
        <p className="hint bad" id={id} role="alert">
          <Icon of={CircleAlert} size={15} />
          <span>{m.field_key_wrong()}</span>
        </p>
      );
    case "right":
      return (
        <p className="hint good" id={id} role="status">
          <Icon of={Check} size={15} />
          <span>{m.field_key_whole()}</span>
        </p>
      );
  }
}
