import { chainJudge, decodeChain, isActiveDevice } from "@sotto/crypto";
import { extensionOf, members, type GroupState, type Leaf } from "@sotto/mls";
import { KIND, sortRoster, type AccountId, type Evidence } from "@sotto/protocol";
import { commit, type Plan } from "./commit-flow.ts";
import type { Context } from "./context.ts";
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
    record.kind === KIND.direct || record.kind === KIND.self
      ? []
      : (await context.online().request("conversation.leavers", { conversation: actor.id })).statements;
  const isConcerned =
    statements.length > 0 || members(group).some((leaf) => revokedLeaf(context, group, leaf) !== undefined);
  if (!isConcerned) return;
  await actor.catchUp();
  await commit(actor, (_live, state) => removals(actor, state, statements));
}

/**
 * The same for one's own devices alone, without asking what anybody else may do. Reads the log first only if there is something to
 * remove.
 */
export async function tidyOwn(actor: ConversationActor): Promise<void> {
  const { context } = actor;
  const { record, group } = actor.live();
  if (group === undefined || record.state.kind !== "open") return;
  const isOwn = (leaf: Leaf): boolean => leaf.identity.account === context.account;
  if (!members(group).some((leaf) => isOwn(leaf) && revokedLeaf(context, group, leaf) !== undefined)) return;
  await actor.catchUp();
  await commit(actor, (_live, state) => removals(actor, state, [], isOwn));
}

/** The chain that shows that this leaf has no right to be here any more; undefined while it has, or while nobody may say so. */
function revokedLeaf(context: Context, group: GroupState, leaf: Leaf): Uint8Array[] | undefined {
  const { account, device } = leaf.identity;
  const pinned = context.people.chain(account);
  if (pinned === undefined || isActiveDevice(pinned, device)) return undefined;
  if (account === context.account && device === context.device) return undefined;
  // In an open room having a leaf is membership: the last one stays until the account is there with another device.
  const isLast = !members(group).some(
    (other) => other.identity.account === account && isActiveDevice(pinned, other.identity.device),
  );
  if (extensionOf(group).kind === KIND.room && isLast && !pinned.closed) return undefined;
  const chain = decodeChain(context.people.chainBytes(account) ?? new Uint8Array());
  return chain !== undefined && chainJudge.revokes(chain, leaf.identity) ? chain : undefined;
}

function removals(
  actor: ConversationActor,
  group: GroupState,
  statements: readonly Uint8Array[],
  concerns: (leaf: Leaf) => boolean = () => true,
): Plan | undefined {
  const { context } = actor;
  const extension = extensionOf(group);
  const leaves = members(group);
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
    if (remove.has(leaf.leafIndex) || !concerns(leaf)) continue;
    const chain = revokedLeaf(context, group, leaf);
    if (chain === undefined) continue;
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
}
