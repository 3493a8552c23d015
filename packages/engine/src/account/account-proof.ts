import {
  openVaultByPassword,
  openVaultByRecoveryKey,
  parseRecoveryKey,
  recoverySigningKey,
  signRecoveryChallenge,
  verifyChain,
  type OpenVault,
  type VerifiedChain,
} from "@sotto/crypto";
import { SottoError, Username, equalBytes, lengthOf, type AccountId, type Result } from "@sotto/protocol";
import * as v from "valibot";
import { RefusedError, type Connection } from "../connection.ts";
import type { Ports } from "../ports.ts";

/** A floor under whatever strength meter a shell shows; length is the only thing that this layer judges. */
const PASSWORD_LENGTH_MIN = 8;

/** How a person shows that an account is theirs. */
export type Proof =
  | { kind: "password"; username: string; password: string }
  | { kind: "recovery-key"; username: string; recoveryKey: Uint8Array };

/** An account as a proof opened it: what the server said, verified, and what only the person's secret opens. */
export type OpenAccount = {
  account: AccountId;
  username: Username;
  /** The chain: as it travels, and verified. */
  statements: readonly Uint8Array[];
  chain: VerifiedChain;
  /** The vault: its bytes at the server, and opened. */
  sealed: Uint8Array;
  vault: OpenVault;
};

export function parseUsername(text: string): Username {
  const username = v.safeParse(Username, text.trim().replace(/^@/, ""));
  if (username.success) return username.output;
  throw new SottoError("account/name-invalid", "A username has 3 to 32 of the characters a to z, 0 to 9, _ and .", {
    kind: "person",
    do: "Choose another username.",
  });
}

/** @throws SottoError password/too-weak */
export function assertStrong(password: string): void {
  if (lengthOf(password) >= PASSWORD_LENGTH_MIN) return;
  throw new SottoError("password/too-weak", `A password has at least ${PASSWORD_LENGTH_MIN} characters.`, {
    kind: "person",
    do: "Choose a longer one; several words are good.",
  });
}

/** @returns 16 bytes @throws SottoError recovery-key/malformed */
export function readRecoveryKey(text: string): Uint8Array {
  const recoveryKey = parseRecoveryKey(text);
  if (recoveryKey !== undefined) return recoveryKey;
  throw new SottoError("recovery-key/malformed", "This isn't a recovery key: a character is wrong or missing.", {
    kind: "person",
    do: "Compare it group by group with what you saved.",
  });
}

/** @throws SottoError chain/invalid */
export function verified(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid")
    throw new SottoError("chain/invalid", "The identity that the server holds for this account doesn't verify.");
  return verdict.chain;
}

/**
 * Proves that an account is the person's, on this connection, and opens the vault. Never makes an identity (T64): where the vault is
 * missing, foreign or can't be opened, that is an error, and nothing is sent to the server in its place.
 */
export function prove(ports: Ports, connection: Connection, proof: Proof): Promise<OpenAccount> {
  return proof.kind === "password"
    ? provePassword(ports, connection, proof)
    : proveRecoveryKey(ports, connection, proof);
}

async function provePassword(
  ports: Ports,
  connection: Connection,
  { username: name, password }: Extract<Proof, { kind: "password" }>,
): Promise<OpenAccount> {
  const username = parseUsername(name);
  const start = await ports.passwords.loginStart(password);
  const { signIn, loginResponse } = await connection.request("sign-in.start", {
    username,
    startLoginRequest: start.request,
  });
  const finished = await ports.passwords.loginFinish({
    password,
    username,
    state: start.state,
    response: loginResponse,
  });
  if (finished === undefined) throw wrongPassword();
  const answer = await connection
    .request("sign-in.finish", { signIn, finishLoginRequest: finished.request })
    .catch((error: unknown) => {
      throw meant(error, { "account/sign-in-failed": wrongPassword, "account/unknown": noVault });
    });
  return opened(username, answer, (chain, vault) =>
    openVaultByPassword({ chain, vault, exportKey: finished.exportKey }),
  );
}

async function proveRecoveryKey(
  ports: Ports,
  connection: Connection,
  { username: name, recoveryKey }: Extract<Proof, { kind: "recovery-key" }>,
): Promise<OpenAccount> {
  const username = parseUsername(name);
  const { origin } = ports.transport;
  const { challenge } = await connection.request("recovery.start", { username });
  const signature = signRecoveryChallenge(recoveryKey, { origin, challenge, username });
  const answer = await connection.request("recovery.finish", { origin, signature }).catch((error: unknown) => {
    throw meant(error, { "account/recovery-failed": wrongRecoveryKey, "account/unknown": noVault });
  });
  return opened(username, answer, (chain, vault) => {
    if (!equalBytes(recoverySigningKey(recoveryKey).publicKey, chain.recoveryKey)) throw foreign();
    return openVaultByRecoveryKey({ chain, vault, recoveryKey });
  });
}

function opened(
  username: Username,
  answer: Result<"sign-in.finish">,
  open: (chain: VerifiedChain, vault: Uint8Array) => OpenVault,
): OpenAccount {
  if (answer.vault.length === 0) throw noVault();
  const chain = verified(answer.chain);
  if (chain.account !== answer.account || answer.username !== username) throw foreign();
  if (chain.closed) throw new SottoError("account/closed", "This account was closed by its owner.");
  return {
    account: answer.account,
    username,
    statements: answer.chain,
    chain,
    sealed: answer.vault,
    vault: open(chain, answer.vault),
  };
}

/** What a refusal means here, where it means something. */
function meant(error: unknown, meanings: Record<string, () => SottoError>): unknown {
  return error instanceof RefusedError ? (meanings[error.code]?.() ?? error) : error;
}

const wrongPassword = (): SottoError =>
  new SottoError("account/sign-in-failed", "The username or the password is wrong.", {
    kind: "person",
    do: "Check both and try again.",
  });
const wrongRecoveryKey = (): SottoError =>
  new SottoError("account/recovery-failed", "The username or the recovery key is wrong.", {
    kind: "person",
    do: "Check both and try again.",
  });
const noVault = (): SottoError =>
  new SottoError("vault/missing", "The server has lost the keys of this account.", {
    kind: "person",
    do: "Tell whoever runs this server. Nothing was changed.",
  });

/** The server answered with somebody else's account. */
export const foreign = (): SottoError =>
  new SottoError("vault/foreign", "The server gave out the keys of another account, so they were refused.", {
    kind: "person",
    do: "Tell whoever runs this server. Nothing was changed.",
  });
