import type { Engine } from "@sotto/engine";
import { decodeServerFrame, encodeRefused, encodeResponse } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenTo } from "./answers.ts";
import { RawClient } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World, accountOn, type Person } from "./world.ts";

let world: World;
let ada: Person;
let first: SimulatedDevice;

beforeEach(async ({ task }) => {
  world = await World.create(task.name);
  first = await world.signedUp("ada");
  await world.signedUp("bobby");
  ada = world.people[0]!;
});
afterEach(() => world.close());

type Opened = { account: string; username: string; vault: Uint8Array; chain: Uint8Array[] };

const openedOf = (body: unknown): Opened | undefined =>
  typeof body === "object" && body !== null && "vault" in body && "chain" in body ? (body as Opened) : undefined;

/** The server answers a proof of the password or the recovery key to one device with something else. */
function answer(device: SimulatedDevice, change: (opened: Opened) => Opened | { refused: string }): void {
  world.network.tap = (name, frame) => {
    const read = name === device.name ? decodeServerFrame(frame) : undefined;
    const opened = read?.type === "response" ? openedOf(read.body) : undefined;
    if (read?.type !== "response" || opened === undefined) return [frame];
    const changed = change({ ...opened, vault: opened.vault.slice() });
    return "refused" in changed
      ? [encodeRefused(read.request, { code: changed.refused, message: "no" })]
      : [encodeResponse(read.request, changed)];
  };
}

