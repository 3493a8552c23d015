import { sessionChallengeMessage } from "@sotto/crypto";
import type { Link } from "@sotto/engine";
import { decodeRows, type GroupState, type LeafIdentity, type LeafKey } from "@sotto/mls";
import {
  OPERATIONS,
  Refusal,
  decodeServerFrame,
  encodeRequest,
  encodeSubmit,
  type AccountId,
  type ConversationId,
  type DeviceId,
  type Operation,
  type Parameters,
  type Result,
  type SendId,
  type ServerFrame,
} from "@sotto/protocol";
import * as v from "valibot";
import { Life } from "./life.ts";
import { seededSignInKeys } from "./seeded-keys.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import { ORIGIN } from "./simulated-server.ts";
import type { World } from "./world.ts";

/** The server said no, or nothing at all ("lost"). */
export class RawRefusal extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A client without an engine's manners: it speaks the protocol and says whatever it is told to. */
export class RawClient {
  readonly #life = new Life(() => undefined);
  readonly #link: Link;
  readonly #waiting = new Map<number, (frame: ServerFrame | undefined) => void>();
  #next = 1;
  readonly #opened: Promise<void>;

  constructor(world: World, name: string) {
    let open = (): void => undefined;
    this.#opened = new Promise((resolve) => (open = resolve));
    this.#link = world.network.transport(name, this.#life, ORIGIN).connect({
      opened: () => open(),
      frame: (bytes) => this.#receive(bytes),
      closed: () => {
        for (const settle of this.#waiting.values()) settle(undefined);
        this.#waiting.clear();
      },
    });
  }

  #receive(bytes: Uint8Array): void {
    const frame = decodeServerFrame(bytes);
    if (frame === undefined || frame.type === "entry" || frame.type === "event") return;
    this.#waiting.get(frame.request)?.(frame);
    this.#waiting.delete(frame.request);
  }

  async #ask(encode: (request: number) => Uint8Array): Promise<ServerFrame> {
    await this.#opened;
    const request = this.#next++;
    const answer = new Promise<ServerFrame | undefined>((resolve) => this.#waiting.set(request, resolve));
    if (!this.#link.send(encode(request))) throw new RawRefusal("lost");
    const frame = await answer;
    if (frame === undefined) throw new RawRefusal("lost");
    if (frame.type === "refused") throw new RawRefusal(v.parse(Refusal, frame.body).code);
    return frame;
  }

  async request<O extends Operation>(operation: O, parameters: Parameters<O>): Promise<Result<O>> {
    const frame = await this.#ask((request) => encodeRequest(request, operation, parameters));
    if (frame.type !== "response") throw new RawRefusal("lost");
    return v.parse(OPERATIONS[operation].result, frame.body) as Result<O>;
  }

  async submit(
    conversation: ConversationId,
    send: SendId,
    envelope: Uint8Array,
  ): Promise<{ seq: number; hash: Uint8Array }> {
    const frame = await this.#ask((request) => encodeSubmit({ request, conversation, send, envelope }));
    if (frame.type !== "accepted") throw new RawRefusal("lost");
    return { seq: frame.seq, hash: frame.hash };
  }

  /** Signs in with the keys of a device. */
  async authenticateAs(device: SimulatedDevice): Promise<void> {
    const { account, device: id, signInKey } = secretsOf(device);
    const { challenge } = await this.request("session.challenge", {});
    const message = sessionChallengeMessage({ origin: ORIGIN, challenge, account, device: id });
    const signature = await seededSignInKeys(() => new Uint8Array(32)).sign(signInKey, message);
    await this.request("session.authenticate", { account, device: id, origin: ORIGIN, signature });
  }

  close(): void {
    this.#link.close();
    this.#life.end();
  }
}

export type Secrets = LeafIdentity & {
  account: AccountId;
  device: DeviceId;
  leafKey: LeafKey;
  signInKey: Uint8Array;
  chain: Uint8Array;
};

/** What a thief finds on a device. */
export function secretsOf(device: SimulatedDevice): Secrets {
  const row = device.peek("select * from session")[0];
  if (row === undefined) throw new Error(`nobody is signed in on ${device.name}`);
  return {
    account: row["account"] as AccountId,
    device: row["device"] as DeviceId,
    signInKey: row["sign_in_key"] as Uint8Array,
    leafKey: { privateKey: row["leaf_private_key"] as Uint8Array, publicKey: row["leaf_public_key"] as Uint8Array },
    chain: row["chain"] as Uint8Array,
  };
}

/** The MLS state that a device has on disk, and its place in the log. */
export function stateOf(
  device: SimulatedDevice,
  conversation: ConversationId,
): { group: GroupState; latestCommit: number; applied: number; cursor: number; head: Uint8Array } | undefined {
  const rows = device.peek("select key, value from group_rows where conversation = ?", [conversation]);
  const place = device.peek("select latest_commit, applied, cursor, head from conversations where id = ?", [
    conversation,
  ])[0];
  const group = decodeRows(
    device.provider,
    rows.map((row) => [row["key"] as string, row["value"] as Uint8Array] as const),
  );
  if (group === undefined || place === undefined) return undefined;
  return {
    group,
    latestCommit: place["latest_commit"] as number,
    applied: place["applied"] as number,
    cursor: place["cursor"] as number,
    head: place["head"] as Uint8Array,
  };
}
