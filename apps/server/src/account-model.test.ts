import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRevokeDevice, createRotateRecoveryKey, signRecoveryChallenge } from "@sotto/crypto";
import type { Parameters } from "@sotto/protocol";
import { Line, ORIGIN, Person, createWorld, dial, makeDevice, recordOf } from "./test/world.ts";

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
const unlimited = { burst: 1e9, refillMs: 1 };

/** A connection as the model sees it: which device speaks on it, until when it has proved the account, which vault it saw. */
type Connection = { line: Line; device: number | undefined; provenUntil: number; vault: Uint8Array };

/**
 * The account said simply: one password, one recovery key, one vault, one chain, devices that are in or out. Whatever is done in
 * whatever order, on four connections, the server lets happen what the model lets happen, and its state is the model's.
 */
test("[DL18] [DL22] T64 T67 T70 an account in many hands does what its rules say, whatever the order", async () => {
  const connection = fc.nat(3);
  const likely = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
  const action = fc.oneof(
    fc.record({ do: fc.constant("dial" as const), connection }),
    fc.record({ do: fc.constant("sign-in" as const), connection, isRight: likely }),
    fc.record({ do: fc.constant("recover" as const), connection, isRight: likely }),
    fc.record({ do: fc.constant("authenticate" as const), connection, device: fc.nat(4) }),
    fc.record({ do: fc.constant("add" as const), connection }),
    fc.record({ do: fc.constant("revoke" as const), connection, device: fc.nat(4), withVault: fc.boolean() }),
    fc.record({ do: fc.constant("password" as const), connection }),
    fc.record({ do: fc.constant("rotate" as const), connection }),
    fc.record({ do: fc.constant("rewrap" as const), connection }),
    fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(1, 6, 11) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 60 }), async (actions) => {
      const here = await createWorld({
        limits: {
          anonymousPerAddress: unlimited,
          signInsPerAddress: unlimited,
          signInsPerAccount: unlimited,
          recoveriesPerAccount: unlimited,
          changesPerAccount: unlimited,
          connectionsPerDeviceMax: 100,
        },
      });
      try {
        const ada = await Person.stranger("ada", new Line(dial(here)));
        const first = ada.signUpParameters();
        await ada.line.ask("sign-up.finish", first);
        const now = (): number => here.now();
        const PROOF_MS = 10 * 60_000;
        // The model.
        const passwords = ["secret"];
        const recoveryKeys = [ada.keys.recoveryKey];
        let vault = first.vault;
        let chain = ada.keys.chain;
        const devices = [{ keys: ada.keys, active: true }];
        const fresh = (): Connection => ({ line: new Line(dial(here)), device: undefined, provenUntil: 0, vault });
        const connections = Array.from({ length: 4 }, fresh);
        const isProven = (each: Connection): boolean => each.provenUntil > now();
        const dropProofs = (except?: Connection): void => {
          for (const each of connections) if (each !== except) each.provenUntil = 0;
        };
        const signOut = (device: number): void => {
          for (const each of connections) {
            if (each.device !== device) continue;
            expect(each.line.closedWith).toBe(4001);
            Object.assign(each, fresh());
          }
        };
        const asDevice = (device: number): Person => {
          const keys = devices[device]?.keys;
          if (keys === undefined) throw new Error("no such device");
          return new Person("ada", ada.random, keys, ada.line);
        };
        const replace = (each: Connection, change: Partial<Parameters<"vault.replace">>) => {
          const parameters = {
            account: ada.account,
            replaces: sha256(each.vault),
            vault: ada.random(64),
            registrationRecord: null,
            statement: null,
            ...change,
          };
          const code = !isProven(each)
            ? "request/not-signed-in"
            : Buffer.compare(each.vault, vault) === 0
              ? "ok"
              : "vault/stale";
          return { parameters, code };
        };

        for (const step of actions) {
          if (step.do === "wait") {
            here.advance(step.minutes * 60_000);
            continue;
          }
          const each = connections[step.connection];
          if (each === undefined) continue;
          const { line } = each;
          const device = "device" in step ? step.device % devices.length : 0;
          switch (step.do) {
            case "dial":
              line.wire.close();
              Object.assign(each, fresh());
              break;
            case "sign-in": {
              const password = (step.isRight ? passwords.at(-1) : passwords.at(-2)) ?? "never";
              const { signIn } = await line.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
              const answer = await line.try("sign-in.finish", { signIn, finishLoginRequest: recordOf(password) });
              expect(answer.kind).toBe(password === passwords.at(-1) ? "result" : "refused");
              if (answer.kind === "refused") break;
              expect(answer.result).toMatchObject({ vault, chain });
              Object.assign(each, { provenUntil: now() + PROOF_MS, vault });
              break;
            }
            case "recover": {
              const key = (step.isRight ? recoveryKeys.at(-1) : recoveryKeys.at(-2)) ?? ada.random(16);
              const { challenge } = await line.ask("recovery.start", { username: "ada" });
              const signature = signRecoveryChallenge(key, { origin: ORIGIN, challenge, username: "ada" });
              const answer = await line.try("recovery.finish", { origin: ORIGIN, signature });
              expect(answer.kind).toBe(key === recoveryKeys.at(-1) ? "result" : "refused");
              if (answer.kind === "refused") break;
              expect(answer.result).toMatchObject({ vault, chain });
              Object.assign(each, { provenUntil: now() + PROOF_MS, vault });
              break;
            }
            case "authenticate": {
              if (each.device !== undefined) break;
              const code = await line.codeOf("session.authenticate", await asDevice(device).proof(line));
              expect(code).toBe(devices[device]?.active === true ? "ok" : "session/device-revoked");
              if (code === "ok") each.device = device;
              break;
            }
            case "add": {
              if (devices.length >= 5) break;
              const added = await makeDevice(ada.random, chain, ada.keys.accountPrivateKey);
              expect(
                await line.codeOf("device.add", {
                  account: ada.account,
                  statement: added.statement,
                  device: added.keys.device,
                  keyPackages: [],
                  lastResort: null,
                }),
              ).toBe("ok");
              chain = [...chain, added.statement];
              devices.push({ keys: { ...ada.keys, ...added.keys }, active: true });
              break;
            }
            case "revoke": {
              const revoked = devices[device];
              if (revoked?.active !== true) break;
              const statement = new Uint8Array(
                await createRevokeDevice({
                  chain,
                  device: revoked.keys.device,
                  signer: { kind: "account", privateKey: ada.keys.accountPrivateKey },
                  revokedAt: Math.floor(now() / 1_000),
                }),
              );
              const { parameters, code: withVault } = replace(each, { statement });
              const code = step.withVault ? withVault : each.device === undefined ? "request/not-signed-in" : "ok";
              const answer = step.withVault
                ? await line.codeOf("vault.replace", parameters)
                : await line.codeOf("chain.append", { account: ada.account, statement });
              expect(answer).toBe(code);
              if (code !== "ok") break;
              chain = [...chain, statement];
              revoked.active = false;
              if (step.withVault) vault = each.vault = parameters.vault;
              dropProofs(step.withVault ? each : undefined);
              signOut(device);
              break;
            }
            case "password": {
              const password = `password ${passwords.length}`;
              const { parameters, code } = replace(each, { registrationRecord: recordOf(password) });
              expect(await line.codeOf("vault.replace", parameters)).toBe(code);
              if (code !== "ok") break;
              passwords.push(password);
              vault = each.vault = parameters.vault;
              dropProofs(each);
              break;
            }
            case "rotate": {
              const rotated = await createRotateRecoveryKey({
                chain,
                accountPrivateKey: ada.keys.accountPrivateKey,
                rotatedAt: Math.floor(now() / 1_000),
                random: ada.random,
              });
              const statement = new Uint8Array(rotated.statement);
              const { parameters, code } = replace(each, { statement });
              expect(await line.codeOf("vault.replace", parameters)).toBe(code);
              if (code !== "ok") break;
              recoveryKeys.push(rotated.recoveryKey);
              chain = [...chain, statement];
              vault = each.vault = parameters.vault;
              dropProofs(each);
              break;
            }
            case "rewrap": {
              const { parameters, code } = replace(each, {});
              expect(await line.codeOf("vault.replace", parameters)).toBe(code);
              if (code === "ok") vault = each.vault = parameters.vault;
              break;
            }
          }
        }
        const row = await here.store.accountByName(ada.name);
        expect(row?.chain.map((bytes) => Buffer.from(bytes))).toEqual(chain.map((bytes) => Buffer.from(bytes)));
        for (const [at, { active }] of devices.entries()) {
          const line = new Line(dial(here));
          expect(await line.codeOf("session.authenticate", await asDevice(at).proof(line))).toBe(
            active ? "ok" : "session/device-revoked",
          );
        }
        expect(here.logged).toEqual([]);
      } finally {
        here.close();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
