import {
  createAddDevice,
  createCloseAccount,
  createGenesis,
  createRevokeDevice,
  createVault,
  decodeChain,
  encodeChain,
  openVaultByPassword,
  verifyChain,
  type VaultContents,
  type VerifiedChain,
} from "@sotto/crypto";
import { generateLeafKey, type LeafKey } from "@sotto/mls";
import { SottoError, Username, lengthOf, type AccountId, type DeviceId } from "@sotto/protocol";
import * as v from "valibot";
import { Connection, RefusedError, unreachable } from "./connection.ts";
import { saveIdentity, type Identity } from "./identity-record.ts";
import {
  FIRST_KEY_PACKAGES,
  makeKeyPackages,
  publicParts,
  saveKeyPackages,
  type KeyPackageSet,
} from "./key-packages.ts";
import { People } from "./people.ts";
import type { Ports, Store } from "./ports.ts";
import type { SignedIn } from "./signed-in.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** A floor under whatever strength meter a shell shows; length is the only thing that this layer judges. */
const PASSWORD_LENGTH_MIN = 8;

/** Runs one exchange on a connection that nobody is authenticated on, and closes it. */
async function exchange<T>(ports: Ports, work: (connection: Connection) => Promise<T>): Promise<T> {
  let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  const connection = new Connection(ports.transport, ports.clock, {
    opened: () => settle?.resolve(),
    closed: () => undefined,
    entry: () => undefined,
    event: () => undefined,
    malformed: () => ports.log("error", "connection/malformed", {}),
  });
  const cancel = ports.clock.after(CONNECT_TIMEOUT_MS, () => settle?.reject(unreachable()));
  try {
    await ready;
    return await work(connection);
  } finally {
    cancel();
    connection.close();
  }
}

function parseUsername(text: string): Username {
  const username = v.safeParse(Username, text.trim().replace(/^@/, ""));
  if (username.success) return username.output;
  throw new SottoError("account/name-invalid", "A username has 3 to 32 of the characters a to z, 0 to 9, _ and .", {
    kind: "person",
    do: "Choose another username.",
  });
}

type NewDevice = { device: DeviceId; signInKey: Uint8Array; leafKey: LeafKey; statement: Uint8Array };

/** Makes a device's two keys and the statement by which the account key takes the device on. */
async function newDevice(
  ports: Ports,
  accountPrivateKey: Uint8Array,
  chain: readonly Uint8Array[],
): Promise<NewDevice> {
  const signIn = await ports.signInKeys.create();
  const leafKey = generateLeafKey(ports.provider);
  const { statement, device } = await createAddDevice({
    chain,
    accountPrivateKey,
    signInPublicKey: signIn.publicKey,
    signWithSignInKey: (message) => ports.signInKeys.sign(signIn.reference, message),
    leafKey,
    kind: ports.deviceKind,
    addedAt: secondsOf(ports),
  });
  return { device, signInKey: signIn.reference, leafKey, statement };
}

const secondsOf = (ports: Ports): number => Math.floor(ports.clock.now() / 1000);

/** @throws SottoError chain/invalid */
function verified(statements: readonly Uint8Array[]): VerifiedChain {
  const verdict = verifyChain(statements);
  if (verdict.kind === "invalid")
    throw new SottoError("chain/invalid", "The identity that the server holds for this account doesn't verify.");
  return verdict.chain;
}

type Enrolled = {
  account: AccountId;
  username: string;
  displayName: string | null;
  chain: readonly Uint8Array[];
  vault: VaultContents;
  device: NewDevice;
};

/**
 * Keeps the private parts of a new device's key packages, and none of an enrolment that was cut short: a Welcome is for all devices
 * that a commit adds, and one that nobody finished enrolling may be among them.
 */
function keepOnly(store: Store, made: KeyPackageSet): void {
  store.run("delete from key_packages");
  saveKeyPackages(store, made);
}

function remember(store: Store, enrolled: Enrolled): Identity {
  const { account, username, displayName, chain, vault, device } = enrolled;
  const identity: Identity = {
    account,
    username,
    device: device.device,
    signInKey: device.signInKey,
    leafKey: device.leafKey,
    chain: encodeChain(chain),
    archiveKeys: vault.archiveKeys,
    recoveryKeyUnsaved: vault.recoveryKey !== null,
  };
  saveIdentity(store, identity);
  const people = new People(store, account);
  people.learn(account, chain, username);
  people.setDisplayName(account, displayName);
  return identity;
}

/**
 * Makes an account: keys and vault on this device, then one transaction on the server (name, password record, vault, identity
 * chain, key packages). The server learns no password, not even now (RFC 9807).
 */