/** What the server says, unchanged, to somebody who proves their password. */
async function trueAnswer(person: Person): Promise<Opened> {
  let seen: Opened | undefined;
  const device = await world.addDevice(person);
  answer(device, (opened) => {
    seen = opened;
    return { refused: "request/unavailable" };
  });
  await codeOf(device.engine.signIn(person));
  world.network.tap = undefined;
  await world.lose(device);
  return seen!;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  world.until(
    work.then(
      () => "done",
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
    ),
  );

/** What came of somebody's work, and what it made the device ask of the server. */
async function asking(
  device: SimulatedDevice,
  work: (engine: Engine) => Promise<unknown>,
): Promise<{ code: string; asked: string[] }> {
  const asked: string[] = [];
  const stop = listenTo(world, (operation, name) => {
    if (name === device.name) asked.push(operation);
  });
  const code = await codeOf(work(device.engine));
  stop();
  return { code, asked };
}

/** Everything that makes an identity or changes one. */
const CHANGES = [
  "sign-up.start",
  "sign-up.finish",
  "device.add",
  "vault.replace",
  "password.start",
  "reclaim.complete",
];

const stateOf = (device: SimulatedDevice): string =>
  JSON.stringify([device.peek("select * from session"), device.peek("select * from people order by account")]);

test("[T63] a changed byte anywhere in the vault, another account's vault and a cut one are one and the same failure, and nothing is sent after it", async () => {
  const theirs = await trueAnswer(world.people[1]!);
  const own = await trueAnswer(ada);
  const device = await world.addDevice(ada);
  const size = own.vault.length;
  // A changed wrap of the other way in shows only there.
  const places = [0, 1, 2, 5, 40, Math.floor(size / 2), size - 60, size - 1];
  const vaults = [
    ...places.map((at) => own.vault.map((byte, index) => (index === at ? byte ^ 1 : byte))),
    theirs.vault,
    own.vault.slice(0, -1),
    own.vault.slice(0, 1),
  ];
  const outcomes = new Set<string>();
  for (const vault of vaults) {
    answer(device, (opened) => ({ ...opened, vault }));
    outcomes.add(JSON.stringify(await asking(device, (engine) => engine.signIn(ada))));
  }
  expect([...outcomes].map((each) => JSON.parse(each) as unknown)).toEqual([
    { code: "vault/unreadable", asked: ["sign-in.start", "sign-in.finish"] },
  ]);
  expect(accountOn(device)).toBeUndefined();
  world.network.tap = undefined;
  expect(await codeOf(device.engine.signIn(ada))).toBe("done");
});

test("[T63] a signed-in device takes no vault that is older than one it saw, and changes nothing by it", async () => {
  const old = await trueAnswer(ada);
  const { recoveryKey } = await world.until(first.engine.recoveryKey({ password: ada.password }));
  await world.until(first.engine.confirmRecoveryKey({ password: ada.password, recoveryKey: recoveryKey! }));
  const second = await world.addDevice(ada);
  await world.until(second.engine.signIn(ada));
  await world.run(10_000);
  const before = stateOf(first);
  const { password } = ada;
  const { device } = (await world.until(second.engine.devices()))[0]!;
  for (const work of [
    () => first.engine.changePassword({ password, newPassword: "another password, as good" }),
    () => first.engine.changeRecoveryKey({ password }),
    () => first.engine.revokeDevice({ device, password }),
    () => first.engine.recoveryKey({ password }),
  ]) {
    answer(first, (opened) => ({ ...opened, vault: old.vault }));
    const { code, asked } = await asking(first, work);
    world.network.tap = undefined;
    expect(code).toBe("vault/rolled-back");
    expect(asked.filter((each) => CHANGES.includes(each))).toEqual([]);
    expect(stateOf(first)).toBe(before);
  }
  // An older chain with it is refused for itself.
  answer(first, (opened) => ({ ...opened, vault: old.vault, chain: old.chain }));
  expect(await codeOf(first.engine.recoveryKey({ password }))).toBe("chain/rolled-back");
  world.network.tap = undefined;
  expect(stateOf(first)).toBe(before);
  expect(await codeOf(first.engine.changePassword({ password, newPassword: "another password, as good" }))).toBe(
    "done",
  );
});

test.each([
  { says: "there is none", change: (): { refused: string } => ({ refused: "account/unknown" }), code: "vault/missing" },
  {
    says: "it is empty",
    change: (opened: Opened): Opened => ({ ...opened, vault: new Uint8Array(0) }),
    code: "vault/missing",
  },
  {
    says: "another name's",
    change: (opened: Opened): Opened => ({ ...opened, username: "bobby" }),
    code: "vault/foreign",
  },
])("[T64] whatever the server says of the vault ($says), nothing is made in its place", async ({ change, code }) => {
  const key = (await world.until(first.engine.recoveryKey({ password: ada.password }))).recoveryKey!;
  const device = await world.addDevice(ada);
  answer(device, change);
  const byPassword = await asking(device, (engine) => engine.signIn(ada));
  expect(byPassword).toEqual({ code, asked: ["sign-in.start", "sign-in.finish"] });
  const byKey = await asking(device, (engine) =>
    engine.recover({ username: "ada", recoveryKey: key, newPassword: "another password, as good" }),
  );
  expect(byKey).toEqual({ code, asked: ["recovery.start", "recovery.finish"] });
  const before = stateOf(first);
  answer(first, change);
  const onFirst = await asking(first, (engine) => engine.changeRecoveryKey({ password: ada.password }));
  expect(onFirst.code).toBe(code);
  expect(onFirst.asked.filter((each) => CHANGES.includes(each))).toEqual([]);
  expect(stateOf(first)).toBe(before);
});

test("[T64] another account under one's own name is none of one's own: not to a new device, not to one that is signed in", async () => {
  const bobs = await trueAnswer(world.people[1]!);
  const device = await world.addDevice(ada);
  answer(device, () => ({ ...bobs, username: "ada" }));
  // It is a whole account, but this password doesn't open its vault.
  expect(await asking(device, (engine) => engine.signIn(ada))).toEqual({
    code: "vault/unreadable",
    asked: ["sign-in.start", "sign-in.finish"],
  });
  answer(device, (opened) => ({ ...opened, chain: bobs.chain }));
  expect(await codeOf(device.engine.signIn(ada))).toBe("vault/foreign");
  const broken = (opened: Opened): Opened => ({ ...opened, chain: opened.chain.slice(1) });
  answer(device, broken);
  expect(await codeOf(device.engine.signIn(ada))).toBe("chain/invalid");
  const before = stateOf(first);
  answer(first, () => ({ ...bobs, username: "ada" }));
  expect(await codeOf(first.engine.recoveryKey({ password: ada.password }))).toBe("vault/unreadable");
  expect(stateOf(first)).toBe(before);
});

test("[T60] a wrong password and a name that nobody has are one failure, after the same requests", async () => {
  const device = await world.addDevice(ada);
  const outcomes = [
    await asking(device, (engine) => engine.signIn({ username: "ada", password: "not this one" })),
    await asking(device, (engine) => engine.signIn({ username: "nobody", password: "not this one" })),
  ];
  expect(outcomes[0]).toEqual(outcomes[1]);
  expect(outcomes[0]!.code).toBe("account/sign-in-failed");
  const key = (await world.until(first.engine.recoveryKey({ password: ada.password }))).recoveryKey!;
  const recover = (username: string) =>
    asking(device, (engine) =>
      engine.recover({ username, recoveryKey: key, newPassword: "another password, as good" }),
    );
  const recoveries = [await recover("bobby"), await recover("nobody")];
  expect(recoveries[0]).toEqual(recoveries[1]);
  expect(recoveries[0]!.code).toBe("account/recovery-failed");
});

test("[T59] strangers who try names again and again keep nobody from ending a device or linking one", async () => {
  world.close();
  world = await World.create("guesses", { limits: { signInsPerAccount: { burst: 10, refillMs: 60_000 } } });
  first = await world.signedUp("ada");
  ada = world.people[0]!;
  const second = await world.addDevice(ada);
  await world.until(second.engine.signIn(ada));
  await world.run(5_000);
  const stranger = new RawClient(world, "stranger");
  const codes = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const start = stranger.request("sign-in.start", { username: "ada", startLoginRequest: "AAAA" });
    codes.add(await codeOf(start));
  }
  expect([...codes]).toEqual(["done", "request/too-many"]);
  const third = await world.addDevice(ada);
  expect(await codeOf(third.engine.signIn(ada))).toBe("request/too-many");
  await world.until(third.engine.startLink());
  const linking = await third.engine.linking();
  await world.until(first.engine.claimLink({ codeOrQr: linking.kind === "waiting" ? linking.code : "" }));
  await world.run(1_000);
  expect(await codeOf(first.engine.admitLink({ password: ada.password }))).toBe("done");
  const { device } = (await world.until(second.engine.devices()))[0]!;
  expect(await codeOf(first.engine.revokeDevice({ device, password: ada.password }))).toBe("done");
  // Guesses on a device of one's own are counted too.
  const own = new Set<string>();
  for (let i = 0; i < 12; i++) own.add(await codeOf(first.engine.recoveryKey({ password: `guess ${i}` })));
  expect([...own]).toEqual(["account/sign-in-failed", "request/too-many"]);
  stranger.close();
});
