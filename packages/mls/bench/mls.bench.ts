/** Figures of the door to MLS: `node packages/mls/bench/mls.bench.ts [devices]`. Prints one line for each. */
import { performance } from "node:perf_hooks";
import { LEAVES_MAX } from "@sotto/protocol";
import { getCiphersuiteFromName, getCiphersuiteImpl } from "ts-mls";
import { GroupState } from "../src/group-state.ts";
import {
  createCommit,
  createExternalCommit,
  createProvider,
  decodeRows,
  encodeRows,
  groupInfo,
  joinByWelcome,
  open,
  type Provider,
  seal,
  stageCommit,
  treeChunks,
} from "../src/index.ts";
import { SUITE } from "../src/provider.ts";
import {
  actor,
  commit,
  CONVERSATION,
  HEAD,
  judge,
  keyPackage,
  listOf,
  ROLE,
  stateOf,
  worldOf,
} from "../src/testing.ts";

const devices = Number(process.argv[2] ?? 100);
const POSTS = 300;
const print = (line: string) => process.stdout.write(`${line}\n`);
const say = (what: string, value: number, unit: string) =>
  print(`${what.padEnd(52)} ${value.toFixed(unit === "ms" ? 2 : 0).padStart(10)} ${unit}`);

async function took<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const provider = await createProvider();
print(`${devices} devices, ${provider.kind} provider, Node ${process.version}`);
const names = Array.from({ length: devices }, (_, i) => `p${i}`);
const list = listOf(Object.fromEntries([...names, "newcomer"].map((name) => [name, ROLE.admin])));
const everyone = names.map((name) => actor(provider, name));
const [ann, ben] = [everyone[0]!, everyone[1]!];

// Only three of the devices are followed: the others would do the same.
const world = await worldOf([ann], list);
for (let i = 1; i < devices; i += 50) {
  const packages = await Promise.all(everyone.slice(i, i + 50).map(keyPackage));
  const made = await createCommit(stateOf(world, ann), {
    add: packages.map((each) => each.publicBytes),
    logHead: HEAD,
    judge,
  });
  if (made.kind !== "made") throw new Error(made.because);
  if (i === 1) {
    const joined = await took(() =>
      joinByWelcome({ ...ben, ...packages[0]!, welcome: made.welcome!, treeChunks: made.treeChunks, judge }),
    );
    if (joined.value.kind !== "joined") throw new Error(joined.value.because);
    world.actors.push(ben);
    world.states.set(ben, joined.value.next);
  } else {
    const staged = await stageCommit(stateOf(world, ben), made.commit, { roster: made.roster, judge });
    if (staged.kind !== "staged") throw new Error("not staged");
    world.states.set(ben, staged.staged.next);
  }
  world.states.set(ann, made.next);
}

/** Median of sealing and opening, once warm, each state persisted as an engine does. */
async function posts(from: GroupState, to: GroupState): Promise<void> {
  const data = new Uint8Array(1024).fill(7);
  const [sealing, opening, bytes]: [number[], number[], number[]] = [[], [], []];
  let [sender, reader] = [from, to];
  for (let i = 0; i < POSTS; i++) {
    const sealed = await took(() => seal(sender, data));
    const opened = await took(() => open(reader, sealed.value.sealed));
    if (opened.value.kind !== "post") throw new Error(opened.value.kind);
    bytes.push(encodeRows(reader, opened.value.next).set.reduce((sum, [, value]) => sum + value.length, 0));
    [sender, reader] = [sealed.value.next, opened.value.next];
    sealing.push(sealed.ms);
    opening.push(opened.ms);
  }
  const [first] = bytes;
  say("  post of 1 KiB, seal (median)", median(sealing), "ms");
  say("  post of 1 KiB, open (median)", median(opening), "ms");
  say("  rows written for a leaf's first post of the epoch", first!, "bytes");
  say("  rows written for a post (median)", median(bytes), "bytes");
}

const under = (other: Provider, state: GroupState) => GroupState.of(other, GroupState.inside(state).mls);
print("posts");
await posts(stateOf(world, ann), stateOf(world, ben));
print("posts, with the library's own cryptography");
const library: Provider = { ...provider, suite: await getCiphersuiteImpl(getCiphersuiteFromName(SUITE)) };
await posts(under(library, stateOf(world, ann)), under(library, stateOf(world, ben)));

async function rekey(label: string): Promise<void> {
  const making = await took(() => createCommit(stateOf(world, ann), { logHead: HEAD, judge }));
  const made = making.value;
  if (made.kind !== "made") throw new Error(made.because);
  const staging = await took(() => stageCommit(stateOf(world, ben), made.commit, { roster: made.roster, judge }));
  if (staging.value.kind !== "staged") throw new Error(staging.value.kind);
  const before = stateOf(world, ben);
  const { next } = staging.value.staged;
  const rows = await took(async () => encodeRows(before, next));
  say(`  ${label}: make`, making.ms, "ms");
  say(`  ${label}: process`, staging.ms, "ms");
  say(`  ${label}: size`, made.commit.length / 1024, "KiB");
  say(`  ${label}: rows written`, rows.value.set.reduce((sum, [, value]) => sum + value.length, 0) / 1024, "KiB");
  world.states.set(ann, made.next);
  world.states.set(ben, next);
}
print("commits");
await rekey("first path commit");
for (let i = 0; i < 2; i++) await rekey("later path commit");
if (devices < LEAVES_MAX) {
  const added = await took(() => commit(world, ann, { join: [actor(provider, "newcomer")] }));
  say("  add one, the others follow, the newcomer joins", added.ms, "ms");
}

const info = await groupInfo(stateOf(world, ann), HEAD);
const chunks = treeChunks(stateOf(world, ann));
const back = everyone[2]!;
const entering = await took(() =>
  createExternalCommit({
    ...back,
    conversation: CONVERSATION,
    groupInfo: info,
    treeChunks: chunks,
    logHead: HEAD,
    judge,
  }),
);
if (entering.value.kind !== "made") throw new Error(entering.value.because);
say("  external commit: make", entering.ms, "ms");
const { commit: bytes, roster } = entering.value;
say(
  "  external commit: process",
  (await took(() => stageCommit(stateOf(world, ben), bytes, { roster, judge }))).ms,
  "ms",
);

const rows = encodeRows(undefined, stateOf(world, ben)).set;
say("  a state's rows in all", rows.reduce((sum, [, value]) => sum + value.length, 0) / 1024, "KiB");
say("  a state read from its rows", (await took(async () => decodeRows(provider, rows))).ms, "ms");
