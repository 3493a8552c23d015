import { createHash, randomUUID } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import {
  createAnnounceReclaim,
  createCompleteReclaim,
  createRevokeDevice,
  createRotateRecoveryKey,
  signRecoveryChallenge,
} from "@sotto/crypto";
import { KIND, RECLAIM_NOTICE_SECONDS, type DeviceId, type Parameters } from "@sotto/protocol";
import { RESET_CODE_MS, codeOf, resetCodeHash } from "@sotto/delivery";
import {
  Line,
  ORIGIN,
  Person,
  createWorld,
  dial,
  makeDevice,
  recordOf,
  settle,
  signRaw,
  type World,
  type WorldOptions,
} from "./test/world.ts";

const open: World[] = [];
async function world(options?: WorldOptions): Promise<World> {
  const made = await createWorld(options);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
const secondsOf = (here: World): number => Math.floor(here.now() / 1_000);

/** Signs in by password on a new connection. */
async function prove(here: World, name = "ada", password = "secret", address?: string) {
  const line = new Line(dial(here, address));
  const { signIn } = await line.ask("sign-in.start", { username: name, startLoginRequest: "hello" });
  const opened = await line.ask("sign-in.finish", { signIn, finishLoginRequest: recordOf(password) });
  return { line, opened };
}

/** Adds a device of the person by password and signs it in. */
async function addDevice(here: World, person: Person, chain = person.keys.chain): Promise<Person> {
  const added = await makeDevice(person.random, chain, person.keys.accountPrivateKey);
  const line = new Line(dial(here));
  await line.ask("device.add", {
    account: person.account,
    statement: added.statement,
    device: added.keys.device,
    keyPackages: [],
    lastResort: null,
  });
  const device = new Person(person.name, person.random, { ...person.keys, ...added.keys }, line);
  device.keys.chain = [...chain, added.statement];
  await device.authenticate();
  return device;
}

const revocation = async (here: World, person: Person, chain: Uint8Array[], device: DeviceId, shiftS = 0) =>
  new Uint8Array(
    await createRevokeDevice({
      chain,
      device,
      signer: { kind: "account", privateKey: person.keys.accountPrivateKey },
      revokedAt: secondsOf(here) + shiftS,
    }),
  );

const vaultChange = (
  person: Person,
  before: Uint8Array,
  extra: Partial<Parameters<"vault.replace">> = {},
): Parameters<"vault.replace"> => ({
  account: person.account,
  replaces: sha256(before),
  vault: person.random(120),
  registrationRecord: null,
  statement: null,
  ...extra,
});

// Recovery

test("[DL22] the recovery key opens what the password opens", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const line = new Line(dial(here));
  const { challenge } = await line.ask("recovery.start", { username: "ada" });
  const signature = signRecoveryChallenge(ada.keys.recoveryKey, { origin: ORIGIN, challenge, username: "ada" });
  const opened = await line.ask("recovery.finish", { origin: ORIGIN, signature });
  expect(opened).toMatchObject({ account: ada.account, username: "ada", chain: ada.keys.chain });
  const wanted = { account: ada.account, registrationRequest: "hello" };
  expect(await line.codeOf("password.start", wanted)).toBe("ok");
  const registrationRecord = recordOf("forgotten no more");
  expect(await line.codeOf("vault.replace", vaultChange(ada, opened.vault, { registrationRecord }))).toBe("ok");
  await prove(here, "ada", "forgotten no more");
  await expect(prove(here, "ada", "secret")).rejects.toThrow("account/sign-in-failed");
});

