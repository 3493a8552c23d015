import { entryHash, sha256 } from "@sotto/crypto";
import type { GroupState } from "@sotto/mls";
import {
  ENTRY_KIND,
  decodeServerFrame,
  encodeCommitBody,
  encodeEntry,
  encodeEnvelope,
  encodePage,
  idBytes,
  sendIdOf,
  toBase64Url,
  toHex,
  type AccountId,
  type ConversationId,
  type LogRow,
} from "@sotto/protocol";
import { RawClient, secretsOf, stateOf, type Secrets } from "./raw-client.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { accountOn, World } from "./world.ts";

export type Cast = {
  world: World;
  alice: SimulatedDevice;
  bob: SimulatedDevice;
  carol: SimulatedDevice;
  conversation: ConversationId;
};

/** Alice (admin), Bob and Carol in a group in which each of them has written. */
export async function castOf(seed: string): Promise<Cast> {
  const world = await World.create(seed);
  const [alice, bob, carol] = [
    await world.signedUp("alice"),
    await world.signedUp("bobby"),
    await world.signedUp("carol"),
  ];
  await world.run(1_000);
  const conversation = await world.until(alice.engine.createGroup({ name: "cast", usernames: ["bobby", "carol"] }));
  await world.run(5_000);
  for (const device of [alice, bob, carol]) {
    await world.until(device.engine.send({ conversation, text: `${device.name} is here` }));
    await world.run(3_000);
  }
  return { world, alice, bob, carol, conversation };
}

/** Writes and lets it arrive. */
export async function say(
  world: World,
  device: SimulatedDevice,
  conversation: ConversationId,
  text: string,
): Promise<void> {
  await world.until(device.engine.send({ conversation, text }));
  await world.run(3_000);
}

type Row = { text: string | null; sender: string | null; kind: string; line: string | null; seq: number | null };

const items = (device: SimulatedDevice, conversation: ConversationId): Row[] =>
  device.peek("select text, sender, kind, line, seq from items where conversation = ? order by item_order", [
    conversation,
  ]) as Row[];

/** Texts of all posts that a device shows, in order. */
export const texts = (device: SimulatedDevice, conversation: ConversationId): string[] =>
  items(device, conversation).flatMap(({ kind, text }) => (kind === "post" && text !== null ? [text] : []));

/** The account that a device shows as the sender of a text. */
export const senderOf = (
  device: SimulatedDevice,
  conversation: ConversationId,
  text: string,
): string | null | undefined => items(device, conversation).find((each) => each.text === text)?.sender;

/** Alarms that a device shows, with who claims them. */
export const alarms = (
  device: SimulatedDevice,
  conversation: ConversationId,
): { alarm: string; claimedBy: string | null }[] =>
  items(device, conversation).flatMap(({ line }) =>
    line?.includes('"alarm"') === true ? [JSON.parse(line) as { alarm: string; claimedBy: string | null }] : [],
  );

/** Reasons for which a device has refused entries of a conversation, in order. */
export const refusals = (device: SimulatedDevice, conversation: ConversationId): string[] =>
  device.logged.flatMap((line) => {
    const entry = JSON.parse(line) as { code: string; conversation?: string; because?: string; detail?: string };
    return entry.conversation === conversation && entry.code === "entry/refused"
      ? [`${entry.because} ${entry.detail}`.trim()]
      : [];
  });

/** What must be the same bytes before and after an entry that is refused: the group, who is in it, the epoch. */
export function kept(device: SimulatedDevice, conversation: ConversationId): string {
  const rows = device.peek("select key, value from group_rows where conversation = ? order by key", [conversation]);
  const record = device.peek(
    "select state, applied, roll, name from conversations join rolls on conversation = id where id = ?",
    [conversation],
  )[0];
  return JSON.stringify([rows.map(({ key, value }) => [key, toHex(value as Uint8Array)]), record]);
}

export const stateKind = (device: SimulatedDevice, conversation: ConversationId): string =>
  String(device.peek("select state from conversations where id = ?", [conversation])[0]?.["state"]);

/** A member whose client has no policy: holds the keys of a device and says what it likes. The device itself is switched off. */
export class EvilMember {
  readonly #world: World;
  readonly #client: RawClient;
  readonly conversation: ConversationId;
  readonly secrets: Secrets;
  readonly group: GroupState;
  readonly device: SimulatedDevice;
  readonly latestCommit: number;
  readonly applied: number;
  #sends = 0;

