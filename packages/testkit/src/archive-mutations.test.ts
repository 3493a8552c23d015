import { afterAll, beforeAll, expect, test } from "vitest";
import { entryHash } from "@sotto/crypto";
import type { TimelineItem } from "@sotto/engine";
import {
  decodeCbor,
  decodeServerFrame,
  encodePage,
  encodeResponse,
  type DeviceId,
  type LogRow,
  type ServerFrame,
} from "@sotto/protocol";
import { accountOf, castOf, say, type Cast } from "./hostile.ts";
import { scrollUp } from "./scroll.ts";
import type { SimulatedDevice } from "./simulated-device.ts";

type Found = { key: Uint8Array; writer: DeviceId; record: Uint8Array };
type Lie = {
  records?: (found: readonly Found[]) => Found[];
  page?: (rows: LogRow[]) => LogRow[];
  head?: (head: Uint8Array) => Uint8Array;
};

let cast: Cast;
let truth: string[];
/** Records of another conversation of the same account, under the same names. */
let foreign: Map<string, Found>;

const nameOf = ({ key }: { key: Uint8Array }): string => {
  const decoded = decodeCbor(key);
  return decoded.kind === "value"
    ? JSON.stringify(decoded.value, (_, each) => (each instanceof Uint8Array ? "hash" : each))
    : "";
};
const kindOf = (found: { key: Uint8Array }): number => Number(nameOf(found)[1]);

/** Who said what, in order, and how many entries are missing. */
const told = (items: readonly TimelineItem[]): string[] =>
  items.flatMap((item) => {
    if (item.kind === "post") return [`${item.sender.username}: ${item.text}`];
    if (item.kind === "system" && item.line.kind === "keys-missing") return [`${item.line.entries} missing`];
    return [];
  });

const bodyOf = (frame: ServerFrame | undefined): Record<string, unknown> =>
  frame?.type === "response" && typeof frame.body === "object" && frame.body !== null
    ? (frame.body as Record<string, unknown>)
    : {};

function lieTo(device: SimulatedDevice, { records, page, head }: Lie): void {
  cast.world.network.tap = (to, bytes) => {
    const frame = decodeServerFrame(bytes);
    if (to !== device.name || frame === undefined) return [bytes];
    const body = bodyOf(frame);
    if (frame.type === "response" && records !== undefined && Array.isArray(body["records"]))
      return [encodeResponse(frame.request, { ...body, records: records(body["records"] as Found[]) })];
    if (
      frame.type === "response" &&
      head !== undefined &&
      body["head"] instanceof Uint8Array &&
      Object.keys(body).length === 1
    )
      return [encodeResponse(frame.request, { head: head(body["head"]) })];
    if (frame.type === "page" && page !== undefined) return [encodePage(frame.request, frame.more, page(frame.rows))];
    return [bytes];
  };
}

async function newDevice(): Promise<SimulatedDevice> {
  const { world } = cast;
  const person = world.people.find(({ username }) => username === "alice")!;
  const device = await world.addDevice(person);
  return device;
}

async function signIn(device: SimulatedDevice): Promise<void> {
  const person = cast.world.people.find(({ username }) => username === "alice")!;
  await cast.world.until(device.engine.signIn(person));
  await cast.world.run(8_000);
}

beforeAll(async () => {
  cast = await castOf("mutations");
  const { world, alice, bob, carol, conversation } = cast;
  for (let round = 0; round < 6; round++) {
    await say(world, [alice, bob, carol][round % 3]!, conversation, `round ${round}`);
    if (round === 2) {
      await world.until(alice.engine.setRole({ conversation, account: accountOf(bob), role: 2 }));
      await world.run(3_000);
    }
  }
  const other = await world.until(alice.engine.createGroup({ name: "other", usernames: ["bobby", "carol"] }));
  await world.run(3_000);
  for (const device of [alice, bob, carol]) await say(world, device, other, `${device.name} in the other`);
  truth = told(await scrollUp(world, alice, conversation));
  await world.run(3_000);
  // Alone with the server: nobody is there who could give keys.
  for (const device of [bob, carol]) await world.until(device.stop());
  foreign = new Map();
  const probe = await newDevice();
  lieTo(probe, { records: () => [] });
  await signIn(probe);
  lieTo(probe, {
    records: (found) => {
      for (const one of found) foreign.set(nameOf(one), one);
      return [...found];
    },
  });
  await scrollUp(world, probe, other);
  await world.run(10_000);
  await leave(probe);
  world.network.tap = undefined;
});
afterAll(() => cast.world.close());

