import { SottoError } from "@sotto/protocol";
import { isCloned } from "./account/account-notices.ts";
import type { Context } from "./context.ts";
import type { Store } from "./ports.ts";

/**
 * [Note: One device, one state] Two that act from one device's keys, or one that acts from an older state of them, spend keys twice. Three
 * things speak of it: an entry of this device that its sent-journal doesn't know, a marker beside the database that is ahead of it, and
 * others who have seen more than the server shows. Nothing of a conversation is sent on a connection before its log was read to the
 * end there, so that the first of these comes before the first key is spent. Once it is noticed, this device sends nothing any more;
 * signing in again makes it a new one.
 */

/** @throws SottoError device/cloned */
export function assertNotCloned({ store }: Pick<Context, "store">): void {
  if (isCloned(store))
    throw new SottoError("device/cloned", "A copy of this device is at work, or its disk was put back.", {
      kind: "person",
      do: "Sign in again: this becomes a new device.",
    });
}

/** The database is older than the note beside it says. */
export function noteRollback(store: Store, at: number): void {
  store.run("update session set cloned_at = coalesce(cloned_at, ?) where id = 1", [at]);
}