test("T67 a recovery challenge is for one connection, one origin, one name and one try", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const [first, second] = [new Line(dial(here)), new Line(dial(here))];
  const sign = (challenge: Uint8Array, origin = ORIGIN, username = "ada", key = ada.keys.recoveryKey) =>
    signRecoveryChallenge(key, { origin, challenge, username });
  const start = (line: Line, name = "ada") => line.ask("recovery.start", { username: name });
  const { challenge } = await start(first);
  await start(second);
  expect(await second.codeOf("recovery.finish", { origin: ORIGIN, signature: sign(challenge) })).toBe(
    "account/recovery-failed",
  );
  expect(await second.codeOf("recovery.finish", { origin: ORIGIN, signature: sign(challenge) })).toBe(
    "session/expired",
  );
  // Signed for the page of somebody else, or claimed to be.
  const foreign = sign(challenge, "https://evil.example");
  expect(await first.codeOf("recovery.finish", { origin: "https://evil.example", signature: foreign })).toBe(
    "session/wrong-origin",
  );
  const again = await start(first);
  expect(
    await first.codeOf("recovery.finish", { origin: ORIGIN, signature: sign(again.challenge, "https://evil.example") }),
  ).toBe("account/recovery-failed");
  // Ben's key opens nothing of Ada's, and what Ada signed for her name nothing of his.
  const third = await start(first);
  expect(
    await first.codeOf("recovery.finish", {
      origin: ORIGIN,
      signature: sign(third.challenge, ORIGIN, "ada", ben.keys.recoveryKey),
    }),
  ).toBe("account/recovery-failed");
  const fourth = await start(first, "ben");
  expect(await first.codeOf("recovery.finish", { origin: ORIGIN, signature: sign(fourth.challenge) })).toBe(
    "account/recovery-failed",
  );
  const slow = await start(first);
  here.advance(61_000);
  expect(await first.codeOf("recovery.finish", { origin: ORIGIN, signature: sign(slow.challenge) })).toBe(
    "session/expired",
  );
  expect(await first.codeOf("password.start", { account: ada.account, registrationRequest: "x" })).toBe(
    "request/not-signed-in",
  );
});

test("T60 recovery and sign-in answer for unknown names as for known ones, again and again", async () => {
  const here = await world();
  await Person.join(here, "ada");
  const closed = await Person.join(here, "cyd");
  const line = new Line(dial(here));
  const shapes = new Map<string, unknown>();
  for (const name of ["ada", "nobody", "nobody", "cyd", "x", "No Name", `a${"b".repeat(63)}`, randomUUID()]) {
    const started = await line.try("recovery.start", { username: name });
    const finished = await line.try("recovery.finish", { origin: ORIGIN, signature: closed.random(64) });
    const length = started.kind === "result" ? started.result.challenge.length : started;
    shapes.set(JSON.stringify([length, finished]), name);
  }
  expect([...shapes.keys()]).toEqual([
    JSON.stringify([
      32,
      {
        kind: "refused",
        refusal: { code: "account/recovery-failed", message: "The username or the recovery key is wrong." },
      },
    ]),
  ]);
});

test("T59 100 half sign-ins and half recoveries are throttled, and a linked device gets in all the same", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const count = async (operation: "sign-in.start" | "recovery.start", addressOf: (n: number) => string) => {
    const codes = [];
    for (let n = 0; n < 100; n++) {
      const line = new Line(dial(here, addressOf(n)));
      codes.push(
        operation === "sign-in.start"
          ? await line.codeOf(operation, { username: "ada", startLoginRequest: "hello" })
          : await line.codeOf(operation, { username: "ada" }),
      );
    }
    return codes.filter((code) => code === "ok").length;
  };
  // From one address and from a hundred: what is guessed at is one name.
  expect(await count("sign-in.start", () => "203.0.113.9")).toBe(10);
  // Guessing at the password leaves the recovery key its own attempts.
  expect(await count("recovery.start", (n) => `198.51.100.${n}`)).toBe(30);
  const line = new Line(dial(here, "192.0.2.1"));
  expect(await line.codeOf("sign-in.start", { username: "ada", startLoginRequest: "hello" })).toBe("request/too-many");
  expect(await line.codeOf("recovery.start", { username: "ada" })).toBe("request/too-many");
  // Unknown names are throttled alike (T60).
  expect(await count("recovery.start", (n) => `198.51.101.${n}`)).toBe(0);
  // Who is signed in stays so, and admits a device that proves nothing but the account key's signature.
  const phone = await addDevice(here, ada);
  expect(await phone.line.codeOf("conversation.list", {})).toBe("ok");
  here.advance(60_000);
  await prove(here); // nobody is locked out for good
  const calm = new Line(dial(here, "192.0.2.2"));
  here.advance(60_000);
  const { challenge } = await calm.ask("recovery.start", { username: "ada" });
  const signature = signRecoveryChallenge(ada.keys.recoveryKey, { origin: ORIGIN, challenge, username: "ada" });
  expect(await calm.codeOf("recovery.finish", { origin: ORIGIN, signature })).toBe("ok");
  expect(await count("recovery.start", (n) => `198.51.102.${n}`)).toBe(30); // the right key gave them back
});

