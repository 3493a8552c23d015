import { fingerprint, sha256 } from "@sotto/crypto";
import {
  aboutEpochKey,
  aboutSenderKey,
  epochOfMessage,
  openArchive,
  readByHand,
  type Provider,
  type ReadByHand,
} from "@sotto/mls";
import {
  Bytes,
  ENTRY_KIND,
  SottoError,
  bytesOf,
  decodeCbor,
  decodeEnvelope,
  decodePostData,
  encodeCbor,
  equalBytes,
  fromBase64Url,
  toBase64Url,
  unpad,
  type AccountId,
  type ConversationId,
  type DeviceId,
  type ErrorCode,
  type PostId,
  type Seq,
} from "@sotto/protocol";
import * as v from "valibot";
import type { EntryKeys } from "../api.ts";
import { postIdOfBytes, shownOf } from "../conversation/content.ts";
import type { Context } from "../context.ts";
import type { ConversationActor } from "../conversation/conversation-actor.ts";
import { serverView } from "../timeline/server-view.ts";

/**
 * Keys as people copy them: `[version, what, first 8 bytes of SHA-256 of the rest, epoch, key]`, in base64url. The sum tells a key that was
 * copied wrongly from one that is wrong.
 */
const VERSION = 1;
const WHAT = { epoch: 0, sender: 1 } as const;
const Epoch = v.union([v.pipe(v.number(), v.safeInteger(), v.minValue(0)), v.bigint()]);
const KeyWire = v.strictTuple([v.literal(VERSION), v.picklist([WHAT.epoch, WHAT.sender]), bytesOf(8), Epoch, Bytes]);

const sumOf = (what: number, epoch: bigint, key: Uint8Array): Uint8Array =>
  sha256(encodeCbor([what, epoch, key])).subarray(0, 8);

function writeKey(what: keyof typeof WHAT, epoch: bigint, key: Uint8Array): string {
  return toBase64Url(encodeCbor([VERSION, WHAT[what], sumOf(WHAT[what], epoch, key), epoch, key]));
}

function readKey(what: keyof typeof WHAT, text: string): { epoch: bigint; key: Uint8Array } | undefined {
  const bytes = fromBase64Url(text.trim());
  const decoded = bytes === undefined ? undefined : decodeCbor(bytes);
  const parsed = decoded?.kind === "value" ? v.safeParse(KeyWire, decoded.value) : undefined;
  if (parsed?.success !== true || parsed.output[1] !== WHAT[what]) return undefined;
  const [, , sum, epoch, key] = parsed.output;
  return equalBytes(sum, sumOf(WHAT[what], BigInt(epoch), key)) ? { epoch: BigInt(epoch), key } : undefined;
}

/**
 * The keys that open one entry, from one's own archive. Whoever has them reads all that its sender wrote in that epoch.
 * @throws SottoError archive/keys-missing: not a post, or the archive has no keys of it
 */
export async function entryKeys(context: Context, actor: ConversationActor, seq: Seq): Promise<EntryKeys> {
  const view = await serverView(context, actor.id, seq);
  const body = decodeEnvelope(view.envelope)?.body;
  const epoch = body === undefined || view.kind === "commit" ? undefined : epochOfMessage(body);
  if (body === undefined || epoch === undefined) throw keysMissing();
  const { archive } = actor;
  const { provider } = context.ports;
  await archive.loadEpochs([epoch]);
  for (const { key: epochKey } of archive.epoch(epoch)) {
    const header = await openArchive(provider, epochKey, [])?.open(body);
    if (header?.kind !== "no-sender-key") continue;
    await archive.loadSenders([{ epoch, leaf: header.leafIndex }]);
    for (const { key: senderKey } of archive.sender(epoch, header.leafIndex)) {
      if ((await readByHand(provider, { epochKey, senderKey }, body)).kind !== "post") continue;
      return {
        entry: toBase64Url(view.envelope),
        epochKey: writeKey("epoch", epoch, epochKey),
        senderKey: writeKey("sender", epoch, senderKey),
      };
    }
  }
  throw keysMissing();
}

