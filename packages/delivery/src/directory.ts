import { KEY_PACKAGES_MAX } from "@sotto/protocol";
import { refuse, tooMany } from "./refusal.ts";
import type { DeviceHandler } from "./service.ts";

/**
 * Chains, names and key packages: what devices verify for themselves before they believe it. One's own chain isn't counted: a stolen device
 * must not keep the others from hearing what it does to the account (T70).
 */
export const fetchChains: DeviceHandler<"chain.fetch"> = async ({ ports, limiters }, { identity }, { accounts }) => {
  const isOwn = accounts.length === 1 && accounts[0] === identity.account;
  const wait = isOwn ? 0 : limiters.lookups.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const rows = await ports.store.accounts(accounts);
  return {
    accounts: rows.map(({ account, username, chain, replacedBy }) => ({ account, username, chain, replacedBy })),
  };
};

export const compareChains: DeviceHandler<"chain.changed"> = async (
  { ports, limiters },
  { identity },
  { accounts },
) => {
  const wait = limiters.lookups.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const pinned = new Map(accounts.map(({ account, length }) => [account, length]));
  const rows = await ports.store.chainLengths([...pinned.keys()]);
  const changed = rows.filter(({ account, length, isReplaced }) => isReplaced || length !== pinned.get(account));
  return { accounts: changed.map(({ account }) => account) };
};

export const lookUpName: DeviceHandler<"name.lookup"> = async ({ ports, limiters }, { identity }, { username }) => {
  const wait = limiters.lookups.take(identity.accountKey);
  if (wait > 0) return tooMany(wait);
  const row = await ports.store.accountByName(username);
  if (row === undefined) return refuse("account/unknown");
  return row.isClosed ? refuse("account/closed") : { account: row.account, username: row.username, chain: row.chain };
};

export const publishKeyPackages: DeviceHandler<"key-packages.publish"> = async (
  { ports },
  { identity },
  { keyPackages, lastResort },
) => {
  const left = await ports.store.publishKeyPackages(identity.deviceKey, keyPackages, lastResort, KEY_PACKAGES_MAX);
  return { left };
};

/**
 * Limited by who asks. Where many ask for one account, they get its last-resort key packages: it stays addable, and
 * strangers can't drain its piles (T17).
 */
export const claimKeyPackages: DeviceHandler<"key-packages.claim"> = async (
  { ports, limiters },
  { identity },
  { accounts },
) => {
  const asked = [...new Set(accounts)];
  const wait = limiters.claimsBy.take(identity.accountKey, asked.length);
  if (wait > 0) return tooMany(wait);
  const claimed = [];
  for (const { key, account, username, chain, isClosed } of await ports.store.accounts(asked)) {
    if (isClosed) continue;
    const isDrained = account !== identity.account && limiters.claimsOf.take(account) > 0;
    claimed.push({
      account,
      username,
      chain,
      devices: await ports.store.claimKeyPackages(key, isDrained ? "last-resort" : "oldest"),
    });
  }
  return { accounts: claimed };
};
