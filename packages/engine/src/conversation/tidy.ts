import { chainJudge, decodeChain, isActiveDevice } from "@sotto/crypto";
import { extensionOf, members, type GroupState, type Leaf } from "@sotto/mls";
import { KIND, sortRoster, type AccountId, type Evidence } from "@sotto/protocol";
import { commit, type Plan } from "./commit-flow.ts";
import type { Context } from "../context.ts";
import { isRequest } from "../requests/requests.ts";
import type { ConversationActor } from "./conversation-actor.ts";

/**
 * Removes what has no right to be in the tree any more: accounts that said they leave, and devices that their account's chain
 * revokes, one's own among them. The signed statements travel in the commit as evidence, so that everybody judges it alike. Only inside
 * the actor's exclusive section; looks again at the newest state first, since another member may have done the job.
 * @param leavers ask the server who said that they leave; without it, only devices are looked at. Of an account that was closed it is
 *   always asked: most leave first, and once their leaves are gone nothing is left to hold the statement against.
 */
export async function tidy(actor: ConversationActor, { leavers }: { leavers: boolean }): Promise<void> {
  const { context } = actor;
  const { record, group } = actor.live();
  if (group === undefined || record.state.kind !== "open" || isRequest(context, record)) return;
  const statements = leavers ? await leaversOf(actor) : [];
  if (statements.length === 0 && !hasRevokedLeaf(context, group)) return;
  await actor.catchUp();
  await commit(actor, (_live, state) => planOf(actor, state, statements));
}

/** Is there anything to remove, as far as is known and the server says? Only inside the actor's exclusive section. */
export async function isUntidy(actor: ConversationActor): Promise<boolean> {
  const { record, group } = actor.live();
  if (group === undefined || record.state.kind !== "open" || isRequest(actor.context, record)) return false;
  return hasRevokedLeaf(actor.context, group) || (await leaversOf(actor)).length > 0;
}

async function leaversOf(actor: ConversationActor): Promise<readonly Uint8Array[]> {
  const { kind, members: rows } = actor.live().record;
  if (kind === KIND.direct || kind === KIND.self || rows.length < 2) return [];
  return (await actor.context.online().request("conversation.leavers", { conversation: actor.id })).statements;
}

/** Is there a device in the tree that its account has ended? */
export function hasRevokedLeaf(context: Context, group: GroupState): boolean {
  return revokedLeaves(context, group).length > 0;
}

/** A leaf whose device is ended at the head of its account's pinned chain, with that chain. This device never takes itself out. */
function revokedLeaves(context: Context, group: GroupState): { leaf: Leaf; chain: Uint8Array[] }[] {
  const leaves = members(group);
  const isRoom = extensionOf(group).kind === KIND.room;
  return leaves.flatMap((leaf) => {
    const { account, device } = leaf.identity;
    const pinned = context.people.chain(account);
    if (pinned === undefined || isActiveDevice(pinned, device)) return [];
    if (account === context.account && device === context.device) return [];
    // In an open room having a leaf is membership: the last one stays until the account is there with another device.
    const staysAsMember =
      isRoom &&
      !pinned.closed &&
      !leaves.some(({ identity }) => identity.account === account && isActiveDevice(pinned, identity.device));
    if (staysAsMember) return [];
    const chain = decodeChain(context.people.chainBytes(account) ?? new Uint8Array());
    return chain !== undefined && chainJudge.revokes(chain, leaf.identity) ? [{ leaf, chain }] : [];
  });
}

function planOf(actor: ConversationActor, state: GroupState, statements: readonly Uint8Array[]): Plan | undefined {
  const { context } = actor;
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
  const shown = new Set<AccountId>();
  for (const { leaf, chain } of revokedLeaves(context, state)) {
    if (remove.has(leaf.leafIndex)) continue;
    remove.add(leaf.leafIndex);
    // One chain says it of all devices of an account.
    if (!shown.has(leaf.identity.account)) evidence.push({ kind: "chain", statements: chain });
    shown.add(leaf.identity.account);
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
