import { chainJudge, decodeChain, isActiveDevice } from "@sotto/crypto";
import { extensionOf, members } from "@sotto/mls";
import { KIND, sortRoster, type AccountId, type Evidence } from "@sotto/protocol";
import { commit } from "./commit-flow.ts";
import type { ConversationActor } from "./conversation-actor.ts";

/**
 * Removes what has no right to be in the tree any more: accounts that said they leave, and devices that their account's chain
 * revokes. The signed statements travel in the commit as evidence, so that everybody judges it alike. Only inside the actor's
 * exclusive section; looks again at the newest state first, since another member may have done the job.
 */
export async function tidy(actor: ConversationActor): Promise<void> {
  const { context } = actor;
  const { record, group } = actor.live();
  if (group === undefined || record.state.kind !== "open") return;
  const statements =
    record.kind === KIND.direct
      ? []
      : (await context.online().request("conversation.leavers", { conversation: actor.id })).statements;
  const accounts = [...new Set(members(group).map((leaf) => leaf.identity.account))].filter(
    (account) => account !== context.account,
  );
  if (statements.length === 0 && accounts.length === 0) return;
  await actor.catchUp();
  await commit(actor, (_live, state) => {
    const extension = extensionOf(state);
    const leaves = members(state);
    const remove = new Set<number>();
    const gone = new Set<AccountId>();
    const evidence: Evidence[] = [];
    for (const statement of statements) {
      const leaver = leaves.find(
        (leaf) => chainJudge.leaves(statement, actor.id, leaf.chain)?.account === leaf.identity.account,
      );
      if (leaver === undefined || leaver.identity.account === context.account) continue;
      gone.add(leaver.identity.account);
      for (const leaf of leaves) if (leaf.identity.account === leaver.identity.account) remove.add(leaf.leafIndex);
      evidence.push({ kind: "leave", statement });
    }
    for (const leaf of leaves) {
      const pinned = context.people.chain(leaf.identity.account);
      if (remove.has(leaf.leafIndex) || pinned === undefined || isActiveDevice(pinned, leaf.identity.device)) continue;
      if (leaf.identity.account === context.account && leaf.identity.device === context.device) continue;
      // In an open room having a leaf is membership: the last one stays until the account is there with another device.
      const others = leaves.filter(
        (other) => other.identity.account === leaf.identity.account && isActiveDevice(pinned, other.identity.device),
      );
      if (extension.kind === KIND.room && others.length === 0 && !pinned.closed) continue;
      const chain = decodeChain(context.people.chainBytes(leaf.identity.account) ?? new Uint8Array());
      if (chain === undefined || !chainJudge.revokes(chain, leaf.identity)) continue;
      remove.add(leaf.leafIndex);
      evidence.push({ kind: "chain", statements: chain });
    }
    if (remove.size === 0) return undefined;
    const accountsLeft = extension.accounts.filter(([account]) => !gone.has(account));
    const changed = accountsLeft.length !== extension.accounts.length;
    return {
      remove: [...remove],
      evidence,
      leavers: [...gone],
      ...(changed ? { extension: { ...extension, accounts: sortRoster(accountsLeft) } } : {}),
    };
  });
}