test("T59 what strangers bring as devices of an account doesn't keep its owner from changing it", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const phone = await addDevice(here, ada);
  const eve = await Person.join(here, "eve");
  const codes = [];
  for (let n = 0; n < 200; n++)
    codes.push(
      await eve.line.codeOf("device.add", {
        account: ada.account,
        statement: eve.random(80),
        device: eve.keys.device,
        keyPackages: [],
        lastResort: null,
      }),
    );
  expect(codes.at(0)).toBe("account/bad-statement");
  expect(codes.at(-1)).toBe("request/too-many");
  const { line, opened } = await prove(here, "ada", "secret", "192.0.2.9");
  const statement = await revocation(here, ada, phone.keys.chain, phone.keys.device);
  expect(await line.codeOf("vault.replace", vaultChange(ada, opened.vault, { statement }))).toBe("ok");
});

test("T59 names tried from one address are counted together, whatever is tried", async () => {
  const here = await world();
  const line = new Line(dial(here, "203.0.113.9"));
  const codes = [];
  for (let n = 0; n < 150; n++)
    codes.push(
      n % 2 === 0
        ? await line.codeOf("recovery.start", { username: `person${n}` })
        : await line.codeOf("sign-in.start", { username: `person${n}`, startLoginRequest: "hello" }),
    );
  expect(codes.filter((code) => code === "ok")).toHaveLength(100);
});

// Vault

test("[DL18] T63 T64 a vault is replaced by who knows it, on a connection that proved this account", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const { line, opened } = await prove(here);
  const change = vaultChange(ada, opened.vault);
  await ada.reconnect(here);
  // Nobody else's connection: a stranger's, another account's, not even a device of the account that proved nothing.
  for (const other of [new Line(dial(here)), ben.line, ada.line, (await prove(here, "ben")).line])
    expect(await other.codeOf("vault.replace", change)).toBe("request/not-signed-in");
  expect(await line.codeOf("vault.replace", { ...change, account: ben.account })).toBe("request/not-signed-in");
  expect(await line.codeOf("vault.replace", { ...change, replaces: sha256(change.vault) })).toBe("vault/stale");
  expect(await line.codeOf("vault.replace", { ...change, registrationRecord: "short" })).toBe("request/malformed");
  expect(await line.codeOf("vault.replace", change)).toBe("ok");
  expect(await line.codeOf("vault.replace", change)).toBe("ok"); // a repeat after a lost answer
  // Whoever made theirs from the vault before is told, and nothing is lost.
  expect(await line.codeOf("vault.replace", vaultChange(ada, opened.vault))).toBe("vault/stale");
  expect((await prove(here)).opened.vault).toEqual(change.vault);
  here.advance(11 * 60_000);
  expect(await line.codeOf("vault.replace", vaultChange(ada, change.vault))).toBe("request/not-signed-in");
});

test("[DL18] of two that replace the same vault at once one wins", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const lines = await Promise.all([prove(here), prove(here), prove(here)]);
  const codes = await Promise.all(
    lines.map(({ line, opened }) => line.codeOf("vault.replace", vaultChange(ada, opened.vault))),
  );
  expect(codes.sort()).toEqual(["ok", "vault/stale", "vault/stale"]);
});

