import { createHash } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { createRevokeDevice } from "@sotto/crypto";
import { Line, Person, createWorld, dial, makeDevice, recordOf, type World, type WorldOptions } from "./test/world.ts";

const open: World[] = [];
async function world(options?: WorldOptions): Promise<World> {
  const made = await createWorld(options);
  open.push(made);
  return made;
}
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

/** A second device of the person, signed in. */
async function secondDevice(here: World, person: Person): Promise<Person> {
  const { chain, accountPrivateKey } = person.keys;
  const { statement, keys } = await makeDevice(person.random, chain, accountPrivateKey);
  const line = new Line(dial(here));
  const { account } = person;
  await line.ask("device.add", { account, statement, device: keys.device, keyPackages: [], lastResort: null });
  const device = new Person(person.name, person.random, { ...person.keys, ...keys }, line);
  device.keys.chain = [...chain, statement];
  await device.authenticate();
  return device;
}

test("T64 T67 to sign up once more with somebody's public chain proves nothing", async () => {
  const here = await world();
  const ada = await Person.stranger("ada", new Line(dial(here)));
  const first = ada.signUpParameters();
  await ada.line.ask("sign-up.finish", first);
  await ada.authenticate();
  const eve = await Person.join(here, "eve");
  const { accounts } = await eve.line.ask("chain.fetch", { accounts: [ada.account] });
  const chain = accounts[0]!.chain;
  const line = new Line(dial(here));
  for (const own of [
    { vault: eve.random(100), registrationRecord: recordOf("eve's") },
    { vault: eve.random(100) },
    { registrationRecord: recordOf("eve's") },
  ])
    expect(await line.codeOf("sign-up.finish", { ...first, chain, ...own })).toBe("account/bad-statement");
  const { account } = ada;
  expect(await line.codeOf("password.start", { account, registrationRequest: "hello" })).toBe("request/not-signed-in");
  // Who has stolen the database knows the vault's bytes; they open the connection to nothing either.
  const replaces = new Uint8Array(createHash("sha256").update(first.vault).digest());
  const change = { account, replaces, vault: eve.random(120), registrationRecord: recordOf("eve's"), statement: null };
  expect(await line.codeOf("vault.replace", change)).toBe("request/not-signed-in");
  // The very sign-up, after a lost answer.
  expect(await new Line(dial(here)).codeOf("sign-up.finish", first)).toBe("ok");
});

test("T59 T70 a stolen device can't use up what its owner needs to hear of it and to end it", async () => {
  const here = await world();
  const ada = await Person.join(here, "ada");
  const stolen = await secondDevice(here, ada);
  const { account } = ada;
  const codes = new Set<string>();
  for (let n = 0; n < 80; n++) {
    codes.add(await stolen.line.codeOf("password.start", { account, registrationRequest: "hello" }));
    codes.add(await stolen.line.codeOf("chain.append", { account, statement: stolen.random(80) }));
  }
  for (let n = 0; n < 220; n++) codes.add(await stolen.line.codeOf("name.lookup", { username: "ada" }));
  expect(codes).toContain("request/too-many");
  expect(await ada.line.codeOf("chain.fetch", { accounts: [account] })).toBe("ok");
  const { signIn } = await ada.line.ask("sign-in.start", { username: "ada", startLoginRequest: "hello" });
  const { vault } = await ada.line.ask("sign-in.finish", { signIn, finishLoginRequest: recordOf("secret") });
  const statement = new Uint8Array(
    await createRevokeDevice({
      chain: stolen.keys.chain,
      device: stolen.keys.device,
      signer: { kind: "account", privateKey: ada.keys.accountPrivateKey },
      revokedAt: Math.floor(here.now() / 1_000),
    }),
  );
  const replaces = new Uint8Array(createHash("sha256").update(vault).digest());
  const change = { account, replaces, vault: ada.random(120), registrationRecord: null, statement };
  expect(await ada.line.codeOf("vault.replace", change)).toBe("ok");
});

test("T93 whoever leaves out the first step of a sign-up is counted all the same", async () => {
  const here = await world({ limits: { signUpsPerAddress: { burst: 3, refillMs: 60_000 } } });
  const line = new Line(dial(here, "203.0.113.9"));
  const codes: string[] = [];
  for (let n = 0; n < 5; n++) {
    const person = await Person.stranger(`person${n}`, line);
    codes.push(await line.codeOf("sign-up.finish", person.signUpParameters(0)));
  }
  expect(codes.filter((code) => code === "ok")).toHaveLength(3);
  expect(codes.at(-1)).toBe("request/too-many");
});
