import type { Linking } from "@sotto/engine";
import { decodeServerFrame, encodeEvent } from "@sotto/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenTo, loseAnswer } from "./answers.ts";
import { say, texts } from "./hostile.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { World, accountOn, type Person } from "./world.ts";

let world: World;
let ada: Person;
let old: SimulatedDevice;
let fresh: SimulatedDevice;

beforeEach(async ({ task }) => {
  world = await World.create(task.name);
  old = await world.signedUp("ada");
  await world.signedUp("bobby");
  ada = world.people[0]!;
  fresh = await world.addDevice(ada);
});
afterEach(() => world.close());

type Shown<K extends Linking["kind"]> = Extract<Linking, { kind: K }>;

async function shown<K extends Linking["kind"]>(device: SimulatedDevice, kind: K): Promise<Shown<K>> {
  const state = await device.engine.linking();
  if (state.kind !== kind) throw new Error(`${device.name} shows ${JSON.stringify(state)}, not ${kind}`);
  return state as Shown<K>;
}

/** Why a link failed there. */
const failureOn = async (device: SimulatedDevice): Promise<string> => (await shown(device, "failed")).failure.code;

const codeOf = (work: Promise<unknown>): Promise<string> =>
  world.until(
    work.then(
      () => "done",
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
    ),
    600_000,
  );

async function offered(device = fresh): Promise<Shown<"waiting">> {
  await world.until(device.engine.startLink());
  return shown(device, "waiting");
}

/** Up to the digits, honestly. */
async function compared(how: "code" | "qr" = "code") {
  const waiting = await offered();
  await world.until(old.engine.claimLink({ codeOrQr: waiting[how] }));
  await world.run(2_000);
  return { waiting, onOld: await shown(old, "compare"), onNew: await shown(fresh, "compare") };
}

const devices = async (): Promise<number> =>
  (await world.until(old.engine.devices())).filter(({ active }) => active).length;

/** The chain, the vault and the devices of the account, as the signed-in device knows them. */
const unchanged = (): string =>
  JSON.stringify(
    old.peek("select p.chain, archive_keys, vault_revision from session s join people p on p.account = s.account"),
  );

