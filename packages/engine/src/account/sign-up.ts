import { createGenesis, createVault, type VaultContents } from "@sotto/crypto";
import { ResetCode, SottoError, type Parameters } from "@sotto/protocol";
import * as v from "valibot";
import { assertStrong, parseUsername, verified } from "./account-proof.ts";
import type { Connection } from "../connection.ts";
import { exchange, isLost, pauseBeforeTry, TRIES_MAX } from "./exchange.ts";
import { makeDeviceKeys, makeFirstKeyPackages, remember, rememberedOf, statementFor } from "./new-device.ts";
import type { Ports, Store } from "../ports.ts";

/**
 * Makes an account: keys and vault on this device, then one transaction on the server (name, password record, vault, identity
 * chain, key packages). The server learns no password, not even now (RFC 9807).
 * @param request `resetCode`: by which a name that is taken goes to this new account
 */
export async function signUp(
  ports: Ports,
  store: Store,
  request: { username: string; password: string; displayName: string | null; resetCode?: string },
): Promise<void> {
  const username = parseUsername(request.username);
  const { password } = request;
  assertStrong(password);
  const resetCode = request.resetCode === undefined ? null : readResetCode(request.resetCode);
  const { statement: genesis, account, accountPrivateKey, recoveryKey } = await createGenesis(ports.random);
  const keys = await makeDeviceKeys(ports);
  const added = await statementFor(ports, keys, { accountPrivateKey, statements: [genesis] });
  const { device } = added;
  const statements = [genesis, added.statement];
  const contents: VaultContents = {
    accountPrivateKey,
    recoveryKey,
    archiveKeys: [{ generation: 0, key: ports.random(32) }],
  };
  await exchange(ports, async (connection) => {
    const start = await ports.passwords.registerStart(password);
    const { registrationResponse } = await connection.request("sign-up.start", {
      username,
      registrationRequest: start.request,
      resetCode,
    });
    const response = { password, username, state: start.state, response: registrationResponse };
    const registered = await ports.passwords.registerFinish(response);
    const { exportKey } = registered;
    const vault = createVault({ account, contents, exportKey, recoveryKey, random: ports.random });
    const keyPackages = await makeFirstKeyPackages(ports, store, {
      account,
      device,
      leafKey: keys.leafKey,
      statements,
    });
    const parts = { registrationRecord: registered.record, vault, chain: statements, device, ...keyPackages };
    await finish(ports, connection, { username, resetCode, ...parts });
  });
  const known = { account, username, statements, chain: verified(statements), contents, revision: 1 };
  store.transaction(() => remember(ports, store, { account: rememberedOf(known), device, keys }, request.displayName));
}

/** The same bytes again are the same sign-up, so a lost answer costs a repeat. */
async function finish(ports: Ports, connection: Connection, parameters: Parameters<"sign-up.finish">): Promise<void> {
  const ask = async (each: Connection): Promise<void> => void (await each.request("sign-up.finish", parameters));
  let last = await ask(connection).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  for (let tries = 1; last !== undefined; tries++) {
    if (!isLost(last.error) || tries >= TRIES_MAX) throw last.error;
    await pauseBeforeTry(ports, tries);
    last = await exchange(ports, ask).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
  }
}

function readResetCode(text: string): string {
  const characters = text.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  const code = v.safeParse(ResetCode, characters);
  if (code.success) return code.output;
  throw new SottoError("account/reset-code-wrong", "This isn't a code of the server's owner: it has 16 characters.", {
    kind: "person",
    do: "Compare it with what you were given.",
  });
}