export async function signUp(
  ports: Ports,
  store: Store,
  request: { username: string; password: string; displayName: string | null },
): Promise<void> {
  const username = parseUsername(request.username);
  if (lengthOf(request.password) < PASSWORD_LENGTH_MIN) {
    throw new SottoError("password/too-weak", `A password has at least ${PASSWORD_LENGTH_MIN} characters.`, {
      kind: "person",
      do: "Choose a longer one; several words are good.",
    });
  }
  await exchange(ports, async (connection) => {
    const start = await ports.passwords.registerStart(request.password);
    const { registrationResponse } = await connection.request("sign-up.start", {
      username,
      registrationRequest: start.request,
    });
    const registered = await ports.passwords.registerFinish({
      password: request.password,
      username,
      state: start.state,
      response: registrationResponse,
    });
    const { statement: genesis, account, accountPrivateKey, recoveryKey } = await createGenesis(ports.random);
    const device = await newDevice(ports, accountPrivateKey, [genesis]);
    const chain = [genesis, device.statement];
    const vault: VaultContents = {
      accountPrivateKey,
      recoveryKey,
      archiveKeys: [{ generation: 0, key: ports.random(32) }],
    };
    const sealedVault = createVault({
      account,
      contents: vault,
      exportKey: registered.exportKey,
      recoveryKey,
      random: ports.random,
    });
    const owner = { account, device: device.device, leafKey: device.leafKey, chain: encodeChain(chain) };
    const made = await makeKeyPackages(ports, owner, FIRST_KEY_PACKAGES, true);
    // Before the server may hand out key packages their private parts are on disk; without a session row they are nobody's.
    store.transaction(() => keepOnly(store, made));
    await connection.request("sign-up.finish", {
      username,
      registrationRecord: registered.record,
      vault: sealedVault,
      chain,
      device: device.device,
      ...publicParts(made),
    });
    store.transaction(() =>
      remember(store, { account, username, displayName: request.displayName, chain, vault, device }),
    );
  });
}

/** Proves the password and opens the vault. Never makes an identity: a missing or foreign vault is an error. */
async function openAccount(ports: Ports, connection: Connection, name: string, password: string) {
  const username = parseUsername(name);
  const start = await ports.passwords.loginStart(password);
  const { signIn: attempt, loginResponse } = await connection.request("sign-in.start", {
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
    .request("sign-in.finish", { signIn: attempt, finishLoginRequest: finished.request })
    .catch((error: unknown) => {
      throw error instanceof RefusedError && error.code === "account/sign-in-failed" ? wrongPassword() : error;
    });
  const chain = verified(answer.chain);
  if (chain.account !== answer.account)
    throw new SottoError("chain/invalid", "The server sent another account's identity.");
  return {
    ...answer,
    contents: openVaultByPassword({ chain, vault: answer.vault, exportKey: finished.exportKey }).contents,
  };
}

const wrongPassword = (): SottoError =>
  new SottoError("account/sign-in-failed", "The username or the password is wrong.", {
    kind: "person",
    do: "Check both and try again.",
  });

/** Adds this device to an account: everything that its conversations need follows by external commit. */
export async function signIn(
  ports: Ports,
  store: Store,
  request: { username: string; password: string },
): Promise<void> {
  await exchange(ports, async (connection) => {
    const opened = await openAccount(ports, connection, request.username, request.password);
    const device = await newDevice(ports, opened.contents.accountPrivateKey, opened.chain);
    const chain = [...opened.chain, device.statement];
    const owner = {
      account: opened.account,
      device: device.device,
      leafKey: device.leafKey,
      chain: encodeChain(chain),
    };
    const made = await makeKeyPackages(ports, owner, FIRST_KEY_PACKAGES, true);
    store.transaction(() => keepOnly(store, made));
    await connection.request("device.add", {
      account: opened.account,
      statement: device.statement,
      device: device.device,
      ...publicParts(made),
    });
    store.transaction(() =>
      remember(store, {
        account: opened.account,
        username: opened.username,
        displayName: null,
        chain,
        vault: opened.contents,
        device,
      }),
    );
  });
}

/** Tells the server, when it can be reached, that this device is gone. Others remove its leaf with that statement as evidence. */
export async function retireDevice(client: SignedIn): Promise<void> {
  const { context, identity } = client;
  if (!context.isOnline()) return;
  const chain = decodeChain(context.ownChain());
  if (chain === undefined) return;
  const statement = await createRevokeDevice({
    chain,
    device: context.device,
    signer: { kind: "device", sign: (message) => context.ports.signInKeys.sign(identity.signInKey, message) },
    revokedAt: secondsOf(context.ports),
  });
  await context
    .online()
    .request("chain.append", { account: context.account, statement })
    .catch((error: unknown) =>
      context.ports.log("warn", "sign-out/not-told", {
        code: error instanceof SottoError ? error.code : "internal/unexpected",
      }),
    );
}

/** Closes the account for good; asks for the password, since the account's key is in the vault. */
export async function closeAccount(client: SignedIn, password: string): Promise<void> {
  const { ports } = client.context;
  const opened = await exchange(ports, (connection) =>
    openAccount(ports, connection, client.identity.username, password),
  );
  const statement = await createCloseAccount({
    chain: opened.chain,
    accountPrivateKey: opened.contents.accountPrivateKey,
    closedAt: secondsOf(ports),
  });
  await client.context.online().request("account.close", { statement });
}
