import { CHAINS_COMPARED_MAX, type AccountId, type ConversationId } from "@sotto/protocol";
import type { Context } from "../context.ts";
import { loadConversation } from "../conversation/conversation-record.ts";
import type { Schedule } from "../schedule.ts";

const ACCOUNTS_A_FETCH = 100;

/** Fetches, verifies and pins identities. One that doesn't verify stays unknown and is reported. */
export async function learn(
  context: Context,
  schedule: Pick<Schedule, "failed">,
  accounts: readonly AccountId[],
): Promise<void> {
  for (let offset = 0; offset < accounts.length; offset += ACCOUNTS_A_FETCH) {
    const asked = accounts.slice(offset, offset + ACCOUNTS_A_FETCH);
    const answer = await context.online().request("chain.fetch", { accounts: asked });
    for (const row of answer.accounts) {
      try {
        context.store.transaction(() => {
          context.people.learn(row.account, row.chain, row.username);
          if (row.replacedBy !== null) context.people.replaceBy(row.account, row.replacedBy);
        });
      } catch (error) {
        schedule.failed("learn", error);
      }
    }
  }
}

/**
 * What became of the people that this device knows while it was away: ended devices, changed keys, names that went to others (T19).
 * Asked before anything of theirs is read. Only lengths travel, and the chains that grew.
 */
export async function learnWhatChanged(context: Context, schedule: Pick<Schedule, "failed">): Promise<void> {
  const pinned = context.people.pinnedLengths();
  for (let offset = 0; offset < pinned.length; offset += CHAINS_COMPARED_MAX) {
    const accounts = pinned.slice(offset, offset + CHAINS_COMPARED_MAX);
    const changed = await context.online().request("chain.changed", { accounts });
    await learn(context, schedule, changed.accounts);
    if (changed.accounts.length > 0) context.emit({ kind: "people" });
  }
}

/** The identities of members that this device doesn't know yet. Names are the server's; keys are checked against the tree. */
export async function learnMembers(context: Context, schedule: Schedule, conversation: ConversationId): Promise<void> {
  const record = loadConversation(context.store, conversation);
  if (record === undefined) return;
  const unknown = record.members.map(({ account }) => account).filter((account) => !context.people.isNamed(account));
  await learn(context, schedule, unknown);
  if (unknown.length > 0) context.emit({ kind: "conversations" });
}
