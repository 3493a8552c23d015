import type { VerifiedChain } from "@sotto/crypto";
import { foreign, verified } from "./account-proof.ts";
import type { Context } from "../context.ts";
import { isStale, pauseBeforeTry, TRIES_MAX } from "./exchange.ts";

export type OwnChain = { statements: readonly Uint8Array[]; chain: VerifiedChain };

/** One's own chain as it stands at the server, held against what is pinned. @throws SottoError chain/forked, chain/rolled-back */
export async function fetchOwnChain(context: Context): Promise<OwnChain> {
  const answer = await context.online().request("chain.fetch", { accounts: [context.account] });
  const row = answer.accounts.find(({ account }) => account === context.account);
  if (row === undefined) throw foreign();
  context.store.transaction(() => context.people.learn(row.account, row.chain, row.username, true));
  return { statements: row.chain, chain: verified(row.chain) };
}

/**
 * Continues one's own chain from where it stands, made anew when another device was faster.
 * @param make undefined when there is nothing left to say
 * @param send hands the statement to the server
 */
export async function continueOwnChain(
  context: Context,
  make: (own: OwnChain) => Promise<Uint8Array | undefined>,
  send: (statement: Uint8Array) => Promise<unknown>,
): Promise<OwnChain> {
  for (let tries = 1; ; tries++) {
    const own = await fetchOwnChain(context);
    const statement = await make(own);
    if (statement === undefined) return own;
    try {
      await send(statement);
      const statements = [...own.statements, statement];
      context.store.transaction(() => context.people.learn(context.account, statements, null));
      return { statements, chain: verified(statements) };
    } catch (error) {
      if (!isStale(error) || tries >= TRIES_MAX) throw error;
      await pauseBeforeTry(context.ports, tries);
    }
  }
}
