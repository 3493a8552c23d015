import { encodeEvent, idBytes, type ConversationId, type ServerEvent } from "@sotto/protocol";
import type { Session } from "./session.ts";
import type { ConversationRow, Key } from "./store.ts";

/** A conversation that someone connected may read. */
export class Channel {
  readonly key: Key;
  readonly conversation: ConversationId;
  /** 16 bytes, as they stand in frames. */
  readonly bytes: Uint8Array;
  readonly sessions = new Set<Session>();

  constructor(key: Key, conversation: ConversationId) {
    this.key = key;
    this.conversation = conversation;
    this.bytes = idBytes(conversation);
  }
}

/** The bytes of an id as a key for maps: a string of its bytes, several times cheaper than base64. */
export const rawKey = (bytes: Uint8Array): string => String.fromCharCode.apply(null, bytes as unknown as number[]);

/** Who is connected, and who hears which conversation. */
export class Hall {
  readonly #bufferedBytesMax: number;
  readonly #byAccount = new Map<Key, Set<Session>>();
  readonly #channels = new Map<Key, Channel>();
  readonly #byBytes = new Map<string, Channel>();
  /** Counts changes of access, so that a list read across one is read again. */
  changes = 0;

  constructor(bufferedBytesMax: number) {
    this.#bufferedBytesMax = bufferedBytesMax;
  }

  /** Makes an authenticated session reachable by its account. */
  enter(session: Session, account: Key): void {
    const sessions = this.#byAccount.get(account) ?? new Set();
    sessions.add(session);
    this.#byAccount.set(account, sessions);
  }

  leave(session: Session): void {
    for (const channel of session.channels) this.#unsubscribe(session, channel);
    session.channels.clear();
    const account = session.identity?.accountKey;
    const sessions = account === undefined ? undefined : this.#byAccount.get(account);
    if (account === undefined || sessions === undefined) return;
    sessions.delete(session);
    if (sessions.size === 0) this.#byAccount.delete(account);
  }

  sessionsOf(account: Key): readonly Session[] {
    return [...(this.#byAccount.get(account) ?? [])];
  }

  channel(key: Key): Channel | undefined {
    return this.#channels.get(key);
  }

  channelOf(bytes: Uint8Array): Channel | undefined {
    return this.#byBytes.get(rawKey(bytes));
  }

  subscribe(session: Session, { key, conversation }: Pick<ConversationRow, "key" | "conversation">): void {
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      channel = new Channel(key, conversation);
      this.#channels.set(key, channel);
      this.#byBytes.set(rawKey(channel.bytes), channel);
    }
    channel.sessions.add(session);
    session.channels.add(channel);
  }

  #unsubscribe(session: Session, channel: Channel): void {
    channel.sessions.delete(session);
    if (channel.sessions.size > 0) return;
    this.#channels.delete(channel.key);
    this.#byBytes.delete(rawKey(channel.bytes));
  }

  /** These accounts may read the conversation from now on. Their devices hear that their list has changed. */
  grant(conversation: Pick<ConversationRow, "key" | "conversation">, accounts: readonly Key[]): void {
    if (accounts.length > 0) this.changes++;
    for (const account of accounts) {
      for (const session of this.sessionsOf(account)) {
        this.subscribe(session, conversation);
        this.tell(session, { event: "conversations" });
      }
    }
  }

  /** These accounts may not read the conversation any more. */
  withdraw(conversation: Key, accounts: readonly Key[]): void {
    if (accounts.length > 0) this.changes++;
    const channel = this.#channels.get(conversation);
    for (const account of accounts) {
      for (const session of this.sessionsOf(account)) {
        if (channel !== undefined && session.channels.delete(channel)) this.#unsubscribe(session, channel);
        this.tell(session, { event: "conversations" });
      }
    }
  }

  tell(session: Session, event: ServerEvent): void {
    this.send(session, encodeEvent(event));
  }

  tellAccount(account: Key, event: ServerEvent): void {
    for (const session of this.sessionsOf(account)) this.tell(session, event);
  }

  /** One frame for everyone who hears the channel. */
  deliver(channel: Channel, frame: Uint8Array): void {
    for (const session of channel.sessions) this.send(session, frame);
  }

  /** A peer that doesn't read is let go: what it misses is in the log, and memory is everybody's. */
  send(session: Session, frame: Uint8Array): void {
    if (session.isClosed) return;
    if (session.peer.bufferedBytes() > this.#bufferedBytesMax) {
      session.isClosed = true;
      session.peer.close(1013, "too slow");
      return;
    }
    session.peer.send(frame);
  }
}
