import type { Link, LinkEvents, Transport } from "@sotto/engine";
import ReconnectingWebSocket from "partysocket/ws";

/** Path of the delivery service's WebSocket, under its origin. */
const SOCKET_PATH = "/socket";

const FIRST_RETRY_MS = 250;
/** Spreads devices out that were cut off at the same moment. */
const RETRY_SPREAD_MS = 500;
const LAST_RETRY_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** @param origin  of the page; anything after it is ignored. */
export function webTransport({ origin }: { origin: string }): Transport {
  const address = new URL(origin);
  const socket = new URL(SOCKET_PATH, address.origin);
  socket.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return { origin: address.origin, connect: (events) => new SocketLink(socket.href, events) };
}

/** Binary frames over a WebSocket that comes back by itself: tries again soon, then slower and slower. */
class SocketLink implements Link {
  readonly #url: string;
  readonly #events: LinkEvents;
  #socket: ReconnectingWebSocket;

  constructor(url: string, events: LinkEvents) {
    this.#url = url;
    this.#events = events;
    this.#socket = this.#connect();
  }

  send(bytes: Uint8Array): boolean {
    if (this.#socket.readyState !== ReconnectingWebSocket.OPEN) return false;
    return this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  reconnect(): void {
    // A new one: the old one, if it is waiting for its next try, would wait to the end.
    this.close();
    this.#events.closed();
    this.#socket = this.#connect();
  }

  close(): void {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #connect(): ReconnectingWebSocket {
    const socket = new ReconnectingWebSocket(this.#url, [], {
      maxEnqueuedMessages: 0,
      minReconnectionDelay: FIRST_RETRY_MS + Math.random() * RETRY_SPREAD_MS,
      maxReconnectionDelay: LAST_RETRY_MS,
      reconnectionDelayGrowFactor: 1.7,
      connectionTimeout: CONNECT_TIMEOUT_MS,
    });
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#events.opened();
    socket.onmessage = ({ data }) => {
      // Text is nothing that our server sends.
      if (data instanceof ArrayBuffer) this.#events.frame(new Uint8Array(data));
    };
    socket.onclose = () => this.#events.closed();
    return socket;
  }
}
