import type { AccountId, DeviceId } from "@sotto/protocol";
import type { Service } from "./service.ts";
import type { Session } from "./session.ts";
import type { AccountRow } from "./store.ts";

/** Everyone connected who shares a conversation with the account, and its own devices. */
export async function concernedBy({ ports, hall }: Service, { key }: Pick<AccountRow, "key">): Promise<Set<Session>> {
  const concerned = new Set(hall.sessionsOf(key));
  for (const conversation of await ports.store.conversationsOf(key))
    for (const session of hall.channel(conversation.key)?.sessions ?? []) concerned.add(session);
  return concerned;
}

/** Ends the sessions of devices that may not speak for the account any more, in the turn in which that became true. */
export function endSessions(
  { hall, links }: Service,
  { key }: Pick<AccountRow, "key">,
  devices: readonly DeviceId[] | "all",
  reason: "signed out" | "account/replaced",
): void {
  for (const session of hall.sessionsOf(key)) {
    const device = session.identity?.device;
    if (devices !== "all" && (device === undefined || !devices.includes(device))) continue;
    hall.tell(session, { event: "signed-out" });
    hall.leave(session);
    links.leave(session);
    session.identity = undefined;
    session.proven.clear();
    session.end(4001, reason);
  }
  hall.changes++;
}

/** Proofs of what was true before are worth nothing on other connections (T70). */
export function dropProofs({ sessions }: Service, account: AccountId, except?: Session): void {
  for (const session of sessions) if (session !== except) session.proven.delete(account);
}
