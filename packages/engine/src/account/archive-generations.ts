import { signArchiveGeneration, verifyArchiveGeneration, type VaultContents } from "@sotto/crypto";
import { Bytes, equalBytes, type AccountId } from "@sotto/protocol";
import * as v from "valibot";
import { sealWaitingAnew } from "../history/waiting-records.ts";
import { addArchiveKeys, loadIdentity, type ArchiveKey } from "./identity-record.ts";
import type { SignedIn } from "../signed-in.ts";
import { SYNC, type Sync } from "../sync/sync-state.ts";

const Told = v.strictTuple([
  v.pipe(
    Bytes,
    v.check((key) => key.length === 32),
  ),
  Bytes,
]);

/**
 * Inside a transaction: hands generations of the archive to one's other devices. The first is older than any device; a later one comes
 * to a new device with the vault, and to those that were there by this, vouched for by the account key: only who opens the
 * vault begins one. What own devices tell each other is never sealed for a device that was ended: its leaf goes out of their
 * conversation first (send-posts.ts).
 */
export function tellGenerations(
  sync: Pick<Sync, "get" | "set">,
  account: AccountId,
  { accountPrivateKey, archiveKeys }: Pick<VaultContents, "accountPrivateKey" | "archiveKeys">,
): void {
  for (const { generation, key } of archiveKeys) {
    if (generation === 0) continue;
    const signature = signArchiveGeneration(accountPrivateKey, { account, generation, key });
    const told = v.safeParse(Told, sync.get(SYNC.archive(generation)));
    if (!told.success || !equalBytes(told.output[0], key) || !equalBytes(told.output[1], signature))
      sync.set(SYNC.archive(generation), [key, signature]);
  }
}

/**
 * Takes the generations that another own device began. One that is known is never replaced. In the turn in which the post that tells it
 * was read, so nothing of that post's epoch has left for the archive under a key that an ended device has.
 */
export function takeGenerations(client: SignedIn): void {
  const { account, people, store, sync } = client.context;
  const accountKey = people.chain(account)?.accountKey;
  if (accountKey === undefined) return;
  const told = sync.list(PREFIX).flatMap(([name, value]): ArchiveKey[] => {
    const generation = Number(name.slice(PREFIX.length));
    const read = v.safeParse(Told, value);
    if (!Number.isSafeInteger(generation) || generation < 0 || !read.success) return [];
    const [key, signature] = read.output;
    return verifyArchiveGeneration({ account, generation, key, accountKey, signature }) ? [{ generation, key }] : [];
  });
  const isNews = store.transaction(() => {
    if (!addArchiveKeys(store, told)) return false;
    const identity = loadIdentity(store);
    if (identity !== undefined) sealWaitingAnew(client.context, identity);
    return true;
  });
  if (isNews) client.identityChanged();
}

const PREFIX = SYNC.archive(0).slice(0, -1);

export function watchGenerations(client: SignedIn): void {
  takeGenerations(client);
  client.context.sync.onChange(PREFIX, () => takeGenerations(client));
}
