import { concat } from "@sotto/protocol";
import type { GenerationSecret, SecretTree, SecretTreeNode } from "ts-mls";
import { decodeUint32, decodeUint8, uint32Encoder, uint8Encoder } from "ts-mls/codec/number.js";
import { mapDecoders } from "ts-mls/codec/tlsDecoder.js";
import { contramapBufferEncoders, encode } from "ts-mls/codec/tlsEncoder.js";
import { decodeVarLenData, varLenDataEncoder } from "ts-mls/codec/variableLength.js";
import { decodeGroupContext, type GroupContext, groupContextEncoder } from "ts-mls/groupContext.js";
import { decodeKeySchedule, type KeySchedule, keyScheduleEncoder } from "ts-mls/keySchedule.js";
import { decodePrivateKeyPath, type PrivateKeyPath, privateKeyPathEncoder } from "ts-mls/privateKeyPath.js";
import { CLIENT_CONFIG } from "./client-config.ts";
import { readExtensions } from "./context-extensions.ts";
import { GroupState, leavesOf, NO_SENDER } from "./group-state.ts";
import { type ClientState, nodeBytes, type RatchetTree, readNode, strictly } from "./library.ts";
import type { Provider } from "./provider.ts";
import { isStructured, NODES_MAX } from "./tree.ts";

/**
 * [Note: A group in rows]
 * A group's state is stored in rows, so that a post writes some hundred bytes whatever the group's size, and nothing grows with
 * history (no past epoch is kept). Keys and values are the store's to keep, and to encrypt:
 * - `epoch`: version, group context, key schedule, private path, leaf key, confirmation tag, width of the tree.
 * - `node/i`: a node of the tree that isn't blank.
 * - `start/c`: the first ratchet secrets of the epoch for leaves 16c to 16c+15, only of those that haven't spoken yet. Once a leaf
 *   speaks its secrets leave this row, for what is consumed must not stay on disk (RFC 9420 §9.2; T38).
 * - `ratchet/i`: where the ratchets of a leaf that has spoken are now.
 * - `skipped/i/a/g`, `skipped/i/h/g`: the secret of generation g, skipped over in the application or handshake ratchet of leaf i.
 */
export type RowKey = string;
export type RowChanges = { set: [RowKey, Uint8Array][]; delete: RowKey[] };

const VERSION = 1;
const STARTS_A_ROW = 16;
const SECRET_BYTES = 64;

/** The smallest change of rows that leads from one state of a group (undefined: none stored) to the next. */
export function encodeRows(previous: GroupState | undefined, next: GroupState): RowChanges {
  const before = previous && GroupState.inside(previous).mls;
  const { mls } = GroupState.inside(next);
  const changes: RowChanges = { set: [], delete: [] };
  if (before === undefined || !isSameEpochRow(before, mls))
    changes.set.push(["epoch", epochRow({ ...mls, version: VERSION, nodeCount: mls.ratchetTree.length })]);
  if (before?.ratchetTree !== mls.ratchetTree) diffTree(before?.ratchetTree ?? [], mls.ratchetTree, changes);
  if (before?.secretTree !== mls.secretTree) diffSecrets(before?.secretTree ?? [], mls.secretTree, changes);
  return changes;
}

function isSameEpochRow(a: ClientState, b: ClientState): boolean {
  return (
    a.groupContext === b.groupContext &&
    a.keySchedule === b.keySchedule &&
    a.privatePath === b.privatePath &&
    a.signaturePrivateKey === b.signaturePrivateKey &&
    a.confirmationTag === b.confirmationTag &&
    a.ratchetTree.length === b.ratchetTree.length
  );
}

type EpochRow = Pick<
  ClientState,
  "groupContext" | "keySchedule" | "privatePath" | "signaturePrivateKey" | "confirmationTag"
> & {
  version: number;
  nodeCount: number;
};

const epochRow = encode(
  contramapBufferEncoders(
    [
      uint8Encoder,
      groupContextEncoder,
      keyScheduleEncoder,
      privateKeyPathEncoder,
      varLenDataEncoder,
      varLenDataEncoder,
      uint32Encoder,
    ],
    (row: EpochRow): [number, GroupContext, KeySchedule, PrivateKeyPath, Uint8Array, Uint8Array, number] => [
      row.version,
      row.groupContext,
      row.keySchedule,
      row.privatePath,
      row.signaturePrivateKey,
      row.confirmationTag,
      row.nodeCount,
    ],
  ),
);