const flip = (bytes: Uint8Array, at = bytes.length - 1): Uint8Array => {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
};
const only = (kind: number, change: (found: Found) => Found[]) => (found: readonly Found[]) =>
  found.flatMap((one) => (kindOf(one) === kind ? change(one) : [one]));

test("[T41] a post that the server calls erased leaves a line, live and in what is read later", async () => {
  const own = await castOf("erased");
  const { world, bob, carol, conversation } = own;
  const saved = cast;
  cast = own;
  const erasing = (from: number) => (rows: LogRow[]) =>
    rows.map((row): LogRow =>
      row.kind === "stored" && row.seq === from
        ? { kind: "erased", seq: row.seq, acceptedAt: row.acceptedAt, entry: 1, hash: entryHash(row.envelope) }
        : row,
    );
  const linesOf = (items: readonly TimelineItem[]): string[] =>
    items.flatMap((item) => (item.kind === "system" && item.line.kind === "unreadable" ? [item.line.because] : []));
  await world.until(carol.stop());
  await say(world, bob, conversation, "gone");
  const seq = (await world.server.log(conversation)).length;
  await say(world, bob, conversation, "here");
  lieTo(carol, { page: erasing(seq) });
  await world.until(carol.start());
  await world.run(10_000);
  const live = await scrollUp(world, carol, conversation);
  expect(linesOf(live)).toEqual(["refused"]);
  expect(told(live).at(-1)).toBe("bobby: here");
  for (const device of [bob, carol]) await world.until(device.stop());
  const second = await newDevice();
  lieTo(second, { page: erasing(seq) });
  await signIn(second);
  const later = await scrollUp(world, second, conversation);
  expect(linesOf(later)).toEqual(["refused"]);
  expect(told(later).at(-1)).toBe("bobby: here");
  world.close();
  cast = saved;
});

test.each<{ title: string; lie: Lie }>([
  { title: "drops every epoch key", lie: { records: only(0, () => []) } },
  { title: "drops every sender key", lie: { records: only(1, () => []) } },
  { title: "drops the pieces that epochs share", lie: { records: only(3, () => []) } },
  {
    title: "changes a byte of every epoch key",
    lie: { records: only(0, (one) => [{ ...one, record: flip(one.record) }]) },
  },
  {
    title: "changes a byte of every sender key",
    lie: { records: only(1, (one) => [{ ...one, record: flip(one.record, 0) }]) },
  },
  {
    title: "calls another device their writer",
    lie: { records: (all) => all.map((one) => ({ ...one, writer: "AAAAAAAAAAAAAAAAAAAAAA" as DeviceId })) },
  },
  {
    title: "gives one leaf's sender key for another's",
    lie: {
      records: (all) =>
        all.map((one) => {
          const other = all.find((each) => kindOf(each) === 1 && nameOf(each) !== nameOf(one));
          return kindOf(one) === 1 && other !== undefined
            ? { ...one, record: other.record, writer: other.writer }
            : one;
        }),
    },
  },
  {
    title: "gives one epoch's key for another's",
    lie: {
      records: (all) =>
        all.map((one) => {
          const other = all.find((each) => kindOf(each) === 0 && nameOf(each) !== nameOf(one));
          return kindOf(one) === 0 && other !== undefined
            ? { ...one, record: other.record, writer: other.writer }
            : one;
        }),
    },
  },
  {
    title: "gives another conversation's records under the same names",
    lie: { records: (all) => all.map((one) => ({ ...one, ...foreign.get(nameOf(one)), key: one.key })) },
  },
])(
  "[T95] a server that $title: nothing under a wrong name or in a wrong place, and what is missing is seen",
  async ({ lie }) => {
    const { world, conversation } = cast;
    const device = await newDevice();
    lieTo(device, lie);
    await signIn(device);
    const shown = told(await scrollUp(world, device, conversation));
    const posts = shown.filter((line) => !line.endsWith(" missing"));
    // What is shown is a part of the truth, in its order; and something is missing, which is said.
    expect(truth.filter((line) => posts.includes(line))).toEqual(posts);
    const gaps = shown.filter((line) => line.endsWith(" missing")).map((line) => Number(line.split(" ")[0]));
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps.reduce((sum, count) => sum + count, 0) + posts.length).toBeGreaterThanOrEqual(truth.length);
    // Once the server stops it, everything comes.
    world.network.tap = undefined;
    await world.until(device.engine.timeline({ conversation, limit: 10 }));
    await world.until(device.stop());
    await world.until(device.start());
    await world.run(10_000);
    expect(told(await scrollUp(world, device, conversation))).toEqual(truth);
    await leave(device);
  },
);