test.each(["code", "qr"] as const)(
  "a device is linked by its %s: the same digits on both, the password on the old one, and everything is there",
  async (how) => {
    const group = await world.until(old.engine.createGroup({ name: "us", usernames: ["bobby"] }));
    await say(world, old, group, "before it came");
    const { waiting, onOld, onNew } = await compared(how);
    expect(waiting.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(waiting.qr).not.toMatch(/^\w+:/);
    expect(onOld.digits).toMatch(/^\d{6}$/);
    expect(onNew.digits).toBe(onOld.digits);
    expect(onOld.asks).toEqual({ kind: "terminal", name: "Terminal" });
    expect(onNew.asks).toBeNull();
    const asked: string[] = [];
    const stop = listenTo(world, (operation) => asked.push(operation));
    await world.until(old.engine.admitLink({ password: ada.password }));
    await world.run(15_000);
    stop();
    expect((await shown(old, "done")).kind).toBe("done");
    expect((await shown(fresh, "done")).kind).toBe("done");
    expect(accountOn(fresh)).toBe(accountOn(old));
    expect(await devices()).toBe(2);
    // Neither device tells itself, nor whoever has just seen it.
    const session = await old.engine.session();
    expect(session.kind === "signed-in" && session.notices).toEqual([]);
    await say(world, fresh, group, "linked");
    expect(texts(old, group)).toContain("linked");
    const page = await world.until(fresh.engine.timeline({ conversation: group, limit: 50 }));
    expect(page.items.flatMap((item) => (item.kind === "post" ? [item.text] : []))).toContain("before it came");
    // The new device proved no password and saw no vault; what it knows of it was told.
    expect(asked).not.toContain("vault.replace");
    expect(asked.filter((each) => each === "sign-in.finish").length).toBe(1);
    expect(fresh.peek("select vault_revision, archive_keys from session")).toEqual(
      old.peek("select vault_revision, archive_keys from session"),
    );
  },
);

test("[T69] a code works once, for a minute, and isn't one that was made up", async () => {
  const { code } = await offered();
  const before = unchanged();
  expect(await codeOf(old.engine.claimLink({ codeOrQr: "00000000" }))).toBe("link/unknown");
  expect(await codeOf(old.engine.claimLink({ codeOrQr: "https://sotto.example/link/12345678" }))).toBe("link/unknown");
  expect(await failureOn(old)).toBe("link/unknown");
  await world.run(61_000);
  expect(await failureOn(fresh)).toBe("link/expired");
  expect(await codeOf(old.engine.claimLink({ codeOrQr: code }))).toBe("link/unknown");
  const second = await world.addDevice(ada);
  await world.until(second.engine.signIn(ada));
  await world.run(5_000);
  const again = await offered();
  expect(await codeOf(old.engine.claimLink({ codeOrQr: again.code.toLowerCase() }))).toBe("done");
  expect(await codeOf(second.engine.claimLink({ codeOrQr: again.code }))).toBe("link/unknown");
  expect((await shown(old, "compare")).kind).toBe("compare");
  expect(unchanged()).not.toBe(before);
  expect(await devices()).toBe(2);
});

test("[T69] nothing is admitted before the digits are there, nor by a wrong password, nor after the time is over", async () => {
  await offered();
  expect(await codeOf(old.engine.admitLink({ password: ada.password }))).toBe("link/unknown");
  const { onOld } = await compared();
  const before = unchanged();
  expect(await codeOf(old.engine.admitLink({ password: "not this one" }))).toBe("account/sign-in-failed");
  // Mistyped: the digits still stand, and so does the link.
  expect((await shown(old, "compare")).digits).toBe(onOld.digits);
  await world.run(5 * 60_000);
  expect(await failureOn(old)).toBe("link/expired");
  expect(await failureOn(fresh)).toBe("link/expired");
  expect(await codeOf(old.engine.admitLink({ password: ada.password }))).toBe("link/unknown");
  expect(unchanged()).toBe(before);
  expect(await devices()).toBe(1);
});

test("[T69] a person who sees other digits ends it, on either side, and nothing has changed", async () => {
  const before = unchanged();
  for (const side of ["old", "new"] as const) {
    await compared();
    await world.until((side === "old" ? old : fresh).engine.cancelLink());
    await world.run(1_000);
    expect((await shown(side === "old" ? old : fresh, "none")).kind).toBe("none");
    expect(await failureOn(side === "old" ? fresh : old)).toBe("link/expired");
    expect(await codeOf(old.engine.admitLink({ password: ada.password }))).toBe("link/unknown");
  }
  expect(unchanged()).toBe(before);
});

/** Changes the link's messages on their way to a device, `which` counted from 0. */
function rewriteLink(device: SimulatedDevice, which: number, change: (message: Uint8Array) => Uint8Array): void {
  let seen = 0;
  world.network.tap = (name, frame) => {
    const read = name === device.name ? decodeServerFrame(frame) : undefined;
    const body =
      read?.type === "event" ? (read.body as { event: string; code: string; message: Uint8Array | null }) : undefined;
    if (body?.event !== "link" || body.message === null || seen++ !== which) return [frame];
    return [encodeEvent({ ...body, message: change(body.message.slice()) })];
  };
}

const flipped = (message: Uint8Array): Uint8Array => {
  message[message.length - 20]! ^= 1;
  return message;
};

test("[T69] a server between the two changes what it passes on: the digits differ or the link ends, and nothing has changed", async () => {
  const before = unchanged();
  // The hello: each side has another transcript.
  rewriteLink(fresh, 0, flipped);
  const waiting = await offered();
  await world.until(old.engine.claimLink({ codeOrQr: waiting.code }));
  await world.run(2_000);
  const [onOld, onNew] = [await old.engine.linking(), await fresh.engine.linking()];
  expect(onOld.kind === "compare" && onNew.kind === "compare" && onOld.digits === onNew.digits).toBe(false);
  // What the new device reveals.
  rewriteLink(old, 0, flipped);
  const again = await offered();
  await world.until(old.engine.claimLink({ codeOrQr: again.code }));
  await world.run(2_000);
  expect(await failureOn(old)).toBe("link/mismatch");
  expect(await failureOn(fresh)).toBe("link/expired");
  expect(unchanged()).toBe(before);
});

test("[T69] a server that changes the question, the proofs or the enrolment admits nobody", async () => {
  const before = unchanged();
  for (const [side, which] of [
    ["new", 0],
    ["old", 0],
    ["new", 1],
  ] as const) {
    await compared();
    rewriteLink(side === "new" ? fresh : old, which, flipped);
    const code = await codeOf(old.engine.admitLink({ password: ada.password }));
    expect(["link/mismatch", "link/expired"]).toContain(code);
    world.network.tap = undefined;
    await world.run(2_000);
    expect([await failureOn(old), await failureOn(fresh)]).toContain("link/mismatch");
    expect(accountOn(fresh)).toBeUndefined();
  }
  expect(unchanged()).toBe(before);
  expect(await devices()).toBe(1);
});

test("[T69] a scanned code isn't answered with another device's promise", async () => {
  const first = await offered();
  const other = await world.addDevice(ada);
  const second = await offered(other);
  // The server gives the second device's commitment for the first one's picture.
  const mixed = first.qr.replace(first.code, second.code);
  expect(await codeOf(old.engine.claimLink({ codeOrQr: mixed }))).toBe("link/mismatch");
  expect(await failureOn(old)).toBe("link/mismatch");
  await world.run(1_000);
  expect(await failureOn(other)).toBe("link/expired");
});

test("the password is changed while a device is being linked, and another device is added: the link goes on", async () => {
  await compared();
  const second = await world.addDevice(ada);
  await world.until(second.engine.signIn(ada));
  await world.until(second.engine.changePassword({ password: ada.password, newPassword: "another password, as good" }));
  await world.run(2_000);
  expect(await codeOf(old.engine.admitLink({ password: ada.password }))).toBe("account/sign-in-failed");
  expect(await codeOf(old.engine.admitLink({ password: "another password, as good" }))).toBe("done");
  await world.run(10_000);
  expect(await devices()).toBe(3);
  const session = await fresh.engine.session();
  expect(session.kind === "signed-in" && session.connection).toBe("online");
  // What the new device was told of the vault is what is there: its next look finds nothing older.
  expect(
    (await world.until(fresh.engine.recoveryKey({ password: "another password, as good" }))).recoveryKey,
  ).not.toBeNull();
});

test("the answer that the device was added is lost: it is there once, and both say so", async () => {
  await compared();
  const lost = loseAnswer(world, fresh, "device.add");
  expect(await codeOf(old.engine.admitLink({ password: ada.password }))).toBe("done");
  await world.run(15_000);
  expect(lost.lost).toBe(1);
  expect((await shown(fresh, "done")).kind).toBe("done");
  expect(await devices()).toBe(2);
});

test("either connection is lost on the way: the link is over on both, and the next one works", async () => {
  for (const device of [old, fresh]) {
    await compared();
    world.network.cut(device.name);
    await world.run(10_000);
    expect(await failureOn(fresh)).toBe("link/expired");
    expect(await codeOf(old.engine.admitLink({ password: ada.password }))).not.toBe("done");
    expect((await old.engine.linking()).kind).toBe("failed");
  }
  await compared();
  expect(await codeOf(old.engine.admitLink({ password: ada.password }))).toBe("done");
});

test("who is signed in offers no link, and who isn't takes none", async () => {
  expect(await codeOf(old.engine.startLink())).toBe("request/malformed");
  expect(await codeOf(fresh.engine.claimLink({ codeOrQr: "00000000" }))).toBe("request/not-signed-in");
  await offered();
  await world.until(fresh.engine.signIn(ada));
  await world.run(5_000);
  expect((await shown(fresh, "none")).kind).toBe("none");
});