const decodeEpoch = mapDecoders(
  [
    decodeUint8,
    decodeGroupContext,
    decodeKeySchedule,
    decodePrivateKeyPath,
    decodeVarLenData,
    decodeVarLenData,
    decodeUint32,
  ],
  (version, groupContext, keySchedule, privatePath, signaturePrivateKey, confirmationTag, nodeCount): EpochRow => ({
    version,
    groupContext,
    keySchedule,
    privatePath,
    signaturePrivateKey,
    confirmationTag,
    nodeCount,
  }),
);

function diffTree(before: RatchetTree, after: RatchetTree, changes: RowChanges): void {
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const node = after[i];
    if (node === before[i]) continue;
    if (node === undefined) changes.delete.push(`node/${i}`);
    else changes.set.push([`node/${i}`, nodeBytes(node)]);
  }
}

/** Has this leaf sent neither post nor commit in the epoch, as far as we have read? */
function isUnspoken(node: SecretTreeNode): boolean {
  return node.application.generation === 0 && node.handshake.generation === 0;
}

function diffSecrets(before: SecretTree, after: SecretTree, changes: RowChanges): void {
  const starts = new Set<number>();
  for (let i = 0; i < Math.max(before.length, after.length); i += 2) {
    const [old = NO_SENDER, now = NO_SENDER] = [before[i], after[i]];
    if (old === now) continue;
    const leaf = i / 2;
    if (isUnspoken(old) || isUnspoken(now)) starts.add(Math.floor(leaf / STARTS_A_ROW));
    if (!isUnspoken(now)) changes.set.push([`ratchet/${leaf}`, ratchetRow(now)]);
    else if (!isUnspoken(old)) changes.delete.push(`ratchet/${leaf}`);
    diffSkipped(`skipped/${leaf}/a/`, old.application, now.application, changes);
    diffSkipped(`skipped/${leaf}/h/`, old.handshake, now.handshake, changes);
  }
  for (const row of starts) {
    const bytes = startRow(after, row);
    if (bytes !== undefined) changes.set.push([`start/${row}`, bytes]);
    else if (startRow(before, row) !== undefined) changes.delete.push(`start/${row}`);
  }
}

function diffSkipped(prefix: string, old: GenerationSecret, now: GenerationSecret, changes: RowChanges): void {
  if (old.unusedGenerations === now.unusedGenerations) return;
  for (const generation of Object.keys(old.unusedGenerations)) {
    if (now.unusedGenerations[Number(generation)] === undefined) changes.delete.push(prefix + generation);
  }
  for (const [generation, secret] of Object.entries(now.unusedGenerations)) {
    if (old.unusedGenerations[Number(generation)] !== secret) changes.set.push([prefix + generation, secret]);
  }
}

const ratchetEncoder = contramapBufferEncoders(
  [varLenDataEncoder, uint32Encoder, varLenDataEncoder, uint32Encoder],
  ({ handshake, application }: SecretTreeNode): [Uint8Array, number, Uint8Array, number] => [
    handshake.secret,
    handshake.generation,
    application.secret,
    application.generation,
  ],
);
const ratchetRow = encode(ratchetEncoder);

const decodeRatchet = mapDecoders(
  [decodeVarLenData, decodeUint32, decodeVarLenData, decodeUint32],
  (handshake, handshakeGeneration, application, applicationGeneration): SecretTreeNode => ({
    handshake: { secret: handshake, generation: handshakeGeneration, unusedGenerations: {} },
    application: { secret: application, generation: applicationGeneration, unusedGenerations: {} },
  }),
);

/** For each leaf 0, or 1 and its handshake and application secret; undefined when it is 0 for all. */
function startRow(tree: SecretTree, row: number): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  let isEmpty = true;
  for (let leaf = row * STARTS_A_ROW; leaf < (row + 1) * STARTS_A_ROW; leaf++) {
    const node = tree[2 * leaf] ?? NO_SENDER;
    const isHere = node !== NO_SENDER && isUnspoken(node);
    parts.push(isHere ? concat(Uint8Array.of(1), node.handshake.secret, node.application.secret) : Uint8Array.of(0));
    if (isHere) isEmpty = false;
  }
  return isEmpty ? undefined : concat(...parts);
}

