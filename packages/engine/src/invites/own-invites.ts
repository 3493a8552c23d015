import { inviteIdOfSecret } from "@sotto/crypto";
import { bytesOf, type ConversationId, type InviteId } from "@sotto/protocol";
import * as v from "valibot";
import type { Context } from "../context.ts";
import { endInvite, keepInvite } from "./known-invites.ts";

const Shared = v.strictTuple([bytesOf(32), v.nullable(v.number()), v.boolean()]);
const KEYS = "invite/";

/** A device that came later knows the links that its account made: the group was told of them before it was there. */
export function followOwnInvites(context: Context): void {
  for (const [key, value] of context.sync.list(KEYS)) take(context, key, value);
  context.sync.onChange(KEYS, (key) => take(context, key, context.sync.get(key)));
}

function take({ store, account }: Context, key: string, value: unknown): void {
  const [conversation, invite] = key.slice(KEYS.length).split("/") as [ConversationId, InviteId];
  const shared = v.safeParse(Shared, value);
  store.transaction(() => {
    if (!shared.success) endInvite(store, conversation, invite);
    else {
      const [secret, expiresAt, approval] = shared.output;
      if (inviteIdOfSecret(secret) === invite)
        keepInvite(store, { conversation, secret, by: account, expiresAt, approval });
    }
  });
}