test("[DL18] statements with a vault: a revocation and a new recovery key, nothing else", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const phone = await addDevice(here, ada);
  const { chain } = phone.keys;
  const { line, opened } = await prove(here);
  const replace = (statement: Uint8Array) => vaultChange(ada, opened.vault, { statement });
  const added = await makeDevice(ada.random, chain, ada.keys.accountPrivateKey);
  expect(await line.codeOf("vault.replace", replace(added.statement))).toBe("account/bad-statement");
  expect(await line.codeOf("vault.replace", replace(ada.random(80)))).toBe("account/bad-statement");
  const stale = await revocation(here, ada, ada.keys.chain, ada.keys.device);
  expect(await line.codeOf("vault.replace", replace(stale))).toBe("account/stale-chain");
  const rotated = await createRotateRecoveryKey({
    chain,
    accountPrivateKey: ada.keys.accountPrivateKey,
    rotatedAt: secondsOf(here),
    random: ada.random,
  });
  // Alone it would lock the person out: the vault that belongs to it must come along.
  const statement = new Uint8Array(rotated.statement);
  expect(await ada.line.codeOf("chain.append", { account: ada.account, statement })).toBe("account/bad-statement");
  const change = replace(statement);
  expect(await line.codeOf("vault.replace", change)).toBe("ok");
  expect(await line.codeOf("vault.replace", change)).toBe("ok");
  // From now on the new recovery key opens, and the one before doesn't.
  for (const [key, code] of [
    [ada.keys.recoveryKey, "account/recovery-failed"],
    [rotated.recoveryKey, "ok"],
  ] as const) {
    const other = new Line(dial(here));
    const { challenge } = await other.ask("recovery.start", { username: "ada" });
    const signature = signRecoveryChallenge(key, { origin: ORIGIN, challenge, username: "ada" });
    expect(await other.codeOf("recovery.finish", { origin: ORIGIN, signature })).toBe(code);
  }
});

// Revocation

test("T70 a revocation with a new vault ends the device's sessions and every proof but its own", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const phone = await addDevice(here, ada);
  const second = new Line(dial(here));
  await phone.authenticate(second);
  const thief = await prove(here); // knows the password too
  const { line, opened } = await prove(here);
  const statement = await revocation(here, ada, phone.keys.chain, phone.keys.device);
  const change = vaultChange(ada, opened.vault, { statement, registrationRecord: recordOf("changed") });
  expect(await line.codeOf("vault.replace", change)).toBe("ok");
  for (const ended of [phone.line, second]) {
    expect(ended.events.at(-1)).toEqual({ event: "signed-out" });
    expect(ended.closedWith).toBe(4001);
  }
  expect(ada.line.closedWith).toBeUndefined();
  expect(ada.line.events).toContainEqual({ event: "chain", account: ada.account });
  const again = new Line(dial(here));
  expect(await again.codeOf("session.authenticate", await phone.proof(again))).toBe("session/device-revoked");
  expect(await thief.line.codeOf("vault.replace", vaultChange(ada, change.vault))).toBe("request/not-signed-in");
  expect(await thief.line.codeOf("password.start", { account: ada.account, registrationRequest: "x" })).toBe(
    "request/not-signed-in",
  );
  expect(await ben.line.codeOf("key-packages.claim", { accounts: [ada.account] })).toBe("ok");
});

test("T70 a password proof under way when the password changes proves nothing", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const late = new Line(dial(here));
  const { signIn } = await late.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  const { line, opened } = await prove(here);
  const registrationRecord = recordOf("changed");
  expect(await line.codeOf("vault.replace", vaultChange(ada, opened.vault, { registrationRecord }))).toBe("ok");
  expect(await late.codeOf("sign-in.finish", { signIn, finishLoginRequest: recordOf("secret") })).not.toBe("ok");
  expect(await late.codeOf("password.start", { account: ada.account, registrationRequest: "x" })).toBe(
    "request/not-signed-in",
  );
});

