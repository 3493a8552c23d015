/** What the tests of this package share: a cast whose chains are believed by their form alone, and short ways through the door. */
import { sha256 } from "@noble/hashes/sha2.js";
import {
  accountIdOf,
  concat,
  type ConversationExtension,
  conversationIdOf,
  deviceIdOf,
  equalBytes,
  idBytes,
  KIND,
  MEMBERS_MAY,
  type Policy,
  ROLE,
  type Role,
  utf8,
} from "@sotto/protocol";
import {
  type ChainJudge,
  type CommitRequest,
  createCommit,
  createGroup,
  createKeyPackage,
  createProvider,
  generateLeafKey,
  type GroupState,
  joinByWelcome,
  type LeafIdentity,
  type LeafKey,
  type MadeCommit,
  members as membersOf,
  type NewKeyPackage,
  open,
  type Provider,
  type Staged,
  stageCommit,
} from "./index.ts";

/** A device of the cast. Its "chain" is `name/device:leaf key` and may end in `;revoked`. */
export type Actor = { name: string; identity: LeafIdentity; leafKey: LeafKey; chain: Uint8Array; provider: Provider };

export const NOW = 1_800_000_000n;
export const LIFETIME = { notBefore: NOW - 3600n, notAfter: NOW + 7n * 86_400n };
export const HEAD = new Uint8Array(32).fill(5);
export const CONVERSATION = conversationIdOf(new Uint8Array(16).fill(3));

export const accountOf = (name: string) => accountIdOf(sha256(utf8(name)));
export const deviceOf = (name: string, device: number) => deviceIdOf(sha256(utf8(`${name}/${device}`)).slice(0, 16));

export function actor(provider: Provider, name: string, device = 1): Actor {
  const leafKey = generateLeafKey(provider);
  const identity = { account: accountOf(name), device: deviceOf(name, device) };
  return { name, identity, leafKey, chain: chainOf(identity, leafKey.publicKey), provider };
}

export function chainOf(identity: LeafIdentity, leafKey: Uint8Array, end: "" | "revoked" = ""): Uint8Array {
  return concat(idBytes(identity.account), idBytes(identity.device), leafKey, utf8(end));
}

/** Believes chains by their form: who is bound stands in them, and whether they end in a revocation. */
export const judge: ChainJudge = {
  bound: (chain, identity, leafKey) => equalBytes(chain.subarray(0, 80), chainOf(identity, leafKey)),
  active: (chain, identity, leafKey) => equalBytes(chain, chainOf(identity, leafKey)),
  leaves(statement, conversation, chain) {
    const account = accountIdOf(chain.slice(0, 32));
    if (!equalBytes(statement.subarray(0, 48), concat(idBytes(account), idBytes(conversation)))) return undefined;
    return { account, epoch: BigInt(statement[48]!) };
  },
  revokes: (statements, identity) =>
    statements.some((each) => {
      const end = each.subarray(80);
      return (
        equalBytes(each.subarray(0, 48), concat(idBytes(identity.account), idBytes(identity.device))) &&
        equalBytes(end, utf8("revoked"))
      );
    }),
};

export const leaveStatement = (name: string, epoch: number) =>
  concat(idBytes(accountOf(name)), idBytes(CONVERSATION), Uint8Array.of(epoch));

export const POLICY: Policy = {
  add: "admins",
  ...MEMBERS_MAY,
  join: "closed",
  history: "archive",
  timerSeconds: 0,
};

export function listOf(
  roles: Record<string, Role>,
  policy: Partial<Policy> = {},
  kind: ConversationExtension["kind"] = KIND.group,
): ConversationExtension {
  return {
    kind,
    accounts: Object.entries(roles).map(([name, role]) => [accountOf(name), role]),
    policy: { ...POLICY, join: kind === KIND.room ? "open" : "closed", ...policy },
    profileHash: null,
  };
}

/** A small reproducible source (xorshift32), in the place of the simulator's. */
export function seeded(seed: number): (length: number) => Uint8Array {
  let state = seed;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 255;
    });
}

let shared: Promise<Provider> | undefined;
export const sharedProvider = () => (shared ??= createProvider());

export function keyPackage(who: Actor): Promise<NewKeyPackage> {
  const { provider, identity, leafKey, chain } = who;
  return createKeyPackage({ provider, identity, leafKey, chain, lifetime: LIFETIME });
}

/** Everybody's state by name. */
export type World = { actors: Actor[]; states: Map<Actor, GroupState> };

/** The first actor creates, and adds all the others in one commit. */
export async function worldOf(actors: Actor[], extension: ConversationExtension): Promise<World> {
  const [creator, ...others] = actors;
  const { provider, identity, leafKey, chain } = creator!;
  const state = await createGroup({ provider, conversation: CONVERSATION, identity, leafKey, chain, extension });
  const world: World = { actors: [creator!], states: new Map([[creator!, state]]) };
  if (others.length > 0) await commit(world, creator!, { join: others });
  return world;
}

export type Wish = Partial<CommitRequest> & { join?: Actor[]; drop?: Actor[] };

export const stateOf = (world: World, who: Actor): GroupState => world.states.get(who)!;

export function leafOf(world: World, who: Actor, of: Actor): number {
  return membersOf(stateOf(world, who)).find(
    ({ identity }) => identity.device === of.identity.device && identity.account === of.identity.account,
  )!.leafIndex;
}

/** `who` commits, everyone stages it, newcomers join, all states advance. */
export async function commit(
  world: World,
  who: Actor,
  { join = [], drop = [], ...wish }: Wish = {},
): Promise<MadeCommit> {
  const packages = await Promise.all(join.map(keyPackage));
  const state = stateOf(world, who);
  const result = await createCommit(state, {
    logHead: HEAD,
    judge,
    add: packages.map((each) => each.publicBytes),
    remove: drop.map((each) => leafOf(world, who, each)),
    ...wish,
  });
  if (result.kind !== "made") throw new Error(`refused: ${result.because}`);
  const made = result;
  for (const other of world.actors) {
    if (other === who || drop.includes(other)) continue;
    world.states.set(other, (await staged(stateOf(world, other), made)).next);
  }
  for (const gone of drop) world.states.delete(gone);
  world.actors = world.actors.filter((each) => !drop.includes(each));
  world.states.set(who, made.next);
  for (const [i, newcomer] of join.entries()) {
    const joined = await joinByWelcome({
      provider: newcomer.provider,
      welcome: made.welcome!,
      publicBytes: packages[i]!.publicBytes,
      privateBytes: packages[i]!.privateBytes,
      leafKey: newcomer.leafKey,
      treeChunks: made.treeChunks,
      judge,
    });
    if (joined.kind !== "joined") throw new Error(`not joined: ${joined.because}`);
    world.actors.push(newcomer);
    world.states.set(newcomer, joined.next);
  }
  return made;
}

export async function staged(
  state: GroupState,
  { commit, roster }: { commit: Uint8Array; roster: Uint8Array },
): Promise<Staged> {
  const result = await stageCommit(state, commit, { roster, judge });
  if (result.kind !== "staged")
    throw new Error(`not staged: ${result.kind} ${"because" in result ? result.because : ""}`);
  return result.staged;
}

export async function opened(state: GroupState, sealed: Uint8Array) {
  const result = await open(state, sealed);
  if (result.kind !== "post")
    throw new Error(`not opened: ${result.kind} ${"because" in result ? result.because : ""}`);
  return result;
}

export { ROLE };
