import { concat } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { ENTRY_KIND, type EntryKind, type Seq } from "./entry.ts";
import { conversationIdOf, idBytes, sendIdOf, type ConversationId, type SendId } from "./ids.ts";
import { LOG_PAGE_ENTRIES_MAX, PROTOCOL_VERSION } from "./limits.ts";

/**
 * Frames on the connection between a device and the delivery service: `[version u8][type u8]...`, big-endian.
 * A post is a fixed binary header read by hand; everything rare is CBOR behind a request id.
 */
export const FRAME = {
  /** device: `[request u32][conversation 16][send 16][envelope]` */
  submit: 0x01,
  /** device: `[request u32][CBOR [operation, parameters]]` */
  request: 0x02,
  /** server: `[conversation 16][seq u64][accepted at, ms u64][envelope]`: one frame for all receivers */
  entry: 0x81,
  /** server: `[request u32][seq u64][SHA-256 of the entry 32]`: durable */
  accepted: 0x82,
  /** server: `[request u32][CBOR refusal]` */
  refused: 0x83,
  /** server: `[request u32][CBOR result]` */
  response: 0x84,
  /** server: `[CBOR event]` */
  event: 0x85,
  /** server: `[request u32][more u8][count u16]` then `[seq u64][accepted at u64][erased u8][length u32][envelope]` each. `erased` is 0, or the kind of the entry whose envelope is gone; then its hash stands in its place, and both go into the head as before */
  page: 0x86,
} as const;

export type DeviceFrame =
  | { type: "submit"; request: number; conversation: ConversationId; send: SendId; envelope: Uint8Array }
  | { type: "request"; request: number; body: unknown };

export type LogRow = { seq: Seq; acceptedAt: number } & (
  | { kind: "stored"; envelope: Uint8Array }
  | { kind: "erased"; entry: EntryKind; hash: Uint8Array }
);

export type ServerFrame =
  | { type: "entry"; conversation: ConversationId; seq: Seq; acceptedAt: number; envelope: Uint8Array }
  | { type: "accepted"; request: number; seq: Seq; hash: Uint8Array }
  | { type: "refused"; request: number; body: unknown }
  | { type: "response"; request: number; body: unknown }
  | { type: "event"; body: unknown }
  | { type: "page"; request: number; more: boolean; rows: LogRow[] };

function header(type: number, extra: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(2 + extra);
  bytes[0] = PROTOCOL_VERSION;
  bytes[1] = type;
  return { bytes, view: new DataView(bytes.buffer) };
}

export function encodeSubmit(frame: Omit<Extract<DeviceFrame, { type: "submit" }>, "type">): Uint8Array {
  const { bytes, view } = header(FRAME.submit, 36);
  view.setUint32(2, frame.request);
  bytes.set(idBytes(frame.conversation), 6);
  bytes.set(idBytes(frame.send), 22);
  return concat(bytes, frame.envelope);
}

function withRequest(type: number, request: number, body: unknown): Uint8Array {
  const { bytes, view } = header(type, 4);
  view.setUint32(2, request);
  return concat(bytes, encodeCbor(body));
}

export const encodeRequest = (request: number, operation: string, parameters: unknown): Uint8Array =>
  withRequest(FRAME.request, request, [operation, parameters]);
export const encodeResponse = (request: number, result: unknown): Uint8Array =>
  withRequest(FRAME.response, request, result);
export const encodeRefused = (request: number, refusal: unknown): Uint8Array =>
  withRequest(FRAME.refused, request, refusal);

export function encodeEvent(event: unknown): Uint8Array {
  return concat(header(FRAME.event, 0).bytes, encodeCbor(event));
}

export function encodeAccepted(request: number, seq: Seq, hash: Uint8Array): Uint8Array {
  const { bytes, view } = header(FRAME.accepted, 44);
  view.setUint32(2, request);
  view.setBigUint64(6, BigInt(seq));
  bytes.set(hash, 14);
  return bytes;
}

/** Builds the one frame that all receivers of an entry get. @param conversation 16 raw bytes. */
export function encodeEntry(conversation: Uint8Array, seq: Seq, acceptedAt: number, envelope: Uint8Array): Uint8Array {
  const { bytes, view } = header(FRAME.entry, 32);
  bytes.set(conversation, 2);
  view.setBigUint64(18, BigInt(seq));
  view.setBigUint64(26, BigInt(acceptedAt));
  return concat(bytes, envelope);
}