test("T70 a device that is revoked while it authenticates isn't let in", async () => {
  // The answer about the device is on its way to the rules while the revocation is written.
  let meanwhile: (() => Promise<unknown>) | undefined;
  const here = await world({
    wrapStore: (store) =>
      new Proxy(store, {
        get(target, name: keyof typeof store) {
          const method = target[name] as (...given: unknown[]) => Promise<unknown>;
          return async (...given: unknown[]): Promise<unknown> => {
            const answer = await method.apply(target, given);
            const work = name === "device" ? meanwhile : undefined;
            meanwhile = name === "device" ? undefined : meanwhile;
            await work?.();
            return answer;
          };
        },
      }),
  });
  const ada = await Person.join(here, "ada");
  const phone = await addDevice(here, ada);
  phone.line.wire.close();
  const statement = await revocation(here, ada, phone.keys.chain, phone.keys.device);
  const line = new Line(dial(here));
  const proof = await phone.proof(line);
  meanwhile = () => ada.line.ask("chain.append", { account: ada.account, statement });
  expect(await line.codeOf("session.authenticate", proof)).toBe("session/device-revoked");
  expect(await line.codeOf("conversation.list", {})).toBe("request/not-signed-in");
});

test("[DL11] T19 nobody revokes into the past or the future", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const phone = await addDevice(here, ada);
  for (const [shiftS, code] of [
    [-301, "account/clock-off"],
    [301, "account/clock-off"],
    [-299, "ok"],
  ] as const) {
    const statement = await revocation(here, ada, phone.keys.chain, phone.keys.device, shiftS);
    expect(await ada.line.codeOf("chain.append", { account: ada.account, statement })).toBe(code);
  }
});

// Reclaim

const signer = (person: Person) => (message: Uint8Array) =>
  Promise.resolve(signRaw(person.keys.signInPrivateKey, message));

const announce = (here: World, person: Person, chain: readonly Uint8Array[], shiftS = 0) =>
  createAnnounceReclaim({
    chain,
    device: person.keys.device,
    signWithSignInKey: signer(person),
    announcedAt: secondsOf(here) + shiftS,
    random: person.random,
  });

test("[DL23] a device takes the account over after a day, with the vault and password that belong to it", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const phone = await addDevice(here, ada);
  const { chain } = phone.keys;
  const append = (person: Person, statement: Uint8Array) =>
    person.line.codeOf("chain.append", { account: ada.account, statement: new Uint8Array(statement) });
  expect(await append(phone, (await announce(here, phone, chain, -400)).statement)).toBe("account/clock-off");
  expect(await append(phone, (await announce(here, phone, chain, 400)).statement)).toBe("account/clock-off");
  const announced = await announce(here, phone, chain);
  expect(await append(phone, announced.statement)).toBe("ok");
  expect(ada.line.events).toContainEqual({ event: "chain", account: ada.account });
  const pending = [...chain, new Uint8Array(announced.statement)];
  const complete = async (atS: number) =>
    new Uint8Array(
      await createCompleteReclaim({
        chain: pending,
        device: phone.keys.device,
        signWithSignInKey: signer(phone),
        accountPrivateKey: announced.accountPrivateKey,
        recoveryKey: announced.recoveryKey,
        completedAt: atS,
      }),
    );
  const parts = { vault: ada.random(90), registrationRecord: recordOf("taken over") };
  const end = secondsOf(here) + RECLAIM_NOTICE_SECONDS;
  expect(await phone.line.codeOf("reclaim.complete", { statement: await complete(end - 1), ...parts })).toBe(
    "reclaim/too-early",
  );
  // A device that says it is tomorrow isn't believed.
  expect(await phone.line.codeOf("reclaim.complete", { statement: await complete(end), ...parts })).toBe(
    "reclaim/too-early",
  );
  here.advance(RECLAIM_NOTICE_SECONDS * 1_000);
  const thief = await prove(here);
  const statement = await complete(end);
  expect(await append(phone, statement)).toBe("account/bad-statement");
  expect(await ada.line.codeOf("reclaim.complete", { statement: announced.statement, ...parts })).toBe("ok"); // there already
  expect((await prove(here)).opened.vault).not.toEqual(parts.vault); // ... and nothing of it was taken
  expect(await phone.line.codeOf("reclaim.complete", { statement, ...parts })).toBe("ok");
  expect(await phone.line.codeOf("reclaim.complete", { statement, ...parts })).toBe("ok");
  expect((await prove(here, "ada", "taken over")).opened).toMatchObject({ vault: parts.vault });
  await expect(prove(here)).rejects.toThrow("account/sign-in-failed");
  expect(await thief.line.codeOf("vault.replace", vaultChange(ada, thief.opened.vault))).toBe("request/not-signed-in");
});

