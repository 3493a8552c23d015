import { archiveGenerationOf, openArchiveRecord, sha256 } from "@sotto/crypto";
import { aboutEpochKey, aboutSenderKey, joinEpochKey, type AboutSender } from "@sotto/mls";
import {
  ARCHIVE_FIND_KEYS_MAX,
  Bytes,
  SeqNumber,
  SottoError,
  bytesOf,
  concat,
  decodeCbor,
  equalBytes,
  toHex,
  type AccountId,
  type ConversationId,
  type DeviceId,
  type Seq,
} from "@sotto/protocol";
import * as v from "valibot";
import { aboutOf, isGiven, keyOfSubject, noteArchived, senderKeyOf, type Subject } from "./archive-records.ts";
import type { Context } from "../context.ts";
import { learn } from "../people/learn.ts";
import { bytesOf as blobOf } from "../rows.ts";

/** One epoch as the archive has it. `applied`: seq of the commit that made it, 0 when that isn't proven. */
export type EpochKey = { applied: Seq; key: Uint8Array };
/** `given`: another account said so. It may open something, and proves nothing against what it doesn't open. */
export type SenderKey = AboutSender & { key: Uint8Array; given: boolean };

const EpochWire = v.strictTuple([v.literal(1), SeqNumber, bytesOf(32), Bytes]);
const PartWire = v.strictTuple([v.literal(1), v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), Bytes]);
const EPOCHS_MAX = 2_048;

/**
 * What is open of one conversation's archive, in memory. A record counts for nothing until it fits: every record of a name is tried,
 * so one that is damaged, foreign or forged never stands in front of a good one. What isn't there is asked for again next time.
 */
export class ArchiveReader {
  readonly #context: Context;
  readonly #conversation: ConversationId;
  readonly #epochs = new Map<bigint, EpochKey[]>();
  readonly #senders = new Map<string, SenderKey[]>();
  readonly #parts = new Map<string, Uint8Array>();
  /** Names of records that were found and aren't noted yet. */
  readonly #found: { key: Uint8Array; kept: boolean }[] = [];

  constructor(context: Context, conversation: ConversationId) {
    this.#context = context;
    this.#conversation = conversation;
  }

