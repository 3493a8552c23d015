import { inviteIdOfSecret } from "@sotto/crypto";
import type { AccountId, ConversationId, InviteId } from "@sotto/protocol";
import type { Store } from "../ports.ts";
import { bytesOf, bytesOrNull, numberOf, numberOrNull, textOf } from "../rows.ts";

/** A link into a conversation, as members told it to each other. */
export type KnownInvite = {
  conversation: ConversationId;
  invite: InviteId;
  secret: Uint8Array;
  by: AccountId;
  /** ms; null never. */
  expiresAt: number | null;
  approval: boolean;
};

type Told = Omit<KnownInvite, "invite">;

/**
 * Keeps a link. What was first told of it stays: nobody who merely knows its secret makes it one without approval, or one that was taken back
 * one that isn't. Inside a transaction. @returns whether it is new
 */
export function keepInvite(store: Store, { conversation, secret, by, expiresAt, approval }: Told): boolean {
  const invite = inviteIdOfSecret(secret);
  if (
    store.all("select 1 as one from invites where conversation = ? and invite = ?", [conversation, invite]).length > 0
  )
    return false;
  store.run(
    "insert into invites (conversation, invite, secret, account, expires_at, approval, ended) values (?, ?, ?, ?, ?, ?, 0)",
    [conversation, invite, secret, by, expiresAt, approval ? 1 : 0],
  );
  return true;
}

/** It is none any more, whoever offers it. Its secret goes. Inside a transaction. @returns whether it was one */
export function endInvite(store: Store, conversation: ConversationId, invite: InviteId): boolean {
  const was = store.all("select ended from invites where conversation = ? and invite = ?", [conversation, invite])[0];
  store.run(
    `insert into invites (conversation, invite, secret, account, expires_at, approval, ended) values (?, ?, null, '', null, 1, 1)
      on conflict (conversation, invite) do update set ended = 1, secret = null`,
    [conversation, invite],
  );
  store.run("delete from join_requests where conversation = ? and invite = ?", [conversation, invite]);
  return was !== undefined && numberOf(was, "ended") === 0;
}

/** Who made a link, taken back or not. */
export function makerOf(store: Store, conversation: ConversationId, invite: InviteId): AccountId | undefined {
  const row = store.all("select account from invites where conversation = ? and invite = ?", [conversation, invite])[0];
  return row === undefined ? undefined : (textOf(row, "account") as AccountId);
}

/** Links that are some by this device's own clock, whatever the server says. */
export function liveInvites(store: Store, conversation: ConversationId, now: number): KnownInvite[] {
  return store
    .all(
      `select invite, secret, account, expires_at, approval from invites
        where conversation = ? and ended = 0 and (expires_at is null or expires_at > ?) order by rowid`,
      [conversation, now],
    )
    .flatMap((row) => {
      if (bytesOrNull(row, "secret") === null) return [];
      return {
        conversation,
        invite: textOf(row, "invite") as InviteId,
        secret: bytesOf(row, "secret"),
        by: textOf(row, "account") as AccountId,
        expiresAt: numberOrNull(row, "expires_at"),
        approval: numberOf(row, "approval") === 1,
      };
    });
}

/** Groups of which this device knows a link: where somebody may be asking to be let in. */
export function conversationsWithInvites(store: Store): ConversationId[] {
  return store
    .all("select distinct conversation from invites where ended = 0")
    .map((row) => textOf(row, "conversation") as ConversationId);
}

/** People who ask and whom somebody has to let in by hand, as last seen. */
export type Waiting = { account: AccountId; invite: InviteId; at: number };

export function waitingIn(store: Store, conversation: ConversationId): Waiting[] {
  return store
    .all("select account, invite, at from join_requests where conversation = ? order by at, account", [conversation])
    .map((row) => ({
      account: textOf(row, "account") as AccountId,
      invite: textOf(row, "invite") as InviteId,
      at: numberOf(row, "at"),
    }));
}

/** @returns whether they are others than before */
export function saveWaiting(store: Store, conversation: ConversationId, waiting: readonly Waiting[]): boolean {
  const before = JSON.stringify(waitingIn(store, conversation));
  store.transaction(() => {
    store.run("delete from join_requests where conversation = ?", [conversation]);
    for (const { account, invite, at } of waiting)
      store.run("insert into join_requests (conversation, account, invite, at) values (?, ?, ?, ?)", [
        conversation,
        account,
        invite,
        at,
      ]);
  });
  return JSON.stringify(waitingIn(store, conversation)) !== before;
}
