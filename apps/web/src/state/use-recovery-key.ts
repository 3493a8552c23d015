import { useEffect, useState } from "react";
import { keyCharacters, RECOVERY_KEY_CHARACTERS } from "@sotto/views";

export type KeyVerdict = "empty" | "partial" | "wrong" | "right";

/** A recovery key while it is typed: its checksum is looked at as soon as it is whole. */
export function useRecoveryKey(): { typed: string; setTyped: (typed: string) => void; verdict: KeyVerdict } {
  const [typed, setTyped] = useState("");
  const [checked, setChecked] = useState<{ key: string; right: boolean } | null>(null);
  const key = keyCharacters(typed);
  const whole = key.length === RECOVERY_KEY_CHARACTERS;
  useEffect(() => {
    if (!whole) return undefined;
    let gone = false;
    import("@sotto/engine/recovery-key").then(
      ({ isRecoveryKey }) => gone || setChecked({ key, right: isRecoveryKey(key) }),
      // Offline: the way on needs the server too, and says so.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [key, whole]);
  const verdict = key === "" ? "empty" : !whole || checked?.key !== key ? "partial" : checked.right ? "right" : "wrong";
  return { typed, setTyped, verdict };
}
