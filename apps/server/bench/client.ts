import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** Where a post carries its number, in the clear: incoming bytes are searched for it and not parsed, the same for every server. */
const MARK = Buffer.from("~S0T:");
const MARK_BYTES = MARK.length + 4;
export const POST_BYTES = 1024;

/** 1 KiB of noise that holds the mark once, at its beginning. */
export function markedPost(): Buffer {
  const post = randomBytes(POST_BYTES);
  for (let i = 0; i < post.length; i++) if (post[i] === MARK[0]) post[i] = 0;
  MARK.copy(post);
  post.writeUInt32BE(0, MARK.length);
  return post;
}

/** One masked binary frame (RFC 6455 §5.2). The mask is zero: the payload can be changed in place. */
export function clientFrame(payload: Uint8Array): { frame: Buffer; at: number } {
  const head = payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10;
  const frame = Buffer.alloc(head + 4 + payload.length);
  frame[0] = 0x82;
  if (head === 2) frame[1] = 0x80 | payload.length;
  else if (head === 4) {
    frame[1] = 0xfe;
    frame.writeUInt16BE(payload.length, 2);
  } else {
    frame[1] = 0xff;
    frame.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  frame.set(payload, head + 4);
  return { frame, at: head + 4 };
}

const reading = Buffer.allocUnsafe(1 << 18);

const open = new Set<BenchSocket>();
/** A pong that nobody asked for (RFC 6455 §5.5.3): servers' pings aren't looked for, and unanswered ones end a connection. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
setInterval(() => {
  for (const socket of open) socket.write(PONG);
}, 10_000).unref();

/** Ends every connection of this process. */
export function closeAll(): void {
  for (const socket of open) socket.close();
}

/** A WebSocket client that costs the harness as little as can be. */
export class BenchSocket {
  readonly #socket: Socket;
  #carry = Buffer.alloc(0);
  #mode:
    | { kind: "frames"; received: Buffer; waiting: ((payload: Buffer) => void) | undefined }
    | { kind: "marks"; heard: (number: number) => void };

  private constructor(socket: Socket) {
    this.#socket = socket;
    open.add(this);
    socket.once("close", () => {
      // Who waits for what can't come any more would wait for ever.
      if (open.delete(this)) throw new Error("a server closed a connection");
    });
    this.#mode = { kind: "frames", received: Buffer.alloc(0), waiting: undefined };
  }

  static open(port: number, path: string): Promise<BenchSocket> {
    return new Promise((resolve, reject) => {
      let self: BenchSocket | undefined;
      let greeting = "";
      const onread = {
        buffer: reading,
        callback: (count: number): boolean => {
          if (self !== undefined) self.#read(reading.subarray(0, count));
          else {
            greeting += reading.toString("latin1", 0, count);
            const end = greeting.indexOf("\r\n\r\n");
            if (end >= 0 && !greeting.startsWith("HTTP/1.1 101")) reject(new Error(greeting.slice(0, 60)));
            else if (end >= 0) {
              self = new BenchSocket(socket);
              resolve(self);
            }
          }
          return true;
        },
      };
      const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread });
      socket.on("error", reject);
      const key = randomBytes(16).toString("base64");
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
      );
    });
  }

  write(frame: Buffer): void {
    this.#socket.write(frame);
  }

  /** The next whole frame's payload. Only before {@link listen}. */
  frame(): Promise<Buffer> {
    return new Promise((resolve) => {
      if (this.#mode.kind !== "frames") throw new Error("this socket only listens for marks by now");
      this.#mode.waiting = resolve;
      this.#takeFrame();
    });
  }

  /** From here on every post that arrives is told by its number. */
  listen(heard: (number: number) => void): void {
    this.#mode = { kind: "marks", heard };
  }

  close(): void {
    open.delete(this);
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#mode.kind === "frames") {
      this.#mode.received = Buffer.concat([this.#mode.received, bytes]);
      this.#takeFrame();
      return;
    }
    const all = this.#carry.length > 0 ? Buffer.concat([this.#carry, bytes]) : bytes;
    let from = 0;
    for (;;) {
      const at = all.indexOf(MARK, from);
      if (at < 0 || at + MARK_BYTES > all.length) {
        const rest = at < 0 ? Math.max(from, all.length - MARK.length + 1) : at;
        this.#carry = Buffer.from(all.subarray(rest));
        return;
      }
      this.#mode.heard(all.readUInt32BE(at + MARK.length));
      from = at + MARK_BYTES;
    }
  }

  #takeFrame(): void {
    if (this.#mode.kind !== "frames") return;
    const { received, waiting } = this.#mode;
    if (waiting === undefined || received.length < 2) return;
    const short = (received[1] ?? 0) & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (received.length < head) return;
    const length = short < 126 ? short : short === 126 ? received.readUInt16BE(2) : Number(received.readBigUInt64BE(2));
    if (received.length < head + length) return;
    this.#mode.waiting = undefined;
    this.#mode.received = received.subarray(head + length);
    waiting(received.subarray(head, head + length));
  }
}
