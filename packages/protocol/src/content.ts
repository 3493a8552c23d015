import * as v from "valibot";
import { Bytes, bytesOf } from "./byte-schemas.ts";
import { concat, utf8 } from "./bytes.ts";
import { decodeCborMaps, encodeCbor } from "./cbor.ts";
import { idBytes, postIdOf, type AccountId, type ConversationId, type PostId } from "./ids.ts";
import { POST_BYTES_MAX } from "./limits.ts";

/** What a part is for (draft-ietf-mimi-content §4.5). Other values are kept and shown as unknown. */
export const DISPOSITION = {
  unspecified: 0,
  render: 1,
  reaction: 2,
  profile: 3,
  inline: 4,
  icon: 5,
  attachment: 6,
  session: 7,
  preview: 8,
} as const;

/** How the parts of a multipart belong together. */
export const SEMANTICS = { chooseOne: 0, singleUnit: 1, processAll: 2 } as const;

/** Keys of extensions: those that the working group has given a meaning, and our own, which are integers below -65536. */
export const CONTENT_EXTENSION = {
  sender: 1,
  room: 2,
  /** True: brought here from another conversation. Who wrote it there isn't said. */
  forwarded: -65537,
} as const;

const CARDINALITY = { none: 0, single: 1, external: 2, multi: 3 } as const;
const DEPTH_MAX = 8;
const PARTS_MAX = 64;
const EXTENSIONS_MAX = 32;
const EXTENSION_NAME_BYTES_MAX = 255;
const EXTENSION_VALUE_BYTES_MAX = 4096;

/** Content that lies elsewhere, encrypted under a key of its own. Nothing here is ever fetched without being asked for. */
export type ExternalPart = {
  contentType: string;
  url: string;
  /** Seconds since the Unix epoch; 0 never. */
  expires: number;
  sizeBytes: number;
  /** IANA AEAD number; 0 not encrypted. */
  encryption: number;
  key: Uint8Array;
  nonce: Uint8Array;
  aad: Uint8Array;
  /** IANA Named Information hash number; 0 none. */
  hashAlgorithm: number;
  contentHash: Uint8Array;
  description: string;
  filename: string;
};

/** A body or one of its parts. `unknown`: of a kind that this release doesn't know, kept as it came. */
export type Part = { disposition: number; language: string } & (
  | { kind: "none" }
  | { kind: "single"; contentType: string; content: Uint8Array }
  | ({ kind: "external" } & ExternalPart)
  | { kind: "multi"; semantics: number; parts: readonly Part[] }
  | { kind: "unknown"; cardinality: number; fields: readonly unknown[] }
);

/** A MIMI content container (draft-ietf-mimi-content): the seven fields of every post. */
export type Content = {
  /** 16 random bytes. */
  salt: Uint8Array;
  /** The post that this one edits, deletes or takes back. */
  replaces: PostId | null;
  /** Thread; empty for none. */
  topic: Uint8Array;
  /** Seconds: since it was read (`relative`), or since the Unix epoch. */
  expires: { relative: boolean; seconds: number } | null;
  inReplyTo: PostId | null;
  extensions: ReadonlyMap<number | string, unknown>;
  body: Part;
};

const Uint8 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const Uint16 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const Uint32 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const MessageId = v.pipe(bytesOf(32), v.transform(postIdOf));

const Container = v.strictTuple([
  bytesOf(16),
  v.nullable(MessageId),
  Bytes,
  v.nullable(v.strictTuple([v.boolean(), Uint32])),
  v.nullable(MessageId),
  v.instance(Map<unknown, unknown>),
  v.unknown(),
]);
const PartHead = v.tupleWithRest([Uint8, v.string(), Uint8], v.unknown());
const Single = v.strictTuple([v.string(), Bytes]);
const External = v.strictTuple([
  v.string(),
  v.string(),
  Uint32,
  Size,
  Uint16,
  Bytes,
  Bytes,
  Bytes,
  Uint8,
  Bytes,
  v.string(),
  v.string(),
]);
const Multi = v.strictTuple([Uint8, v.pipe(v.array(v.unknown()), v.minLength(2))]);

/** Deterministic bytes of a container; what {@link decodeContent} reads. */
export function encodeContent(content: Content): Uint8Array {
  const { salt, replaces, topic, expires, inReplyTo, extensions, body } = content;
  return encodeCbor([
    salt,
    replaces === null ? null : idBytes(replaces),
    topic,
    expires === null ? null : [expires.relative, expires.seconds],
    inReplyTo === null ? null : idBytes(inReplyTo),
    new Map(extensions),
    partWire(body),
  ]);
}

function partWire(part: Part): unknown[] {
  const { disposition, language } = part;
  switch (part.kind) {
    case "none":
      return [disposition, language, CARDINALITY.none];
    case "single":
      return [disposition, language, CARDINALITY.single, part.contentType, part.content];
    case "external":
      return [
        disposition,
        language,
        CARDINALITY.external,
        part.contentType,
        part.url,
        part.expires,
        part.sizeBytes,
        part.encryption,
        part.key,
        part.nonce,
        part.aad,
        part.hashAlgorithm,
        part.contentHash,
        part.description,
        part.filename,
      ];
    case "multi":
      return [disposition, language, CARDINALITY.multi, part.semantics, part.parts.map(partWire)];
    case "unknown":
      return [disposition, language, part.cardinality, ...part.fields];
  }
}