export function encodePage(request: number, more: boolean, rows: readonly LogRow[]): Uint8Array {
  const { bytes, view } = header(FRAME.page, 7);
  view.setUint32(2, request);
  view.setUint8(6, more ? 1 : 0);
  view.setUint16(7, rows.length);
  const parts: Uint8Array[] = [bytes];
  for (const row of rows) {
    const head = new Uint8Array(21);
    const rowView = new DataView(head.buffer);
    const body = row.kind === "stored" ? row.envelope : row.hash;
    rowView.setBigUint64(0, BigInt(row.seq));
    rowView.setBigUint64(8, BigInt(row.acceptedAt));
    rowView.setUint8(16, row.kind === "stored" ? 0 : row.entry);
    rowView.setUint32(17, body.length);
    parts.push(head, body);
  }
  return concat(...parts);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function safeNumber(value: bigint): number | undefined {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

/** Reads a frame from a device. Hostile bytes give undefined; byte strings are views of the given bytes. */
export function decodeDeviceFrame(bytes: Uint8Array): DeviceFrame | undefined {
  if (bytes.length < 6 || bytes[0] !== PROTOCOL_VERSION) return undefined;
  const request = viewOf(bytes).getUint32(2);
  if (bytes[1] === FRAME.submit) {
    if (bytes.length < 38) return undefined;
    return {
      type: "submit",
      request,
      conversation: conversationIdOf(bytes.subarray(6, 22)),
      send: sendIdOf(bytes.subarray(22, 38)),
      envelope: bytes.subarray(38),
    };
  }
  if (bytes[1] !== FRAME.request) return undefined;
  const decoded = decodeCbor(bytes.subarray(6));
  return decoded.kind === "value" ? { type: "request", request, body: decoded.value } : undefined;
}

/** Reads a frame from the server, which is just as hostile. */
export function decodeServerFrame(bytes: Uint8Array): ServerFrame | undefined {
  if (bytes.length < 2 || bytes[0] !== PROTOCOL_VERSION) return undefined;
  const view = viewOf(bytes);
  switch (bytes[1]) {
    case FRAME.entry: {
      if (bytes.length < 34) return undefined;
      const seq = safeNumber(view.getBigUint64(18));
      const acceptedAt = safeNumber(view.getBigUint64(26));
      if (seq === undefined || acceptedAt === undefined) return undefined;
      return {
        type: "entry",
        conversation: conversationIdOf(bytes.subarray(2, 18)),
        seq,
        acceptedAt,
        envelope: bytes.subarray(34),
      };
    }
    case FRAME.accepted: {
      if (bytes.length !== 46) return undefined;
      const seq = safeNumber(view.getBigUint64(6));
      return seq === undefined
        ? undefined
        : { type: "accepted", request: view.getUint32(2), seq, hash: bytes.subarray(14, 46) };
    }
    case FRAME.event: {
      const decoded = decodeCbor(bytes.subarray(2));
      return decoded.kind === "value" ? { type: "event", body: decoded.value } : undefined;
    }
    case FRAME.refused:
    case FRAME.response: {
      if (bytes.length < 6) return undefined;
      const decoded = decodeCbor(bytes.subarray(6));
      if (decoded.kind === "malformed") return undefined;
      return {
        type: bytes[1] === FRAME.refused ? "refused" : "response",
        request: view.getUint32(2),
        body: decoded.value,
      };
    }
    case FRAME.page:
      return decodePage(bytes, view);
    default:
      return undefined;
  }
}

function decodePage(bytes: Uint8Array, view: DataView): ServerFrame | undefined {
  if (bytes.length < 9) return undefined;
  const count = view.getUint16(7);
  if (count > LOG_PAGE_ENTRIES_MAX || view.getUint8(6) > 1) return undefined;
  const rows: LogRow[] = [];
  let offset = 9;
  for (let i = 0; i < count; i++) {
    if (bytes.length < offset + 21) return undefined;
    const seq = safeNumber(view.getBigUint64(offset));
    const acceptedAt = safeNumber(view.getBigUint64(offset + 8));
    const erased = view.getUint8(offset + 16);
    const length = view.getUint32(offset + 17);
    offset += 21;
    if (seq === undefined || acceptedAt === undefined || bytes.length < offset + length) return undefined;
    const body = bytes.subarray(offset, offset + length);
    offset += length;
    if (erased === 0) rows.push({ kind: "stored", seq, acceptedAt, envelope: body });
    else if ((erased === ENTRY_KIND.application || erased === ENTRY_KIND.commit) && length === 32) {
      rows.push({ kind: "erased", seq, acceptedAt, entry: erased, hash: body });
    } else return undefined;
  }
  if (offset !== bytes.length) return undefined;
  return { type: "page", request: view.getUint32(2), more: view.getUint8(6) === 1, rows };
}
