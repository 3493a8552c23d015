import { createCloseAccount } from "@sotto/crypto";
import { KIND, SottoError, type ErrorCode } from "@sotto/protocol";
import { prove } from "./account-proof.ts";
import { listConversations } from "../conversation/conversation-record.ts";
import { exchange, isLost } from "./exchange.ts";
import { leave } from "../conversation/membership.ts";
import { continueOwnChain } from "./own-chain.ts";
import type { SignedIn } from "../signed-in.ts";
import { assertNewest } from "./vault-access.ts";

/**
 * Leaves every conversation that can be left, then ends the account for ever. Needs the password, since the account's key is in the
 * vault, and the name typed out. Nothing is left before both were found right. Conversations that can't be reached now are
 * left by the end of the account itself: members remove its devices with the statement as evidence.
 * @throws SottoError account/name-invalid when the typed name isn't one's own
 */
export async function closeAccount(
  client: SignedIn,
  { password, username }: { password: string; username: string },
): Promise<void> {
  const { context, identity } = client;
  const { ports } = context;
  if (username.trim().replace(/^@/, "").toLowerCase() !== identity.username)
    throw new SottoError("account/name-invalid", "That isn't the username of this account.", {
      kind: "person",
      do: `Type ${identity.username}, if you want to delete this account for ever.`,
    });
  context.online();
  const opened = await exchange(ports, (connection) =>
    prove(ports, connection, { kind: "password", username: identity.username, password }),
  );
  assertNewest(client, opened);
  await leaveEverything(client);
  const { accountPrivateKey } = opened.vault.contents;
  await continueOwnChain(
    context,
    async ({ chain, statements }) =>
      chain.closed
        ? undefined
        : createCloseAccount({ chain: statements, accountPrivateKey, closedAt: context.statementTime() }),
    (statement) =>
      context
        .online()
        .request("account.close", { statement })
        .catch(async (error: unknown) => {
          if (!isLost(error) || (await isThere(client, password))) throw error;
        }),
  );
}

/** Can the account still be opened? */
async function isThere({ context, identity }: SignedIn, password: string): Promise<boolean> {
  const { ports } = context;
  const proof = { kind: "password", username: identity.username, password } as const;
  try {
    await exchange(ports, (connection) => prove(ports, connection, proof));
    return true;
  } catch (error) {
    if (error instanceof SottoError && GONE.includes(error.code)) return false;
    throw error;
  }
}

const GONE: readonly ErrorCode[] = ["account/closed", "account/sign-in-failed", "vault/missing"];

async function leaveEverything(client: SignedIn): Promise<void> {
  const { store } = client.context;
  const left = listConversations(store).filter(
    ({ kind, state }) => (kind === KIND.group || kind === KIND.room) && state.kind === "open",
  );
  for (const { id } of left) {
    const actor = client.actor(id);
    await leave(actor, { handOver: true }).catch((error: unknown) => actor.failed(error));
  }
}
