import { createHash } from "node:crypto";
import type { Primitives } from "@sotto/mls";
import { ENTRY_KIND, decodeCommitBody, decodeDeviceFrame, decodeEnvelope } from "@sotto/protocol";

type Aead = Primitives["aead"];

const TAG_BYTES = 16;
const tagOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(-TAG_BYTES)).toString("latin1");

/**
 * Knows under which key every ciphertext was made, and watches those that leave a device. A key of a post is for one post (RFC 9420
 * §9.1). Commits that lose their race are made again from the same state, under the same key, and kept apart by the nonce alone
 * (§6.3.1). One and the same ciphertext may leave as often as it takes.
 */
export class KeyWatch {
  /** Tag of a ciphertext to the digests of its key and of its key and nonce. */
  readonly #made = new Map<string, { key: string; pair: string }>();
  /** Digest of what may be used once, to the tag of the message that left under it, and who sent it. */
  readonly #left = new Map<string, { tag: string; device: string }>();
  readonly findings: string[] = [];
  watched = 0;

  /** The same AEAD under this watch. */
  over(aead: Aead): Aead {
    return {
      decrypt: (...parameters) => aead.decrypt(...parameters),
      encrypt: async (key, nonce, aad, plaintext) => {
        const sealed = await aead.encrypt(key, nonce, aad, plaintext);
        this.#made.set(tagOf(sealed), { key: digestOf(key), pair: digestOf(key, nonce) });
        return sealed;
      },
    };
  }

  /**
   * A frame has come to the service. What was lost on the way nobody saw; a device whose disk was put back can't know of it either, if
   * nothing beside the disk remembers.
   */
  sent(device: string, frame: Uint8Array): void {
    const message = messageIn(frame);
    if (message === undefined) return;
    const tag = tagOf(message.bytes);
    const made = this.#made.get(tag);
    // External commits aren't encrypted.
    if (made === undefined) return;
    this.watched++;
    const once = message.isPost ? made.key : made.pair;
    const before = this.#left.get(once);
    if (before === undefined) this.#left.set(once, { tag, device });
    else if (before.tag !== tag)
      this.findings.push(`${device} used a key twice for its messages (first on ${before.device})`);
  }
}

const digestOf = (...parts: Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("base64url");
};

type Message = { bytes: Uint8Array; isPost: boolean };

/** The MLS message that a frame hands to the server, if it does. */
function messageIn(frame: Uint8Array): Message | undefined {
  const read = decodeDeviceFrame(frame);
  if (read?.type === "submit") return messageOf(read.envelope);
  if (read?.type !== "request" || !Array.isArray(read.body)) return undefined;
  const parameters: unknown = read.body[1];
  const envelope = fieldOf(fieldOf(parameters, "bundle"), "envelope");
  return envelope instanceof Uint8Array ? messageOf(envelope) : undefined;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

function messageOf(bytes: Uint8Array): Message | undefined {
  const envelope = decodeEnvelope(bytes);
  if (envelope === undefined) return undefined;
  if (envelope.kind === ENTRY_KIND.application) return { bytes: envelope.body, isPost: true };
  const commit = decodeCommitBody(envelope.body)?.commit;
  return commit === undefined ? undefined : { bytes: commit, isPost: false };
}
