import { useDeferredValue, useEffect, useState } from "react";
import { passwordVerdict } from "@sotto/views";
import type { PasswordEstimate, PasswordVerdict } from "@sotto/views";

type Estimator = (password: string, known: readonly string[]) => PasswordEstimate;

function loadEstimator(): Promise<Estimator> {
  return import("../parts/password-strength.ts").then(({ estimate }) => estimate);
}

export type GivenPassword = {
  password: string;
  setPassword: (password: string) => void;
  verdict: PasswordVerdict;
  judge: () => Promise<PasswordVerdict>;
  prepare: () => void;
};

/** A password judged while it is typed. `judge` waits for the word lists, so that nobody gets past them by being quick. */
export function usePassword(known: readonly string[]): GivenPassword {
  const [password, setPassword] = useState("");
  const [estimator, setEstimator] = useState<{ run: Estimator } | null>(null);
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    if (!wanted) return undefined;
    let gone = false;
    loadEstimator().then(
      (run) => gone || setEstimator({ run }),
      // Offline: sign-up can't work either, and says so.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [wanted]);
  const deferred = useDeferredValue(password);
  const verdict = passwordVerdict(deferred, estimator === null ? null : estimator.run(deferred, known));
  return {
    password,
    setPassword,
    verdict,
    judge: async () => passwordVerdict(password, (await loadEstimator())(password, known)),
    prepare: () => setWanted(true),
  };
}