/** Reads hostile bytes; undefined when they aren't a container in its one deterministic encoding. Never throws. */
export function decodeContent(bytes: Uint8Array): Content | undefined {
  if (bytes.length > POST_BYTES_MAX) return undefined;
  const decoded = decodeCborMaps(bytes);
  const parsed = decoded.kind === "value" ? v.safeParse(Container, decoded.value) : undefined;
  if (parsed?.success !== true) return undefined;
  const [salt, replaces, topic, expires, inReplyTo, map, rawBody] = parsed.output;
  const extensions = readExtensions(map);
  const body = readPart(rawBody, DEPTH_MAX, { left: PARTS_MAX });
  if (extensions === undefined || body === undefined) return undefined;
  return {
    salt,
    replaces,
    topic,
    inReplyTo,
    extensions,
    body,
    expires: expires === null ? null : { relative: expires[0], seconds: expires[1] },
  };
}

function readExtensions(map: Map<unknown, unknown>): Map<number | string, unknown> | undefined {
  const extensions = new Map<number | string, unknown>();
  if (map.size > EXTENSIONS_MAX) return undefined;
  for (const [name, value] of map) {
    if (
      typeof name === "string" ? name === "" || utf8(name).length > EXTENSION_NAME_BYTES_MAX : typeof name !== "number"
    )
      return undefined;
    if (encodeCbor(value).length > EXTENSION_VALUE_BYTES_MAX) return undefined;
    extensions.set(name as number | string, value);
  }
  const isText = (key: number): boolean => !extensions.has(key) || typeof extensions.get(key) === "string";
  return isText(CONTENT_EXTENSION.sender) && isText(CONTENT_EXTENSION.room) ? extensions : undefined;
}

function readPart(value: unknown, depth: number, budget: { left: number }): Part | undefined {
  if (depth === 0 || budget.left-- <= 0) return undefined;
  const head = v.safeParse(PartHead, value);
  if (!head.success) return undefined;
  const [disposition, language, cardinality, ...fields] = head.output;
  const common = { disposition, language };
  switch (cardinality) {
    case CARDINALITY.none:
      return fields.length === 0 ? { ...common, kind: "none" } : undefined;
    case CARDINALITY.single: {
      const single = v.safeParse(Single, fields);
      return single.success
        ? { ...common, kind: "single", contentType: single.output[0], content: single.output[1] }
        : undefined;
    }
    case CARDINALITY.external: {
      const external = v.safeParse(External, fields);
      if (!external.success) return undefined;
      const [
        contentType,
        url,
        expires,
        sizeBytes,
        encryption,
        key,
        nonce,
        aad,
        hashAlgorithm,
        contentHash,
        description,
        filename,
      ] = external.output;
      return {
        ...common,
        kind: "external",
        contentType,
        url,
        expires,
        sizeBytes,
        encryption,
        key,
        nonce,
        aad,
        hashAlgorithm,
        contentHash,
        description,
        filename,
      };
    }
    case CARDINALITY.multi: {
      const multi = v.safeParse(Multi, fields);
      if (!multi.success) return undefined;
      const parts: Part[] = [];
      for (const one of multi.output[1]) {
        const part = readPart(one, depth - 1, budget);
        if (part === undefined) return undefined;
        parts.push(part);
      }
      return { ...common, kind: "multi", semantics: multi.output[0], parts };
    }
    default:
      return { ...common, kind: "unknown", cardinality, fields };
  }
}

/** The URI of an account, as it stands in message ids and mentions. */
export const accountUri = (account: AccountId): string => `sotto:account/${account}`;
/** The URI of a conversation. */
export const conversationUri = (conversation: ConversationId): string => `sotto:conversation/${conversation}`;

/** IANA Named Information number of SHA-256: the first byte of a message id. */
export const MESSAGE_ID_SHA256 = 1;

/**
 * What is hashed into a message id (draft-ietf-mimi-content §3.3): sender and room, each after its length as u16, the content's
 * bytes, and its salt again, against length extension. The id is {@link MESSAGE_ID_SHA256} and the first 31 bytes of the hash.
 */
export function messageIdInput(parts: {
  senderUri: string;
  roomUri: string;
  content: Uint8Array;
  salt: Uint8Array;
}): Uint8Array {
  return concat(withLength(parts.senderUri), withLength(parts.roomUri), parts.content, parts.salt);
}

function withLength(uri: string): Uint8Array {
  const bytes = utf8(uri);
  if (bytes.length > 0xffff) throw new RangeError("a URI longer than its length field can say");
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

/** Does the content, where it names its sender or its room, name these? What is inside never outweighs who signed (T12, T36). */
export function namesOnly(content: Content, expected: { senderUri: string; roomUri: string }): boolean {
  const says = (key: number, uri: string): boolean =>
    !content.extensions.has(key) || content.extensions.get(key) === uri;
  return says(CONTENT_EXTENSION.sender, expected.senderUri) && says(CONTENT_EXTENSION.room, expected.roomUri);
}
