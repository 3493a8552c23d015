import { isActiveDevice } from "@sotto/crypto";
import { checkKeyPackage } from "@sotto/mls";
import { SottoError, type AccountId, type Result } from "@sotto/protocol";
import type { Context } from "../context.ts";

/** Key packages to add for some accounts, every one checked against its account's verified chain. */
export type Claimed = { account: AccountId; keyPackages: Uint8Array[] };

type ClaimedAccount = Result<"key-packages.claim">["accounts"][number];

/**
 * Claims one key package of every active device of the accounts. An account without a usable one is still a member: it enters by
 * external commit when it comes online. What the server hands out is checked here: chain, device, suite, lifetime by our own clock,
 * and that the device isn't one that its account has ended since, whatever the chain in its key package says (T16).
 */
export async function claimKeyPackages(context: Context, accounts: readonly AccountId[]): Promise<Claimed[]> {
  if (accounts.length === 0) return [];
  const answer = await context.online().request("key-packages.claim", { accounts: [...accounts] });
  const claimed: Claimed[] = [];
  for (const account of accounts) {
    const row = answer.accounts.find((candidate) => candidate.account === account);
    if (row === undefined) throw new SottoError("member/not-addable", "The server doesn't know one of these people.");
    claimed.push({ account, keyPackages: await usable(context, row) });
  }
  return claimed;
}

async function usable(context: Context, row: ClaimedAccount): Promise<Uint8Array[]> {
  const chain = context.store.transaction(() => context.people.learn(row.account, row.chain, row.username));
  const good: Uint8Array[] = [];
  for (const { device, keyPackage } of row.devices) {
    if (keyPackage === null || (row.account === context.account && device === context.device)) continue;
    const nowSeconds = BigInt(Math.floor(context.ports.clock.now() / 1000));
    const verdict = await checkKeyPackage(context.ports.provider, keyPackage, nowSeconds, context.judge);
    const isTheirs =
      verdict.kind === "good" && verdict.identity.account === row.account && verdict.identity.device === device;
    if (isTheirs && isActiveDevice(chain, device)) {
      good.push(keyPackage);
      continue;
    }
    const because = verdict.kind === "bad" ? verdict.because : isTheirs ? "ended" : "foreign";
    context.ports.log("warn", "key-package/refused", { account: row.account, device, because });
  }
  return good;
}
