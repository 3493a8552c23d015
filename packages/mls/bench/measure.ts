// What the door to MLS costs, measured the same way in Node and in a browser's worker. Milliseconds, and bytes.
import { getCiphersuiteFromName, getCiphersuiteImpl } from "ts-mls";
import { GroupState } from "../src/group-state.ts";
import {
  createCommit,
  createProvider,
  encodeRows,
  joinByWelcome,
  open,
  type Provider,
  type RowChanges,
  seal,
  stageCommit,
} from "../src/index.ts";
import { SUITE } from "../src/provider.ts";
import {
  type Actor,
  actor,
  HEAD,
  judge,
  keyPackage,
  listOf,
  ROLE,
  stateOf,
  type World,
  worldOf,
} from "../src/testing.ts";

const POST = new Uint8Array(1024).fill(7);
const ADDED_AT_ONCE = 50;

/** Where time comes from. `cpu`: processor time of the process, where the platform tells it. */
export type Clocks = { now: () => number; cpu?: () => number };
/** `ms`: elapsed, median; `cpuMs`: processor time, mean over all. */
export type Cost = { ms: number; cpuMs: number | null };
export type Costs<Step extends string> = Record<Step, Cost>;

/** A group of which two members are followed; the others would do as they do. */
export type BenchGroup = { provider: Provider; world: World; ann: Actor; ben: Actor };

/** Everyone is an account of their own. Whoever is added has never committed: the tree is as empty as can be. */
export async function groupOf(devices: number): Promise<BenchGroup> {
  const provider = await createProvider();
  const names = Array.from({ length: devices }, (_, i) => `p${i}`);
  const everyone = names.map((name) => actor(provider, name));
  const [ann, ben, ...others] = everyone;
  if (ann === undefined || ben === undefined) throw new Error("a group of fewer than two");
  const world = await worldOf([ann], listOf(Object.fromEntries(names.map((name) => [name, ROLE.admin]))));
  await add(world, ann, [ben]);
  for (let i = 0; i < others.length; i += ADDED_AT_ONCE) await add(world, ann, others.slice(i, i + ADDED_AT_ONCE), ben);
  return { provider, world, ann, ben };
}

async function add(world: World, ann: Actor, newcomers: Actor[], follower?: Actor): Promise<void> {
  const packages = await Promise.all(newcomers.map(keyPackage));
  const made = await createCommit(stateOf(world, ann), {
    add: packages.map((each) => each.publicBytes),
    logHead: HEAD,
    judge,
  });
  if (made.kind !== "made") throw new Error(made.because);
  const [first] = newcomers;
  const [firstPackage] = packages;
  if (follower !== undefined) {
    const staged = await stageCommit(stateOf(world, follower), made.commit, { roster: made.roster, judge });
    if (staged.kind !== "staged") throw new Error(staged.kind);
    world.states.set(follower, staged.staged.next);
  } else if (first !== undefined && firstPackage !== undefined && made.welcome !== undefined) {
    const { welcome, treeChunks } = made;
    const joined = await joinByWelcome({ ...first, ...firstPackage, welcome, treeChunks, judge });
    if (joined.kind !== "joined") throw new Error(joined.because);
    world.states.set(first, joined.next);
  }
  world.states.set(ann, made.next);
}

