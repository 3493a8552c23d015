import { reclaimCompletesAt, verifyChain, type VerifiedChain } from "@sotto/crypto";
import { equalBytes, toHex, type DeviceId } from "@sotto/protocol";
import * as v from "valibot";
import type { AccountNotice } from "../api.ts";
import type { Context } from "../context.ts";
import { deviceName } from "./device-names.ts";
import { saveRecoveryKeyUnsaved } from "./identity-record.ts";
import type { Store } from "../ports.ts";
import { numberOf, numberOrNull, textOf } from "../rows.ts";
import { SYNC } from "../sync/sync-state.ts";

/** What is told and stays until somebody has seen it. Names of devices are looked up when it is shown. */
type Told =
  | { kind: "device-added"; device: DeviceId }
  | { kind: "password-changed" }
  | { kind: "recovery-key-changed" }
  | { kind: "reclaimed"; device: DeviceId };

const Stored = v.variant("kind", [
  v.strictObject({ kind: v.literal("device-added"), device: v.string() }),
  v.strictObject({ kind: v.literal("password-changed") }),
  v.strictObject({ kind: v.literal("recovery-key-changed") }),
  v.strictObject({ kind: v.literal("reclaimed"), device: v.string() }),
]);

const RECLAIMED = "reclaimed/";

/** Stable, and the same on every own device, so that what is dismissed on one is dismissed on all; but see {@link isOwnBusiness}. */
export const NOTICE = {
  deviceAdded: (device: DeviceId) => `device-added/${device}`,
  recoveryKey: (publicKey: Uint8Array) => `recovery-key/${toHex(publicKey.subarray(0, 16))}`,
  /** By the account's new key: what this device expects of its own takeover hides nobody else's. */
  reclaimed: (accountKey: Uint8Array) => `${RECLAIMED}${toHex(accountKey.subarray(0, 16))}`,
  announced: (device: DeviceId, at: number) => `reclaim-announced/${device}/${at}`,
  password: (at: number) => `password/${at}`,
  cloned: "cloned",
} as const;

/** Each device is told of a takeover and puts that away for itself: the device that took over is one of those that could do it for all. */
const isOwnBusiness = (notice: string): boolean => notice.startsWith(RECLAIMED);

/** Inside a transaction. The first to write it decides: one's own doing was marked before and is told to nobody here. */
function write(context: Context, notice: string, at: number, told: Told | null): void {
  if (!isOwnBusiness(notice) && context.sync.get(SYNC.dismissed(notice)) !== undefined) return;
  context.store.run("insert or ignore into notices (notice, at, told) values (?, ?, ?)", [
    notice,
    at,
    told === null ? null : JSON.stringify(told),
  ]);
}

/** This device is about to do it itself: no news here. Before the server is asked, since it tells everybody at once. */
export function expectNotice(context: Context, notice: string): void {
  const { store, ports } = context;
  store.transaction(() => write(context, notice, ports.clock.now(), null));
}

/** Inside the transaction that pins a longer chain of one's own account: what its new statements say. */
export function noteOwnChain(context: Context, before: VerifiedChain, statements: readonly Uint8Array[]): void {
  let chain = before;
  for (let length = before.length + 1; length <= statements.length; length++) {
    const verdict = verifyChain(statements.slice(0, length));
    if (verdict.kind === "invalid") return;
    noteStep(context, chain, verdict.chain);
    chain = verdict.chain;
  }
}

function noteStep(context: Context, before: VerifiedChain, after: VerifiedChain): void {
  const now = context.ports.clock.now();
  const added = after.devices[before.devices.length];
  if (added !== undefined && added.device !== context.device)
    write(context, NOTICE.deviceAdded(added.device), added.addedAt * 1000, {
      kind: "device-added",
      device: added.device,
    });
  // Whoever made a new recovery key has yet to save it.
  if (!equalBytes(before.recoveryKey, after.recoveryKey)) saveRecoveryKeyUnsaved(context.store, true);
  const { pendingReclaim } = before;
  if (after.reclaims > before.reclaims && pendingReclaim !== null)
    write(context, NOTICE.reclaimed(after.accountKey), now, { kind: "reclaimed", device: pendingReclaim.device });
  else if (!equalBytes(before.recoveryKey, after.recoveryKey))
    write(context, NOTICE.recoveryKey(after.recoveryKey), now, { kind: "recovery-key-changed" });
}

