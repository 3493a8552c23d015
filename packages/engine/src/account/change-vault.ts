import { sha256, updateVault, type VaultContents } from "@sotto/crypto";
import { SottoError, equalBytes } from "@sotto/protocol";
import { assertStrong, prove, verified, type OpenAccount, type Proof } from "./account-proof.ts";
import type { Connection } from "../connection.ts";
import { exchange, isLost, isStale, pauseBeforeTry, TRIES_MAX } from "./exchange.ts";
import type { Ports } from "../ports.ts";

/** What is to be in the next vault, made from the one that is there. What isn't named stays. */
export type VaultChange = {
  contents?: VaultContents;
  newPassword?: string;
  /** Opens the vault from here on, in the place of the one that does now. */
  recoveryKey?: Uint8Array;
  /** Continues the chain, in the same transaction. */
  statement?: Uint8Array;
};

/** The account as it is afterwards, as far as a device remembers it. */
export type KnownAccount = Pick<OpenAccount, "account" | "username" | "statements" | "chain"> & {
  contents: VaultContents;
  revision: number;
};

export const knownOf = ({ account, username, statements, chain, vault }: OpenAccount): KnownAccount => ({
  account,
  username,
  statements,
  chain,
  contents: vault.contents,
  revision: vault.revision,
});

type Planned<T> = { change: VaultChange | null; result: T };

/**
 * The one way in which a vault changes: prove, open, plan, compare-and-set. Made anew from what is there if another device was
 * faster, and finished if only the answer was lost: a vault with the very bytes that were sent is the change itself, so a
 * repeat never does it twice.
 * @param check throws if this account isn't the one that is meant, or is older than what is known
 * @param plan looks at what is there; `change: null` when there is nothing left to do
 * @param own a connection on which one of the account's devices is signed in: what is tried there isn't counted with what strangers try
 */
export async function changeVault<T>(
  ports: Ports,
  proof: Proof,
  {
    check,
    plan,
    own,
  }: {
    check: (opened: OpenAccount) => void;
    plan: (opened: OpenAccount) => Promise<Planned<T>>;
    own?: () => Connection | undefined;
  },
): Promise<{ known: KnownAccount; result: T }> {
  let sent: { sealed: Uint8Array; result: T; newPassword: string | undefined } | undefined;
  const attempt = async (connection: Connection): Promise<{ known: KnownAccount; result: T }> => {
    const opened = await proveEither(ports, connection, proof, sent?.newPassword);
    check(opened);
    if (sent !== undefined && equalBytes(opened.sealed, sent.sealed))
      return { known: knownOf(opened), result: sent.result };
    const { change, result } = await plan(opened);
    if (change === null) return { known: knownOf(opened), result };
    const made = await makeVault(ports, connection, opened, change);
    sent = { sealed: made.vault, result, newPassword: change.newPassword };
    await connection.request("vault.replace", made);
    return { known: changed(opened, change), result };
  };
  for (let tries = 1; ; tries++) {
    const connected = tries === 1 ? own?.() : undefined;
    try {
      return await (connected === undefined ? exchange(ports, attempt) : attempt(connected));
    } catch (error) {
      const goesOn = isStale(error) || (isLost(error) && (sent !== undefined || connected !== undefined));
      if (!goesOn || tries >= TRIES_MAX) throw error;
      await pauseBeforeTry(ports, tries);
    }
  }
}

/** After a lost answer nobody knows which of two passwords holds. */
async function proveEither(
  ports: Ports,
  connection: Connection,
  proof: Proof,
  newPassword: string | undefined,
): Promise<OpenAccount> {
  if (newPassword === undefined || proof.kind !== "password") return prove(ports, connection, proof);
  return prove(ports, connection, { ...proof, password: newPassword }).catch((error: unknown) => {
    if (error instanceof SottoError && error.code === "account/sign-in-failed") return prove(ports, connection, proof);
    throw error;
  });
}

async function makeVault(
  ports: Ports,
  connection: Connection,
  { account, username, vault, sealed }: OpenAccount,
  { contents = vault.contents, newPassword, recoveryKey, statement }: VaultChange,
) {
  const registered =
    newPassword === undefined
      ? undefined
      : await registerPassword(ports, connection, { account, username, newPassword });
  return {
    account,
    replaces: sha256(sealed),
    vault: updateVault({
      account,
      vault,
      contents,
      random: ports.random,
      ...(registered === undefined ? {} : { exportKey: registered.exportKey }),
      ...(recoveryKey === undefined ? {} : { recoveryKey }),
    }),
    registrationRecord: registered?.record ?? null,
    statement: statement ?? null,
  };
}

/** A new password for an account: the server learns nothing of it (RFC 9807 §5). @throws SottoError password/too-weak */
export async function registerPassword(
  ports: Ports,
  connection: Connection,
  { account, username, newPassword }: Pick<OpenAccount, "account" | "username"> & { newPassword: string },
): Promise<{ record: string; exportKey: Uint8Array }> {
  assertStrong(newPassword);
  const start = await ports.passwords.registerStart(newPassword);
  const { registrationResponse } = await connection.request("password.start", {
    account,
    registrationRequest: start.request,
  });
  return ports.passwords.registerFinish({
    password: newPassword,
    username,
    state: start.state,
    response: registrationResponse,
  });
}

function changed(opened: OpenAccount, { contents, statement }: VaultChange): KnownAccount {
  const known = knownOf(opened);
  const statements = statement === undefined ? known.statements : [...known.statements, statement];
  return {
    ...known,
    statements,
    chain: verified(statements),
    contents: contents ?? known.contents,
    revision: known.revision + 1,
  };
}
