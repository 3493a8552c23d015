import type { Duplex } from "node:stream";
import type { Peer } from "@sotto/delivery";
import type { WebSocket } from "ws";

/** Payloads are joined into one write up to this size; beyond it the copy costs more than another buffer. */
const JOIN_BYTES_MAX = 64 * 1024;

/** An unmasked, final binary frame (RFC 6455 §5.2). */
function frameOf(payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const framed = Buffer.allocUnsafe(head + length);
  framed[0] = 0x82;
  if (head === 2) framed[1] = length;
  else if (head === 4) {
    framed[1] = 126;
    framed.writeUInt16BE(length, 2);
  } else {
    framed[1] = 127;
    framed.writeBigUInt64BE(BigInt(length), 2);
  }
  framed.set(payload, head);
  return framed;
}

/**
 * Frames of one turn of the event loop, written at its end: one write per socket, and an entry is framed once for all
 * that receive it. What is sent alone leaves in the same turn, so an idle server adds no delay.
 */
export class Outgoing {
  #dirty: SocketPeer[] = [];
  #lastPayload: Uint8Array | undefined;
  #lastFrame: Buffer | undefined;

  frame(payload: Uint8Array): Buffer {
    if (payload === this.#lastPayload && this.#lastFrame !== undefined) return this.#lastFrame;
    this.#lastPayload = payload;
    this.#lastFrame = frameOf(payload);
    return this.#lastFrame;
  }

  schedule(peer: SocketPeer): void {
    this.#dirty.push(peer);
    if (this.#dirty.length === 1) process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#lastPayload = undefined;
    this.#lastFrame = undefined;
    for (const peer of dirty) peer.flush();
  };
}

/** A WebSocket as delivery sees it. Frames go to the socket beneath `ws`, which itself writes only pings and closes. */
export class SocketPeer implements Peer {
  readonly address: string;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  readonly #outgoing: Outgoing;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  isAlive = true;

  constructor(webSocket: WebSocket, socket: Duplex, address: string, outgoing: Outgoing) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.address = address;
    this.#outgoing = outgoing;
  }

  send(payload: Uint8Array): void {
    const frame = this.#outgoing.frame(payload);
    if (this.#queue.length === 0) this.#outgoing.schedule(this);
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
  }

  bufferedBytes(): number {
    return this.#queuedBytes + this.#socket.writableLength;
  }

  flush(): void {
    const queue = this.#queue;
    const bytes = this.#queuedBytes;
    if (queue.length === 0) return;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#webSocket.readyState !== this.#webSocket.OPEN || !this.#socket.writable) return;
    const [only] = queue;
    if (queue.length === 1 && only !== undefined) return void this.#socket.write(only);
    if (bytes <= JOIN_BYTES_MAX) return void this.#socket.write(Buffer.concat(queue, bytes));
    this.#socket.cork();
    for (const frame of queue) this.#socket.write(frame);
    this.#socket.uncork();
  }

  close(code: number, reason: string): void {
    this.flush();
    this.#webSocket.close(code, reason);
  }

  /** Ends a link whose other side doesn't answer. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  ping(): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping();
  }
}