test("[DL23] a reclaim that another device answered with a revocation can't be completed", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const phone = await addDevice(here, ada);
  const announced = await announce(here, phone, phone.keys.chain);
  await phone.line.ask("chain.append", { account: ada.account, statement: new Uint8Array(announced.statement) });
  const pending = [...phone.keys.chain, new Uint8Array(announced.statement)];
  const statement = await revocation(here, ada, pending, phone.keys.device);
  expect(await ada.line.codeOf("chain.append", { account: ada.account, statement })).toBe("ok");
  expect(phone.line.closedWith).toBe(4001);
  here.advance(RECLAIM_NOTICE_SECONDS * 1_000);
  const back = new Line(dial(here));
  expect(await back.codeOf("session.authenticate", await phone.proof(back))).toBe("session/device-revoked");
});

// Reset by the server's owner

async function issue(here: World, name = "ada"): Promise<string> {
  const code = codeOf(here.random(10));
  const person = await here.store.accountByName(name as never);
  if (person === undefined) throw new Error("nobody has this name");
  expect(await here.store.issueReset(person.username, resetCodeHash(sha256, code), here.now() + RESET_CODE_MS)).toBe(
    "issued",
  );
  return code;
}

test("[DL17] T07 a reset: the name points at a new account, the old one is over, and everyone concerned hears it", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const conversation = ada.newConversation();
  await ada.line.ask("conversation.create", {
    conversation,
    kind: KIND.direct,
    pair: ben.account,
    room: null,
    bundle: ada.bundle(0, 0, [
      [ada, 1],
      [ben, 1],
    ]),
  });
  const code = await issue(here);
  const fresh = await Person.stranger("ada", new Line(dial(here)));
  const start = (resetCode: string | null) =>
    fresh.line.codeOf("sign-up.start", { username: "ada", registrationRequest: "hello", resetCode });
  expect(await start(null)).toBe("account/name-taken");
  expect(await start("0000000000000000")).toBe("account/reset-code-wrong");
  expect(
    await fresh.line.codeOf("sign-up.finish", { ...fresh.signUpParameters(), resetCode: "0000000000000000" }),
  ).toBe("account/reset-code-wrong");
  expect(await start(code)).toBe("ok");
  const parameters = { ...fresh.signUpParameters(), resetCode: code };
  expect(await fresh.line.codeOf("sign-up.finish", parameters)).toBe("ok");
  expect(await fresh.line.codeOf("sign-up.finish", parameters)).toBe("ok"); // a repeat after a lost answer
  expect(ada.line.events.at(-1)).toEqual({ event: "signed-out" });
  expect(ada.line.closedWith).toBe(4001);
  const back = new Line(dial(here));
  expect(await back.codeOf("session.authenticate", await ada.proof(back))).toBe("account/replaced");
  expect(ben.line.events).toContainEqual({ event: "chain", account: ada.account });
  await fresh.authenticate();
  expect(await ben.line.ask("chain.fetch", { accounts: [ada.account, fresh.account] })).toMatchObject({
    accounts: [
      { account: ada.account, username: "ada", chain: ada.keys.chain, replacedBy: fresh.account },
      { account: fresh.account, username: "ada", replacedBy: null },
    ],
  });
  // Whoever was away asks with what it has pinned, and hears of nothing else.
  const pinned = [
    { account: ada.account, length: ada.keys.chain.length },
    { account: fresh.account, length: fresh.keys.chain.length },
    { account: ben.account, length: ben.keys.chain.length + 1 },
  ];
  expect(await ben.line.ask("chain.changed", { accounts: pinned })).toEqual({ accounts: [ada.account, ben.account] });
  expect(await ben.line.ask("name.lookup", { username: ben.name })).toMatchObject({ account: ben.account });
  expect(await ben.line.ask("name.lookup", { username: ada.name })).toMatchObject({ account: fresh.account });
  // Nothing of the old account is the new one's: not its conversations, not its archive, not its vault.
  expect(await fresh.line.ask("conversation.list", {})).toEqual({ conversations: [] });
  expect(await fresh.line.codeOf("conversation.group-info", { conversation })).toBe("conversation/unknown");
  // It stays in rosters until their members decide, can't be added anywhere, and nobody but an admin takes it out.
  expect(
    await ben.line.codeOf("conversation.create", {
      conversation: ben.newConversation(),
      kind: KIND.group,
      pair: null,
      room: null,
      bundle: ben.bundle(0, 0, [
        [ben, 2],
        [ada, 1],
      ]),
    }),
  ).toBe("account/replaced");
  const other = await Person.stranger("ada", new Line(dial(here)));
  expect(await other.line.codeOf("sign-up.finish", { ...other.signUpParameters(), resetCode: code })).toBe(
    "account/reset-code-wrong",
  );
});