class Stopwatch {
  readonly #clocks: Clocks;
  readonly #ms: number[] = [];
  #cpuMs = 0;
  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }
  async time<T>(work: () => Promise<T>): Promise<T> {
    const { now, cpu } = this.#clocks;
    const [cpuStart, start] = [cpu?.() ?? 0, now()];
    const value = await work();
    this.#ms.push(now() - start);
    this.#cpuMs += (cpu?.() ?? 0) - cpuStart;
    return value;
  }
  cost(): Cost {
    return { ms: median(this.#ms), cpuMs: this.#clocks.cpu === undefined ? null : this.#cpuMs / this.#ms.length };
  }
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

class Talk {
  #sender: GroupState;
  #reader: GroupState;
  readonly #seal: Stopwatch;
  readonly #open: Stopwatch;
  constructor(provider: Provider, { world, ann, ben }: BenchGroup, clocks: Clocks) {
    const under = (state: GroupState) => GroupState.of(provider, GroupState.inside(state).mls);
    [this.#sender, this.#reader] = [under(stateOf(world, ann)), under(stateOf(world, ben))];
    [this.#seal, this.#open] = [new Stopwatch(clocks), new Stopwatch(clocks)];
  }
  async post(): Promise<void> {
    const sealed = await this.#seal.time(() => seal(this.#sender, POST));
    const opened = await this.#open.time(() => open(this.#reader, sealed.sealed));
    if (opened.kind !== "post") throw new Error(opened.kind);
    [this.#sender, this.#reader] = [sealed.next, opened.next];
  }
  costs(): Costs<"seal" | "open"> {
    return { seal: this.#seal.cost(), open: this.#open.cost() };
  }
}

export type Posts = { ours: Costs<"seal" | "open">; library: Costs<"seal" | "open"> };

/** Posts of 1 KiB under our provider and under the library's own, in turns: both meet the same moments of the machine. */
export async function postsIn(group: BenchGroup, posts: number, clocks: Clocks): Promise<Posts> {
  const library: Provider = { ...group.provider, suite: await getCiphersuiteImpl(getCiphersuiteFromName(SUITE)) };
  const warm = [new Talk(group.provider, group, clocks), new Talk(library, group, clocks)];
  for (let i = 0; i < posts / 5; i++) for (const talk of warm) await talk.post();
  const [ours, theirs] = [new Talk(group.provider, group, clocks), new Talk(library, group, clocks)];
  for (let i = 0; i < posts; i++) {
    await ours.post();
    await theirs.post();
  }
  return { ours: ours.costs(), library: theirs.costs() };
}

/** Commits with a path by the first member, processed by the second. The group goes on from them. */
export async function commitsIn(
  group: BenchGroup,
  commits: number,
  clocks: Clocks,
): Promise<Costs<"make" | "process">> {
  const { world, ann, ben } = group;
  const [making, processing] = [new Stopwatch(clocks), new Stopwatch(clocks)];
  for (let i = 0; i < commits; i++) {
    const made = await making.time(() => createCommit(stateOf(world, ann), { logHead: HEAD, judge }));
    if (made.kind !== "made") throw new Error(made.because);
    const context = { roster: made.roster, judge };
    const staged = await processing.time(() => stageCommit(stateOf(world, ben), made.commit, context));
    if (staged.kind !== "staged") throw new Error(staged.kind);
    world.states.set(ann, made.next);
    world.states.set(ben, staged.staged.next);
  }
  return { make: making.cost(), process: processing.cost() };
}

export type PostRows = { first: number; young: number; old: number };

/**
 * Bytes of a group's rows that a post changes, keys and values, at its reader: a leaf's first post of the epoch, the median of its
 * next hundred, and the median of the last hundred.
 */
export async function rowsOfPosts({ world, ann, ben }: BenchGroup, posts: number): Promise<PostRows> {
  let [sender, reader] = [stateOf(world, ann), stateOf(world, ben)];
  const bytes: number[] = [];
  for (let i = 0; i < posts; i++) {
    const sealed = await seal(sender, POST);
    const opened = await open(reader, sealed.sealed);
    if (opened.kind !== "post") throw new Error(opened.kind);
    bytes.push(bytesOf(encodeRows(reader, opened.next)));
    [sender, reader] = [sealed.next, opened.next];
  }
  return { first: bytes[0] ?? 0, young: median(bytes.slice(1, 101)), old: median(bytes.slice(-100)) };
}

const bytesOf = (rows: RowChanges): number =>
  rows.set.reduce((sum, [key, value]) => sum + key.length + value.length, 0) +
  rows.delete.reduce((sum, key) => sum + key.length, 0);