  private constructor(world: World, client: RawClient, device: SimulatedDevice, conversation: ConversationId) {
    const state = stateOf(device, conversation);
    if (state === undefined) throw new Error("no state to steal");
    this.#world = world;
    this.#client = client;
    this.device = device;
    this.conversation = conversation;
    this.secrets = secretsOf(device);
    this.group = state.group;
    this.latestCommit = state.latestCommit;
    this.applied = state.applied;
  }

  static async of(world: World, device: SimulatedDevice, conversation: ConversationId): Promise<EvilMember> {
    const client = new RawClient(world, `evil ${device.name}`);
    await world.until(client.authenticateAs(device));
    const evil = new EvilMember(world, client, device, conversation);
    await world.until(world.lose(device));
    return evil;
  }

  get client(): RawClient {
    return this.#client;
  }

  /** As somebody who can make MLS messages by hand. */
  get actor() {
    const { account, device, leafKey, chain } = this.secrets;
    return { name: this.device.name, identity: { account, device }, leafKey, chain, provider: this.device.provider };
  }

  #send() {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(12, ++this.#sends);
    return sendIdOf(bytes);
  }

  /** Submits any bytes as a post, by default at the right place. */
  async post(
    body: Uint8Array,
    place: { seen?: number; applied?: number; conversation?: ConversationId } = {},
  ): Promise<void> {
    const envelope = encodeEnvelope({
      kind: ENTRY_KIND.application,
      seen: place.seen ?? this.latestCommit,
      applied: place.applied ?? this.applied,
      body,
    });
    await this.#world.until(this.#client.submit(place.conversation ?? this.conversation, this.#send(), envelope));
    await this.#world.run(3_000);
  }

  /** Submits any bytes as a commit, with any roster. */
  async commit({ commit, roster }: { commit: Uint8Array; roster: Uint8Array }): Promise<void> {
    const envelope = encodeEnvelope({
      kind: ENTRY_KIND.commit,
      seen: this.latestCommit,
      applied: this.applied,
      body: encodeCommitBody({ commit, roster }),
    });
    this.#world.ledger.hostileCommits.add(toBase64Url(entryHash(envelope)));
    const chunk = new Uint8Array(8);
    const bundle = {
      send: this.#send(),
      envelope,
      groupInfo: new Uint8Array(8),
      treeChunks: [sha256(chunk)],
      newChunks: [chunk],
      welcomes: [],
      welcomeFor: [],
    };
    await this.#world.until(this.#client.request("conversation.commit", { conversation: this.conversation, bundle }));
    await this.#world.run(3_000);
  }
}

/** Rewrites the entries of a conversation on their way to a device, wherever they travel: one by one or in pages. */
export function rewriteEntries(
  world: World,
  victim: SimulatedDevice,
  conversation: ConversationId,
  rewrite: (row: LogRow) => readonly LogRow[],
): void {
  world.network.tap = (device, frame) => {
    if (device !== victim.name) return [frame];
    const read = decodeServerFrame(frame);
    if (read?.type === "entry" && read.conversation === conversation) {
      return rewrite({ kind: "stored", seq: read.seq, acceptedAt: read.acceptedAt, envelope: read.envelope }).flatMap(
        (row) =>
          row.kind === "stored" ? [encodeEntry(idBytes(conversation), row.seq, row.acceptedAt, row.envelope)] : [],
      );
    }
    // Pages don't say of which conversation they are; the scenarios ask for those of one only.
    if (read?.type === "page")
      return [
        encodePage(
          read.request,
          read.more,
          read.rows.flatMap((row) => [...rewrite(row)]),
        ),
      ];
    return [frame];
  };
}

/** The envelope of an entry as the server holds it. */
export async function envelopeAt(world: World, conversation: ConversationId, seq: number): Promise<Uint8Array> {
  const row = (await world.server.log(conversation))[seq - 1];
  if (row?.kind !== "stored") throw new Error(`no entry ${seq}`);
  return row.envelope;
}

export const accountOf = (device: SimulatedDevice): AccountId => {
  const account = accountOn(device);
  if (account === undefined) throw new Error("nobody is signed in");
  return account;
};

/** The honest ones stand in one epoch and read what each of them writes. */
export async function stillTalk(
  world: World,
  devices: readonly SimulatedDevice[],
  conversation: ConversationId,
): Promise<string[]> {
  const missing: string[] = [];
  for (const device of devices) {
    const text = `${device.name} at ${world.clock.now()}`;
    await say(world, device, conversation, text);
    for (const other of devices)
      if (!texts(other, conversation).includes(text)) missing.push(`${other.name} doesn't read ${device.name}`);
  }
  return missing;
}
