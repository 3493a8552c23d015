import * as v from "valibot";
import { Bytes } from "@sotto/protocol";
import { addArchiveKeys } from "./identity-record.ts";
import type { SignedIn } from "./signed-in.ts";
import { SYNC } from "./sync-state.ts";

/**
 * Hands generations of the archive to one's other devices. The first is older than any device; a later one comes to a new device
 * with the vault, and to those that were there by this. What own devices tell each other is never sealed for a device that was
 * ended: its leaf goes out of their conversation first (send-posts.ts).
 */
export function shareGenerations({ context, identity }: SignedIn): void {
  const { store, sync } = context;
  const untold = identity.archiveKeys.filter(
    ({ generation }) => generation > 0 && sync.get(SYNC.archive(generation)) === undefined,
  );
  if (untold.length === 0) return;
  store.transaction(() => {
    for (const { generation, key } of untold) sync.set(SYNC.archive(generation), key);
  });
}

const Key = v.pipe(
  Bytes,
  v.check((key) => key.length === 32),
);

/** Takes the generations that another own device began. One that is known is never replaced. */
export function watchGenerations(client: SignedIn): () => void {
  const { context } = client;
  const prefix = SYNC.archive(0).slice(0, -1);
  const take = (): void => {
    const told = context.sync.list(prefix).flatMap(([name, value]) => {
      const generation = Number(name.slice(prefix.length));
      const key = v.safeParse(Key, value);
      return Number.isSafeInteger(generation) && generation >= 0 && key.success
        ? [{ generation, key: key.output }]
        : [];
    });
    if (context.store.transaction(() => addArchiveKeys(context.store, told))) client.identityChanged();
  };
  take();
  return context.sync.onChange(prefix, take);
}