test("[DL17] a code opens a server that takes nobody new, for a day", async () => {
  const limits = { signUpsPerAddress: { burst: 5, refillMs: 60_000 } };
  const here = await world({ signUpOpen: false, limits });
  const first = await Person.stranger("ada", new Line(dial(here)));
  expect(await first.line.codeOf("sign-up.finish", first.signUpParameters())).toBe("account/sign-up-closed");
  // Ada is here from before the door was closed.
  const { device, keyPackages, lastResort, chain, vault, registrationRecord } = first.signUpParameters();
  await here.store.createAccount(
    {
      account: first.account,
      username: first.name,
      passwordRecord: registrationRecord,
      vault,
      chain,
      device: { device: device as DeviceId, signInKey: first.random(32), keyPackages, lastResort },
    },
    null,
  );
  const late = await issue(here);
  here.advance(RESET_CODE_MS);
  const fresh = await Person.stranger("ada", new Line(dial(here)));
  const finish = (resetCode: string) => fresh.line.codeOf("sign-up.finish", { ...fresh.signUpParameters(), resetCode });
  expect(await finish(late)).toBe("account/reset-code-wrong");
  const code = await issue(here);
  expect(await finish(late)).toBe("account/reset-code-wrong");
  expect(await finish(code)).toBe("ok");
  // Guessing is limited like signing up.
  const codes = [];
  for (let n = 0; n < 10; n++)
    codes.push(
      await fresh.line.codeOf("sign-up.start", {
        username: "ada",
        registrationRequest: "hello",
        resetCode: codeOf(here.random(10)),
      }),
    );
  expect(codes.at(-1)).toBe("request/too-many");
});

// What is held

test("[DL21] devices see when they were last here, to the hour, and what is held of them", async () => {
  const here = await world();
  const [ada, ben] = [await Person.join(here, "ada"), await Person.join(here, "ben")];
  const phone = await addDevice(here, ada);
  const hour = (at: number): number => at - (at % 3_600_000);
  const joined = hour(here.now());
  const seen = async () => (await ada.line.ask("devices.seen", {})).devices;
  expect(await seen()).toEqual([
    { device: ada.keys.device, lastSeenAt: joined },
    { device: phone.keys.device, lastSeenAt: joined },
  ]);
  here.advance(5 * 3_600_000);
  phone.line.wire.close();
  here.advance(1_000);
  await settle();
  const left = hour(here.now());
  here.advance(7 * 3_600_000);
  expect(await seen()).toEqual([
    { device: ada.keys.device, lastSeenAt: hour(here.now()) }, // here now
    { device: phone.keys.device, lastSeenAt: left },
  ]);
  const { holdings } = await ben.line.ask("account.holdings", {});
  expect(holdings).toContainEqual({ what: "vault", rows: 1, bytes: 100 });
  expect(holdings).toContainEqual({ what: "log entries in conversations", rows: 0, bytes: 0 });
  const codes = [];
  for (let n = 0; n < 20; n++) codes.push(await ben.line.codeOf("account.holdings", {}));
  expect(codes.at(-1)).toBe("request/too-many");
});