/** An account has so many devices. */
async function leave(device: SimulatedDevice): Promise<void> {
  await cast.world.until(device.engine.signOut());
  await cast.world.lose(device);
}

test("[T95] bad records before and after the good ones of a name hide nothing", async () => {
  const device = await newDevice();
  lieTo(device, {
    records: (all) =>
      all.flatMap((one) => [
        { ...one, record: flip(one.record) },
        { ...one, ...foreign.get(nameOf(one)), key: one.key },
        one,
        { ...one, record: new Uint8Array(100) },
      ]),
  });
  await signIn(device);
  expect(told(await scrollUp(cast.world, device, cast.conversation))).toEqual(truth);
  await leave(device);
});

test("[T95] a server that leaves out when the account came hides nothing by it", async () => {
  const device = await newDevice();
  lieTo(device, { records: only(2, () => []) });
  await signIn(device);
  expect(told(await scrollUp(cast.world, device, cast.conversation))).toEqual(truth);
  await leave(device);
});

const posted = (rows: readonly LogRow[]): number =>
  rows.findIndex((row) => row.kind === "stored" && row.envelope[1] === 1);

test.each<{ title: string; lie: Lie }>([
  {
    title: "changes an entry",
    lie: {
      page: (rows) =>
        rows.map((row, index) =>
          index === posted(rows) && row.kind === "stored" ? { ...row, envelope: flip(row.envelope) } : row,
        ),
    },
  },
  { title: "leaves an entry out", lie: { page: (rows) => rows.filter((_, index) => index !== posted(rows)) } },
  {
    title: "puts an entry into another's place",
    lie: {
      page: (rows) =>
        rows.map((row, index) =>
          index === posted(rows) && row.kind === "stored"
            ? {
                ...row,
                envelope: (rows.findLast((each) => each.kind === "stored") as Extract<LogRow, { kind: "stored" }>)
                  .envelope,
              }
            : row,
        ),
    },
  },
  {
    title: "says that an entry was erased, with another hash",
    lie: {
      page: (rows) =>
        rows.map((row, index) =>
          index === posted(rows)
            ? { kind: "erased", seq: row.seq, acceptedAt: row.acceptedAt, entry: 1, hash: new Uint8Array(32) }
            : row,
        ),
    },
  },
  { title: "sends nothing", lie: { page: () => [] } },
  { title: "claims another head before the page", lie: { head: (head) => flip(head) } },
])("[T95] a server that $title: the page is refused as a whole, and comes once it is true", async ({ lie }) => {
  const { world, alice, conversation } = cast;
  // Longer than one page, so that a page has a head before it.
  for (let count = (await world.server.log(conversation)).length; count < 90; count++)
    await world.until(alice.engine.send({ conversation, text: `filler ${count}` })).then(() => world.run(200));
  await world.run(3_000);
  const whole = told(await scrollUp(world, alice, conversation));
  const device = await newDevice();
  const person = world.people.find(({ username }) => username === "alice")!;
  await world.until(device.engine.signIn(person));
  await world.run(200);
  for (let waited = 0; device.peek("select 1 from gaps where last_seq > 50").length === 0 && waited < 200; waited++)
    await world.run(5);
  lieTo(device, lie);
  await world.run(8_000);
  const page = await world.until(device.engine.timeline({ conversation, limit: 100 }));
  expect(page.unreachable).toBe(true);
  expect(page.more).toBe(true);
  expect(page.items.filter(({ kind }) => kind === "post")).toEqual([]);
  expect(device.logged.some((line) => line.includes("history/not-this-log"))).toBe(true);
  expect(page.items.some((item) => item.kind === "system" && item.line.kind === "alarm")).toBe(true);
  world.network.tap = undefined;
  expect(told(await scrollUp(world, device, conversation))).toEqual(whole);
  await leave(device);
});