/**
 * Puts a group together from all its rows. Undefined when a row is missing, foreign or damaged: then the device rejoins.
 * The given bytes become the state's own.
 */
export function decodeRows(provider: Provider, rows: Iterable<readonly [RowKey, Uint8Array]>): GroupState | undefined {
  const all = new Map(rows);
  const bytes = all.get("epoch");
  const epoch = bytes && strictly(bytes, decodeEpoch, epochRow);
  if (epoch?.version !== VERSION || readExtensions(epoch.groupContext.extensions) === undefined) return undefined;
  const { nodeCount, version: _, ...rest } = epoch;
  const ratchetTree: RatchetTree = [];
  const secretTree: SecretTree = [];
  if (nodeCount > NODES_MAX) return undefined; // blank nodes have no rows, so their number says nothing
  for (let i = 0; i < nodeCount; i++) {
    ratchetTree.push(undefined);
    secretTree.push(NO_SENDER);
  }
  for (const [key, value] of all) {
    if (!takeRow(key, value, ratchetTree, secretTree)) return undefined;
  }
  for (const [key, value] of all) {
    if (key.startsWith("skipped/") && !takeSkipped(key, value, secretTree)) return undefined;
  }
  if (!isStructured(ratchetTree) || leavesOf(ratchetTree) === undefined) return undefined;
  const isComplete = ratchetTree.every(
    (node, i) => i % 2 === 1 || (node === undefined) === (secretTree[i] === NO_SENDER),
  );
  if (!isComplete || ratchetTree[2 * rest.privatePath.leafIndex] === undefined) return undefined;
  return GroupState.of(provider, {
    ...rest,
    ratchetTree,
    secretTree,
    unappliedProposals: {},
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
    clientConfig: CLIENT_CONFIG,
  });
}

function takeRow(key: RowKey, value: Uint8Array, ratchetTree: RatchetTree, secretTree: SecretTree): boolean {
  const [kind, position, ...more] = key.split("/");
  if (kind === "epoch" || kind === "skipped") return true;
  const index = Number(position);
  if (more.length > 0 || !Number.isSafeInteger(index) || index < 0) return false;
  switch (kind) {
    case "node": {
      if (index >= ratchetTree.length) return false;
      ratchetTree[index] = readNode(value);
      return ratchetTree[index] !== undefined;
    }
    case "ratchet": {
      const node = strictly(value, decodeRatchet, ratchetRow);
      if (node === undefined || 2 * index >= secretTree.length) return false;
      secretTree[2 * index] = node;
      return true;
    }
    case "start":
      return takeStarts(index, value, secretTree);
    default:
      return false;
  }
}

function takeStarts(row: number, value: Uint8Array, secretTree: SecretTree): boolean {
  let offset = 0;
  for (let leaf = row * STARTS_A_ROW; leaf < (row + 1) * STARTS_A_ROW; leaf++) {
    const isHere = value[offset++];
    if (isHere === 0) continue;
    if (isHere !== 1 || 2 * leaf >= secretTree.length || offset + 2 * SECRET_BYTES > value.length) return false;
    const secretAt = (at: number): GenerationSecret => ({
      secret: value.slice(at, at + SECRET_BYTES),
      generation: 0,
      unusedGenerations: {},
    });
    secretTree[2 * leaf] = { handshake: secretAt(offset), application: secretAt(offset + SECRET_BYTES) };
    offset += 2 * SECRET_BYTES;
  }
  return offset === value.length;
}

function takeSkipped(key: RowKey, value: Uint8Array, secretTree: SecretTree): boolean {
  const [, position, ratchet, generation] = key.split("/");
  const node = secretTree[2 * Number(position)];
  if (node === undefined || node === NO_SENDER || value.length !== SECRET_BYTES) return false;
  const { unusedGenerations } = ratchet === "a" ? node.application : node.handshake;
  unusedGenerations[Number(generation)] = value;
  return true;
}