/** Another own device says that the password was changed: the chain doesn't know of it. */
function notePassword(context: Context): void {
  const at = context.sync.get(SYNC.passwordChangedAt);
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0) return;
  context.store.transaction(() => write(context, NOTICE.password(at), at, { kind: "password-changed" }));
}

/** This device has changed the password. */
export function tellPasswordChanged(context: Context): void {
  const at = context.ports.clock.now();
  expectNotice(context, NOTICE.password(at));
  context.sync.set(SYNC.passwordChangedAt, at);
}

/** Keeps what is shown in step with what the other own devices say. @returns stops it */
export function watchNotices(context: Context): () => void {
  const changed = (): void => context.emit({ kind: "session" });
  const stops = [
    context.sync.onChange(SYNC.dismissed(""), (key) => {
      const notice = key.slice(SYNC.dismissed("").length);
      if (isOwnBusiness(notice)) return;
      context.store.run("delete from notices where notice = ?", [notice]);
      changed();
    }),
    context.sync.onChange(SYNC.passwordChangedAt, () => {
      notePassword(context);
      changed();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** An entry of this device's own that it never sent, or a disk that was put back: nothing is sent from here any more (T25). */
export function markCloned(context: Context): void {
  const { store, ports } = context;
  if (isCloned(store)) return;
  store.run("update session set cloned_at = ? where id = 1", [ports.clock.now()]);
  ports.log("error", "device/cloned", {});
  context.emit({ kind: "session" });
}

export function isCloned(store: Store): boolean {
  return clonedAt(store) !== null;
}

function clonedAt(store: Store): number | null {
  const row = store.all("select cloned_at from session where id = 1")[0];
  return row === undefined ? null : numberOrNull(row, "cloned_at");
}

/** Everything about one's own account that wants a look, newest first. */
export function noticesOf(context: Context): AccountNotice[] {
  const { store } = context;
  const nameOf = (device: string): string => deviceName(context, device as DeviceId);
  const notices = store.all("select notice, at, told from notices where told is not null").map((row): AccountNotice => {
    const told = v.parse(Stored, JSON.parse(textOf(row, "told")));
    const head = { notice: textOf(row, "notice"), at: numberOf(row, "at") };
    return "device" in told
      ? { ...head, kind: told.kind, device: told.device as DeviceId, name: nameOf(told.device) }
      : { ...head, kind: told.kind };
  });
  const chain = context.people.chain(context.account);
  const pending = chain?.pendingReclaim ?? null;
  const due = chain === undefined ? null : reclaimCompletesAt(chain);
  if (pending !== null && due !== null) {
    const notice = NOTICE.announced(pending.device, pending.announcedAt);
    const own = pending.device === context.device;
    notices.push({
      notice,
      at: pending.announcedAt * 1000,
      kind: "reclaim-announced",
      device: pending.device,
      name: nameOf(pending.device),
      completesAt: due * 1000,
      own,
    });
  }
  const cloned = clonedAt(store);
  if (cloned !== null) notices.push({ notice: NOTICE.cloned, at: cloned, kind: "cloned" });
  return notices.sort((a, b) => b.at - a.at || (a.notice < b.notice ? -1 : 1));
}

/** Seen: on all own devices, unless each of them asks for itself. What stands for something that goes on stays until that is over. */
export function dismissNotice(context: Context, notice: string): void {
  const shown = noticesOf(context).find((each) => each.notice === notice);
  // A thief's device must not put away on the others what warns of it.
  if (shown === undefined || shown.kind === "cloned" || shown.kind === "reclaim-announced") return;
  context.store.transaction(() => {
    if (isOwnBusiness(notice)) return context.store.run("update notices set told = null where notice = ?", [notice]);
    context.store.run("delete from notices where notice = ?", [notice]);
    context.sync.set(SYNC.dismissed(notice), true);
  });
  context.emit({ kind: "session" });
}
