import { chainJudge, isActiveDevice, verifyChain, type VerifiedChain } from "@sotto/crypto";
import { extensionOf, members } from "@sotto/mls";
import { KIND, ROLE, type AccountId } from "@sotto/protocol";
import type { Findings, TrueLog } from "./invariants.ts";
import { stateOf } from "./raw-client.ts";
import { accountOn, type World } from "./world.ts";

/**
 * Leaves that shouldn't be where they are, in any tree on any device: without a chain of their own that binds them at any time, of who is
 * banned, and ended ones once everything has come together.
 */
export async function strayLeaves(
  world: World,
  logs: readonly TrueLog[],
): Promise<{ never: Findings; nowEnded: Findings }> {
  const [never, nowEnded]: [Set<string>, Set<string>] = [new Set(), new Set()];
  const chains = new Map<AccountId, VerifiedChain | undefined>();
  for (const log of logs) {
    for (const device of world.devices) {
      const account = accountOn(device);
      const group = account === undefined ? undefined : stateOf(device, log.conversation)?.group;
      if (account === undefined || group === undefined) continue;
      const isInside = log.members.has(account) && !log.leavers.has(account);
      const leaves = members(group);
      const { kind, accounts } = extensionOf(group);
      const isRoom = kind === KIND.room;
      const banned = new Set(accounts.flatMap(([each, role]) => (role === ROLE.banned ? [each] : [])));
      for (const { identity, chain, signatureKey } of leaves) {
        const whose = `${identity.device} of ${identity.account}`;
        if (banned.has(identity.account))
          never.add(`${device.name} in ${log.conversation}: ${whose}, who is banned, has a leaf`);
        if (!chainJudge.bound(chain, identity, signatureKey))
          never.add(`${device.name} in ${log.conversation}: the leaf of ${whose} has no valid chain`);
        if (!chains.has(identity.account)) chains.set(identity.account, await newestChain(world, identity.account));
        const newest = chains.get(identity.account);
        if (newest === undefined) never.add(`${log.conversation}: nobody knows the account ${identity.account}`);
        else if (
          isInside &&
          !isActiveDevice(newest, identity.device) &&
          // In an open room having a leaf is membership: an account's last one stays, ended or not.
          (!isRoom ||
            leaves.some(
              (each) => each.identity.account === identity.account && isActiveDevice(newest, each.identity.device),
            ))
        )
          nowEnded.add(`${device.name} in ${log.conversation}: the ended device ${whose} still has a leaf`);
      }
    }
  }
  return { never: [...never], nowEnded: [...nowEnded] };
}

async function newestChain(world: World, account: AccountId): Promise<VerifiedChain | undefined> {
  const identity = await world.server.identityOf(account);
  const verdict = identity === undefined ? undefined : verifyChain(identity.chain);
  return verdict?.kind === "valid" ? verdict.chain : undefined;
}