const keysMissing = (): SottoError =>
  new SottoError("archive/keys-missing", "Your archive has no keys of this entry.", { kind: "none" });

/** What one entry says, and who signed it. */
export type DecryptedEntry = {
  conversation: ConversationId;
  epoch: string;
  account: AccountId;
  device: DeviceId;
  /** Of the key whose signature was verified: the same that the person's page shows for this device. */
  fingerprint: string;
  leafIndex: number;
  generation: number;
  /** As written beside the message, outside of what is signed. */
  seen: Seq;
  applied: Seq;
  /** Signed: the sender's own time in ms, its counter, what it called itself, how much of the log it had seen. */
  time: number;
  counter: number;
  name: string | null;
  seq: Seq;
  /** Null for what isn't text. */
  text: string | null;
  /** The whole content, encoded (draft-ietf-mimi-content). */
  content: Uint8Array;
  post: PostId | null;
};

/**
 * Opens one entry by hand, without network, account or database: the envelope, the key of its epoch and the key of its sender, each in
 * base64url as {@link entryKeys} gives them.
 * @throws SottoError decrypt/malformed, decrypt/wrong-epoch-key, decrypt/wrong-sender-key, decrypt/changed, decrypt/wrong-signature
 */
export async function decryptEntry(
  provider: Provider,
  { entry, epochKey, senderKey }: EntryKeys,
): Promise<DecryptedEntry> {
  const bytes = fromBase64Url(entry.trim());
  const envelope = bytes === undefined ? undefined : decodeEnvelope(bytes);
  if (envelope?.kind !== ENTRY_KIND.application) throw refusal("malformed");
  const epochOfEntry = epochOfMessage(envelope.body);
  if (epochOfEntry === undefined) throw refusal("malformed");
  const epoch = readKey("epoch", epochKey);
  if (epoch === undefined || epoch.epoch !== epochOfEntry) throw refusal("wrong-epoch-key");
  const sender = readKey("sender", senderKey);
  if (sender === undefined || sender.epoch !== epochOfEntry || aboutSenderKey(sender.key) === undefined)
    throw refusal("wrong-sender-key");
  if (aboutEpochKey(epoch.key)?.epoch !== epochOfEntry) throw refusal("wrong-epoch-key");
  const read = await readByHand(provider, { epochKey: epoch.key, senderKey: sender.key }, envelope.body);
  if (read.kind === "refused") throw refusal(read.because);
  const unpadded = unpad(read.data);
  const data = unpadded === undefined ? undefined : decodePostData(unpadded);
  if (data === undefined) throw refusal("malformed");
  const { identity, leafIndex, signatureKey } = read.sender;
  const shown = shownOf(data.content);
  return {
    conversation: read.about.conversation,
    epoch: String(epochOfEntry),
    ...identity,
    fingerprint: fingerprint(signatureKey),
    leafIndex,
    generation: read.generation,
    seen: envelope.seen,
    applied: envelope.applied,
    time: data.context.time,
    counter: data.context.counter,
    name: data.context.name,
    seq: data.context.seq,
    text: shown.kind === "text" ? shown.text : null,
    content: data.content,
    post: postIdOfBytes(data.content, identity.account, read.about.conversation) ?? null,
  };
}

type Because = Extract<ReadByHand, { kind: "refused" }>["because"];

const REFUSALS: Record<Because, { code: ErrorCode; message: string }> = {
  malformed: { code: "decrypt/malformed", message: "This isn't an entry that holds a post." },
  "wrong-epoch-key": { code: "decrypt/wrong-epoch-key", message: "This epoch key doesn't belong to this entry." },
  "wrong-sender-key": { code: "decrypt/wrong-sender-key", message: "This sender key doesn't belong to this entry." },
  changed: { code: "decrypt/changed", message: "The keys belong to this entry, but its bytes were changed." },
  "wrong-signature": {
    code: "decrypt/wrong-signature",
    message: "The entry opens, but the signature in it isn't its sender's.",
  },
};

function refusal(because: Because): SottoError {
  const { code, message } = REFUSALS[because];
  return new SottoError(code, message, { kind: "none" });
}
