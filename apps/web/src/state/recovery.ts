import { useSyncExternalStore } from "react";
import type { AccountId } from "@sotto/protocol";

const KEY = "sotto.recovery-notice-hidden";
const listeners = new Set<() => void>();

function hiddenFor(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Hides the notice about the recovery key on this device. It stays in the settings. */
export function dismissRecovery(account: AccountId): void {
  try {
    localStorage.setItem(KEY, account);
  } catch {
    // It comes back with the next page, which is better than never.
  }
  for (const listener of listeners) listener();
}

export function useRecoveryDismissed(account: AccountId): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => hiddenFor() === account,
  );
}