  /** Notes what was found. Inside a transaction: for itself it would cost as much as a page does. */
  noteFound(): void {
    for (const { key, kept } of this.#found.splice(0)) noteArchived(this.#context, this.#conversation, key, kept);
  }

  epoch(epoch: bigint): readonly EpochKey[] {
    return this.#epochs.get(epoch) ?? [];
  }

  sender(epoch: bigint, leaf: number): readonly SenderKey[] {
    return this.#senders.get(`${epoch}/${leaf}`) ?? [];
  }

  /** Fetches what isn't here yet of these epochs' keys. */
  async loadEpochs(epochs: Iterable<bigint>): Promise<void> {
    if (this.#epochs.size > EPOCHS_MAX) this.forget();
    const wanted = [...new Set(epochs)].filter((epoch) => !this.#epochs.has(epoch));
    const found = await this.#find(wanted.map((epoch) => ({ kind: "epoch", epoch }) as const));
    const records = found.flatMap(({ subject, plaintext }) => {
      const parsed = parse(EpochWire, plaintext);
      return subject.kind === "epoch" && parsed !== undefined
        ? [{ epoch: subject.epoch, applied: parsed[1], hash: parsed[2], key: parsed[3] }]
        : [];
    });
    const extensions = await this.wholes(records.map(({ hash }) => hash));
    for (const { epoch, applied, hash, key } of records) {
      const extension = extensions.get(toHex(hash));
      const whole = extension === undefined ? undefined : joinEpochKey(key, extension);
      if (whole !== undefined) this.addEpoch(epoch, { applied, key: whole });
    }
  }

  /**
   * Records that contradict each other about one key are all kept: none of them stands in front of a good one. What isn't proven gives way.
   * @returns whether it names this epoch of this conversation.
   */
  addEpoch(epoch: bigint, { applied, key }: EpochKey): boolean {
    const about = aboutEpochKey(key);
    if (about?.epoch !== epoch || about.conversation !== this.#conversation) return false;
    const known = this.#epochs.get(epoch) ?? [];
    const same = known.filter((other) => equalBytes(other.key, key));
    const unproven = same.find((other) => other.applied === 0);
    if (unproven !== undefined) known[known.indexOf(unproven)] = { applied, key };
    else if (same.length === 0 || (applied > 0 && !same.some((other) => other.applied === applied)))
      known.push({ applied, key });
    this.#epochs.set(epoch, known);
    return true;
  }

  async loadSenders(wanted: readonly { epoch: bigint; leaf: number }[]): Promise<void> {
    const unknown = new Map(
      wanted
        .filter(({ epoch, leaf }) => !this.#senders.has(`${epoch}/${leaf}`))
        .map((one) => [`${one.epoch}/${one.leaf}`, one]),
    );
    const found = await this.#find([...unknown.values()].map((one) => ({ kind: "sender", ...one }) as const));
    await this.learnSenders(found.map(({ plaintext }) => senderKeyOf(plaintext).key));
    for (const { subject, plaintext } of found)
      if (subject.kind === "sender") this.addSender(subject.epoch, senderKeyOf(plaintext), subject.leaf);
  }

  /** Identities that sender keys name and this device doesn't know, or not with that device: of people who left, for example. */
  async learnSenders(keys: readonly Uint8Array[]): Promise<void> {
    const { people } = this.#context;
    const accounts = new Set<AccountId>();
    for (const key of keys) {
      const identity = aboutSenderKey(key)?.identity;
      if (identity === undefined) continue;
      const { account, device } = identity;
      if (people.chain(account)?.devices.some((one) => one.device === device) !== true) accounts.add(account);
    }
    if (accounts.size > 0)
      await learn(this.#context, { failed: (job, error) => this.#failed(job, error) }, [...accounts]);
  }

  #failed(job: string, error: unknown): void {
    this.#context.ports.log("warn", "engine/job-failed", {
      job,
      conversation: this.#conversation,
      code: error instanceof SottoError ? error.code : "internal/unexpected",
    });
  }

  /**
   * A sender key counts only if its account's identity binds the signature key to that device: nobody who can write into this archive
   * can speak for another by it.
   */
  addSender(epoch: bigint, { key, given }: { key: Uint8Array; given: boolean }, leaf?: number): boolean {
    const about = aboutSenderKey(key);
    if (about === undefined || (leaf !== undefined && about.leafIndex !== leaf)) return false;
    const device = this.#context.people
      .chain(about.identity.account)
      ?.devices.find((one) => one.device === about.identity.device);
    if (device === undefined || !equalBytes(device.leafKey, about.signatureKey)) return false;
    const name = `${epoch}/${about.leafIndex}`;
    const known = this.#senders.get(name) ?? [];
    const same = known.find((other) => equalBytes(other.key, key));
    if (same === undefined) known.push({ ...about, key, given });
    else same.given &&= given;
    this.#senders.set(name, known);
    return true;
  }

  /** Opened records under the shared name of memberships. */
  async memberships(): Promise<Uint8Array[]> {
    return (await this.#find([{ kind: "membership" }])).map(({ plaintext }) => plaintext);
  }

  /** Puts together what is kept in pieces. @returns by the hash in hex; what isn't there or doesn't fit its hash is left out */
  async wholes(hashes: readonly Uint8Array[]): Promise<Map<string, Uint8Array>> {
    const wanted = new Map(hashes.map((hash) => [toHex(hash), hash]));
    const missing = [...wanted].filter(([name]) => !this.#parts.has(name));
    const first = await this.#find(missing.map(([, hash]) => ({ kind: "part", hash, index: 0 }) as const));
    const pieces = new Map<string, Map<number, Uint8Array[]>>();
    const take = (subject: Subject, plaintext: Uint8Array): number => {
      const parsed = parse(PartWire, plaintext);
      if (subject.kind !== "part" || parsed === undefined) return 0;
      const of = pieces.get(toHex(subject.hash)) ?? new Map<number, Uint8Array[]>();
      of.set(subject.index, [...(of.get(subject.index) ?? []), parsed[2]]);
      pieces.set(toHex(subject.hash), of);
      return parsed[1];
    };
    const rest: Subject[] = [];
    for (const { subject, plaintext } of first) {
      const count = take(subject, plaintext);
      if (subject.kind !== "part") continue;
      for (let index = 1; index < count; index++) rest.push({ kind: "part", hash: subject.hash, index });
    }
    for (const { subject, plaintext } of await this.#find(rest)) take(subject, plaintext);
    for (const [name, hash] of missing) {
      const of = pieces.get(name);
      const whole = of === undefined ? undefined : assemble(of, hash);
      if (whole !== undefined) this.#parts.set(name, whole);
    }
    return new Map(
      [...wanted.keys()].flatMap((name) => {
        const whole = this.#parts.get(name);
        return whole === undefined ? [] : [[name, whole] as const];
      }),
    );
  }

  forget(): void {
    this.#epochs.clear();
    this.#senders.clear();
    this.#parts.clear();
  }

  async #find(subjects: readonly Subject[]): Promise<{ subject: Subject; plaintext: Uint8Array }[]> {
    const { store, device } = this.#context;
    const { generation: newest } = this.#context.archiveKey();
    const opened: { subject: Subject; plaintext: Uint8Array }[] = [];
    const noted: { key: Uint8Array; kept: boolean }[] = [];
    const named = new Map(subjects.map((subject) => [toHex(keyOfSubject(subject)), subject]));
    const take = (key: Uint8Array, writer: DeviceId, record: Uint8Array): void => {
      const subject = named.get(toHex(key));
      const plaintext = subject && this.#open(subject, writer, record);
      if (subject === undefined || plaintext === undefined) return;
      opened.push({ subject, plaintext });
      // A device that was signed out knows the keys of older generations: what it may have written isn't taken for kept. Who spoke in an
      // epoch is known from it nevertheless. And what others gave is held by no name: the true record may still come.
      if (subject.kind === "membership" || isGiven(subject, plaintext)) return;
      const kept = archiveGenerationOf(record) === newest;
      if (kept || subject.kind === "sender") noted.push({ key, kept });
    };
    const keys = [...named.values()].map(keyOfSubject);
    // What this device has kept and not uploaded yet.
    for (const key of keys) {
      for (const row of store.all("select record from archive_outbox where conversation = ? and record_key = ?", [
        this.#conversation,
        key,
      ]))
        take(key, device, blobOf(row, "record"));
    }
    for (let offset = 0; offset < keys.length; offset += ARCHIVE_FIND_KEYS_MAX) {
      const answer = await this.#context.online().request("archive.find", {
        conversation: this.#conversation,
        keys: keys.slice(offset, offset + ARCHIVE_FIND_KEYS_MAX),
      });
      for (const { key, writer, record } of answer.records) take(key, writer, record);
    }
    this.#found.push(...noted);
    return opened;
  }

  #open(subject: Subject, writer: DeviceId, record: Uint8Array): Uint8Array | undefined {
    const generation = archiveGenerationOf(record);
    const archiveKey = generation === undefined ? undefined : this.#context.archiveKeyOf(generation);
    if (archiveKey === undefined) return undefined;
    const about = { account: this.#context.account, conversation: this.#conversation, writer, ...aboutOf(subject) };
    return openArchiveRecord(archiveKey, about, record);
  }
}

function parse<S extends v.GenericSchema>(schema: S, bytes: Uint8Array): v.InferOutput<S> | undefined {
  const decoded = decodeCbor(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(schema, decoded.value) : undefined;
  return parsed?.success === true ? parsed.output : undefined;
}

/** Every writer's piece may be tried in every place: of few writers there are few ways, and the hash decides. */
function assemble(pieces: ReadonlyMap<number, readonly Uint8Array[]>, hash: Uint8Array): Uint8Array | undefined {
  const variants = Math.max(...[...pieces.values()].map((list) => list.length));
  for (let variant = 0; variant < variants; variant++) {
    const list = Array.from({ length: pieces.size }, (_, index) => {
      const of = pieces.get(index);
      return of?.[Math.min(variant, of.length - 1)];
    });
    if (list.some((piece) => piece === undefined)) return undefined;
    const whole = concat(...list.filter((piece) => piece !== undefined));
    if (equalBytes(sha256(whole), hash)) return whole;
  }
  return undefined;
}
