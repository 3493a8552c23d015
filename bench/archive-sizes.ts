import { randomBytes } from "node:crypto";
import { sealArchiveRecord, sha256 } from "@sotto/crypto";
import { epochKeyRecord, members, senderKeyRecord, splitEpochKey } from "@sotto/mls";
import {
  accountIdOf,
  conversationIdOf,
  deviceIdOf,
  encodeCbor,
  encodeContent,
  encodePostData,
  pad,
  textPost,
} from "@sotto/protocol";
import { groupOf } from "../packages/mls/bench/measure.ts";
import { stateOf } from "../packages/mls/src/testing.ts";

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
const TEXT = "message of some ordinary length, as people write them";
/** What a sealed record is longer than its content, and its name beside it. */
const NAME_BYTES = 8;

/**
 * What one account's archive weighs for a post, from real records of a real group: one epoch key and a key per speaker an epoch, and the
 * extension with the list of accounts once. Beside it: every post, as it is signed and padded, sealed once more for the reader's archive.
 */
export async function archiveSizes(group: {
  members: number;
  speakers: number;
  postsPerEpoch: number;
}): Promise<{ bytesPerPost: number; postPerReader: number }> {
  const { world, ann } = await groupOf(group.members);
  const state = stateOf(world, ann);
  const sealed = (plaintext: Uint8Array): number =>
    NAME_BYTES +
    sealArchiveRecord({
      archiveKey: random(32),
      generation: 0,
      about: {
        account: accountIdOf(random(32)),
        conversation: conversationIdOf(random(16)),
        epoch: 1n,
        leaf: 0,
        kind: "epoch",
        writer: deviceIdOf(random(16)),
      },
      plaintext,
      random,
    }).length;
  const split = splitEpochKey(epochKeyRecord(state));
  if (split === undefined) throw new Error("no epoch key");
  const epochBytes = sealed(encodeCbor([1, 1_000, sha256(split.extension), split.key]));
  const speakers = members(state)
    .flatMap(({ leafIndex }) => senderKeyRecord(state, leafIndex) ?? [])
    .slice(0, group.speakers);
  if (speakers.length < group.speakers) throw new Error("too few leaves");
  const senderBytes = speakers.reduce((sum, key) => sum + sealed(key), 0);
  const context = {
    counter: 1_000,
    seq: 10_000,
    head: random(32),
    epochDigest: random(32),
    time: Date.now(),
    name: "Ada",
  };
  const post = pad(encodePostData({ context, content: encodeContent(textPost(TEXT, random(16))) }));
  // Sealed for a reader it needs the signature, too, or anybody with the key could have written it.
  const SIGNATURE_BYTES = 64;
  return {
    bytesPerPost: (epochBytes + senderBytes) / group.postsPerEpoch,
    postPerReader: sealed(post) + SIGNATURE_BYTES,
  };
}