test("[DL21] what is seen is written once an hour a device, and a full disk changes nothing else", async () => {
  let writes = 0;
  let isFull = false;
  const here = await world({
    wrapStore: (store) =>
      new Proxy(store, {
        get(target, name: keyof typeof store) {
          if (name !== "sawDevices") return (target[name] as (...given: unknown[]) => unknown).bind(target);
          return (...given: [readonly { device: number; at: number }[]]) => {
            writes += given[0].length;
            return isFull ? Promise.reject(new Error("disk full")) : target.sawDevices(...given);
          };
        },
      }),
  });
  const ada = await Person.join(here, "ada");
  for (let n = 0; n < 10; n++) {
    here.advance(1_000);
    await settle();
    await ada.reconnect(here);
  }
  here.advance(1_000);
  await settle();
  expect(writes).toBe(1);
  isFull = true;
  here.advance(3_600_000);
  await ada.reconnect(here);
  here.advance(1_000);
  await settle();
  expect(writes).toBe(2);
  expect(here.logged.map(({ code }) => code)).toEqual(["delivery/seen-failed"]);
  expect(await ada.line.codeOf("conversation.list", {})).toBe("ok");
});

test("[DL21] whoever is here when the server stops was seen then", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  here.advance(5 * 3_600_000);
  await here.delivery.drain();
  const account = await here.store.accountByName(ada.name);
  expect(await here.store.devicesSeen(account?.key ?? 0)).toEqual([
    { device: ada.keys.device, lastSeenAt: here.now() - (here.now() % 3_600_000) },
  ]);
  expect(here.logged).toEqual([]);
});

test("[DL5] T91 a conversation with oneself: one, and nobody else's business", async () => {
  const here = await world();
  const [ada, eve] = [await Person.join(here, "ada"), await Person.join(here, "eve")];
  const create = (person: Person, rows: [Person, 0 | 1 | 2][]) => {
    const conversation = person.newConversation();
    const parameters = { conversation, kind: KIND.self, pair: null, room: null, bundle: person.bundle(0, 0, rows) };
    return { conversation, answer: person.line.try("conversation.create", parameters) };
  };
  const both = create(ada, [
    [ada, 2],
    [eve, 1],
  ]);
  expect(await both.answer).toMatchObject({ refusal: { code: "conversation/forbidden-change" } });
  const foreign = create(eve, [[ada, 2]]);
  expect(await foreign.answer).toMatchObject({ refusal: { code: "conversation/forbidden-change" } });
  const first = create(ada, [[ada, 2]]);
  expect(await first.answer).toMatchObject({ kind: "result" });
  expect(await create(ada, [[ada, 2]]).answer).toMatchObject({
    refusal: { code: "conversation/self-exists", conversation: first.conversation },
  });
  expect(await create(eve, [[eve, 2]]).answer).toMatchObject({ kind: "result" });
  const { conversation } = first;
  expect((await eve.line.ask("conversation.list", {})).conversations).toHaveLength(1);
  expect(await eve.line.codeOf("log.head", { conversation, seq: 1 })).toBe("conversation/unknown");
  expect(await eve.line.codeOf("conversation.group-info", { conversation })).toBe("conversation/unknown");
  expect((await eve.line.ask("archive.find", { conversation, keys: [eve.random(8)] })).records).toEqual([]);
  expect(
    await eve.line.codeOf("conversation.commit", {
      conversation,
      bundle: eve.bundle(1, 1, [
        [ada, 2],
        [eve, 1],
      ]),
    }),
  ).toBe("conversation/unknown");
  expect(
    await ada.line.codeOf("conversation.commit", {
      conversation,
      bundle: ada.bundle(1, 1, [
        [ada, 2],
        [eve, 1],
      ]),
    }),
  ).toBe("conversation/forbidden-change");
});
