import { ARCHIVE_GENERATIONS_MAX, createRevokeDevice } from "@sotto/crypto";
import { KIND, SottoError, type DeviceId } from "@sotto/protocol";
import type { OpenAccount } from "./account-proof.ts";
import type { VaultChange } from "./change-vault.ts";
import { RefusedError } from "../connection.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { listConversations } from "../conversation/conversation-record.ts";
import { pause } from "./exchange.ts";
import type { ArchiveKey } from "./identity-record.ts";
import { secondsOf } from "./new-device.ts";
import type { Ports } from "../ports.ts";
import type { SignedIn } from "../signed-in.ts";
import { tidy } from "../conversation/tidy.ts";
import { withVault } from "./vault-access.ts";

/** Conversations whose removal commits are under way at once. */
const AT_ONCE = 4;
/** The person hears that the device is ended after this time at the latest; the rest goes on. */
const PATIENCE_MS = 10_000;
/** How often a conversation is tried while the server asks for patience. */
const REMOVALS_MAX = 20;

/**
 * Ends a device: statement and vault with one more generation of the archive in one transaction, then its leaf goes out of
 * every group at once. Asked again after it was cut short, it goes on where it was.
 */
export async function revokeDevice(
  client: SignedIn,
  { device, password }: { device: DeviceId; password: string },
): Promise<void> {
  const { context } = client;
  const { ports } = context;
  if (device === context.device)
    throw new SottoError("request/malformed", "This is the device that you are using.", {
      kind: "person",
      do: "Sign out instead.",
    });
  await withVault(
    client,
    password,
    revocationOf(ports, device, () => context.statementTime()),
  );
  context.emit({ kind: "devices" });
  const removed = removeOwnLeaves(client);
  await Promise.race([removed, pause(ports, PATIENCE_MS)]);
}

/** Statement and vault by which a device is ended; nothing left to do where it was already. @param now seconds */
export function revocationOf(
  ports: Ports,
  device: DeviceId,
  now: () => number = () => secondsOf(ports),
): (opened: OpenAccount) => Promise<{ change: VaultChange | null; result: undefined }> {
  return async ({ chain, statements, vault }) => {
    const known = chain.devices.find((each) => each.device === device);
    if (known === undefined)
      throw new SottoError("request/malformed", "This account has no such device.", { kind: "none" });
    if (!known.active) return { change: null, result: undefined };
    const { contents } = vault;
    const statement = await createRevokeDevice({
      chain: statements,
      device,
      signer: { kind: "account", privateKey: contents.accountPrivateKey },
      revokedAt: now(),
    });
    const archiveKeys = withNextGeneration(ports, contents.archiveKeys);
    return { change: { contents: { ...contents, archiveKeys }, statement }, result: undefined };
  };
}

function withNextGeneration(ports: Ports, archiveKeys: readonly ArchiveKey[]): readonly ArchiveKey[] {
  const newest = Math.max(...archiveKeys.map(({ generation }) => generation));
  if (archiveKeys.length < ARCHIVE_GENERATIONS_MAX)
    return [...archiveKeys, { generation: newest + 1, key: ports.random(32) }];
  // A vault holds no more. The device is ended all the same, and the server no longer lets it at the archive.
  ports.log("warn", "archive/generations-full", {});
  return archiveKeys;
}

/**
 * Commits the removal of one's own devices that were ended, everywhere and without the usual wait: nobody else is as sure to do it. What
 * fails here is left to the tidying that every member does. The devices' own conversation goes first: then the others may
 * have the new key.
 */
export async function removeOwnLeaves(client: SignedIn): Promise<void> {
  const { context } = client;
  if (!context.isOnline()) return;
  const rows = listConversations(context.store).filter(({ state }) => state.kind === "open");
  const queue = [...rows.filter(({ kind }) => kind === KIND.self), ...rows.filter(({ kind }) => kind !== KIND.self)];
  const next = async (): Promise<void> => {
    for (let record = queue.shift(); record !== undefined; record = queue.shift()) {
      const actor = client.actor(record.id);
      await removeFrom(client, actor).catch((error: unknown) => actor.failed(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}

async function removeFrom({ context }: SignedIn, actor: ConversationActor): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await actor.exclusive(() => tidy(actor, { leavers: false }));
    } catch (error) {
      const wait = error instanceof RefusedError && error.code === "request/too-many" ? error.remedy : undefined;
      if (wait?.kind !== "retry" || tries >= REMOVALS_MAX) throw error;
      await pause(context.ports, wait.afterMs ?? 1_000);
    }
  }
}
