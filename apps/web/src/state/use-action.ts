import { useCallback, useEffect, useRef, useState } from "react";
import type { Failure } from "@sotto/engine";
import { asFailure } from "@sotto/views";

/** Something a person asked for: whether it is under way, and what went wrong with it last. */
export function useAction(): {
  busy: boolean;
  failure: Failure | null;
  run: (work: () => Promise<void>) => Promise<boolean>;
  clear: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  const run = useCallback(async (work: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setFailure(null);
    try {
      await work();
      return true;
    } catch (thrown) {
      if (shown.current) setFailure(asFailure(thrown));
      return false;
    } finally {
      if (shown.current) setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setFailure(null), []);
  return { busy, failure, run, clear };
}
