import * as v from "valibot";
import {
  APPLICATION_ENVELOPE_BYTES_MAX,
  ENTRY_KIND,
  FRAME,
  FRAME_BYTES_MAX,
  OPERATIONS,
  PROTOCOL_VERSION,
  conversationIdOf,
  decodeCbor,
  decodeEnvelope,
  encodeRefused,
  encodeResponse,
  type Operation,
  type ParsedParameters,
} from "@sotto/protocol";
import { Appender, nameOf } from "./appender.ts";
import * as chains from "./chain-changes.ts";
import * as connecting from "./connecting.ts";
import * as conversations from "./conversations.ts";
import * as directory from "./directory.ts";
import { Hall } from "./hall.ts";
import * as inviting from "./inviting.ts";
import { leave } from "./leaving.ts";
import * as linking from "./linking.ts";
import { Links } from "./links.ts";
import * as own from "./own-account.ts";
import type { DeliveryPorts, Peer } from "./ports.ts";
import * as proofs from "./proofs.ts";
import * as reading from "./reading.ts";
import { Refused, refuse, tooMany, unavailable } from "./refusal.ts";
import { Seen } from "./seen.ts";
import { ANSWERED, createLimiters, type Asked, type DeviceHandler, type OpenHandler, type Service } from "./service.ts";
import { Session } from "./session.ts";
import { sendSignal } from "./signals.ts";
import * as signUp from "./sign-up.ts";

/** One device's connection, as the shell drives it. */
export interface Connection {
  /** One whole frame. The bytes belong to the delivery service from here on. Hostile bytes are refused; never throws. */
  receive(frame: Uint8Array): void;
  /** The link is gone. */
  closed(): void;
}

export interface Delivery {
  connect(peer: Peer): Connection;
  /** Takes nothing new, finishes what was taken, then says goodbye to everyone. */
  drain(): Promise<void>;
  ready(): boolean;
  /** For metrics: numbers only. */
  counts(): { connections: number; accepted: number; refused: number };
}

/** Sign-up and a new device bring their key packages along; nothing else that comes before authentication is large. */
const ANONYMOUS_FRAME_BYTES_MAX = 4 * 1024 * 1024;
const SUBMIT_HEADER_BYTES = 38;
const REQUEST_HEADER_BYTES = 6;

/** The server's rules over its ports. Its timers are the clock's: given the same answers it does the same things. */
export function createDelivery(ports: DeliveryPorts): Delivery {
  const hall = new Hall(ports.limits.bufferedBytesMax);
  return new DeliveryService({
    ports,
    hall,
    appender: new Appender(ports, hall),
    limiters: createLimiters(ports),
    links: new Links(ports, hall),
    seen: new Seen(ports),
    sessions: new Set(),
  });
}

class DeliveryService implements Delivery {
  readonly #service: Service;
  #isDraining = false;
  #underWay = 0;
  #whenIdle: (() => void)[] = [];
  #refused = 0;

  constructor(service: Service) {
    this.#service = service;
  }

  connect(peer: Peer): Connection {
    const session = new Session(peer);
    this.#service.sessions.add(session);
    return {
      receive: (frame) => this.#receive(session, frame),
      closed: () => {
        session.isClosed = true;
        session.waiting.length = 0;
        if (!this.#isDraining) this.#service.seen.note(session);
        this.#service.links.leave(session);
        this.#service.hall.leave(session);
        this.#service.limiters.frames.forget(session);
        this.#service.sessions.delete(session);
      },
    };
  }

  ready(): boolean {
    return !this.#isDraining;
  }

  counts() {
    return {
      connections: this.#service.sessions.size,
      accepted: this.#service.appender.accepted,
      refused: this.#refused + this.#service.appender.refused,
    };
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await this.#service.appender.idle();
    for (const session of this.#service.sessions) this.#service.seen.note(session);
    await this.#service.seen.flush();
    for (const session of this.#service.sessions) session.end(1001, "going away");
  }

  #receive(session: Session, frame: Uint8Array): void {
    if (session.isClosed) return;
    if (frame.length < 6 || frame[0] !== PROTOCOL_VERSION) return this.#endMalformed(session);
    const request =
      (((frame[2] ?? 0) << 24) | ((frame[3] ?? 0) << 16) | ((frame[4] ?? 0) << 8) | (frame[5] ?? 0)) >>> 0;
    const wait = this.#service.limiters.frames.take(session);
    if (wait > 0) return this.#refuse(session, request, tooMany(wait));
    if (frame[1] === FRAME.submit) return this.#submit(session, request, frame);
    if (frame[1] === FRAME.request) return this.#enqueue(session, request, frame);
    this.#endMalformed(session);
  }

  /** Whoever speaks another protocol isn't answered in this one. */
  #endMalformed(session: Session): void {
    this.#refused++;
    session.end(1002, "malformed");
  }

  #refuse(session: Session, request: number, { refusal }: Refused): void {
    this.#refused++;
    this.#service.hall.send(session, encodeRefused(request, refusal));
  }

  /** The hot path: reads the routing header and the envelope's, nothing else. */
  #submit(session: Session, request: number, frame: Uint8Array): void {
    const { hall, appender, limiters } = this.#service;
    const refuseIt = (refused: Refused): void => this.#refuse(session, request, refused);
    const { identity } = session;
    if (identity === undefined) return refuseIt(refuse("request/not-signed-in"));
    if (frame.length > SUBMIT_HEADER_BYTES + APPLICATION_ENVELOPE_BYTES_MAX)
      return refuseIt(refuse("request/too-large"));
    const bytes = frame.subarray(SUBMIT_HEADER_BYTES);
    const envelope = decodeEnvelope(bytes);
    if (frame.length < SUBMIT_HEADER_BYTES || envelope?.kind !== ENTRY_KIND.application)
      return refuseIt(refuse("request/malformed"));
    if (this.#isDraining) return refuseIt(unavailable());
    const wait = limiters.posts.take(identity.accountKey);
    if (wait > 0) return refuseIt(tooMany(wait));
    if (appender.isFull) return refuseIt(tooMany(1_000));
    const conversationBytes = frame.subarray(6, 22);
    const channel = hall.channelOf(conversationBytes);
    if (channel === undefined || !session.channels.has(channel))
      return void this.#explain(session, request, conversationBytes);
    appender.add({
      arrival: {
        conversation: channel.key,
        account: identity.accountKey,
        device: identity.deviceKey,
        send: frame.subarray(22, 38),
        kind: ENTRY_KIND.application,
        seen: envelope.seen,
        applied: envelope.applied,
        envelope: bytes,
        hash: this.#service.ports.hash(bytes),
        parts: null,
      },
      conversation: channel.conversation,
      conversationBytes: channel.bytes,
      session,
      request,
      settled: undefined,
      welcomed: [],
    });
  }

  /** Why a post can't be taken: there is no such conversation, or this account isn't (or is no longer) in it. */
  async #explain(session: Session, request: number, conversationBytes: Uint8Array): Promise<void> {
    const { identity } = session;
    try {
      const row =
        identity === undefined
          ? refuse("request/not-signed-in")
          : await conversations.readable(this.#service, identity, conversationIdOf(conversationBytes));
      // Readable after all: access came back in this very moment.
      this.#refuse(session, request, row instanceof Refused ? row : unavailable());
    } catch (error) {
      this.#fail(session, request, "submit", error);
    }
  }

  /** Requests of one connection run one at a time, in order; connections don't wait for each other. */
  #enqueue(session: Session, request: number, frame: Uint8Array): void {
    const isAnonymous = session.identity === undefined;
    if (frame.length > (isAnonymous ? ANONYMOUS_FRAME_BYTES_MAX : FRAME_BYTES_MAX))
      return this.#refuse(session, request, refuse("request/too-large"));
    const wait = isAnonymous ? this.#service.limiters.anonymous.take(session.peer.address) : 0;
    if (wait > 0) return this.#refuse(session, request, tooMany(wait));
    const { limits } = this.#service.ports;
    const isFull =
      session.waiting.length >= limits.waitingRequestsMax ||
      session.waitingBytes + frame.length > limits.waitingRequestBytesMax;
    if (isFull) return this.#refuse(session, request, tooMany(1_000));
    session.waiting.push({ request, body: frame.subarray(REQUEST_HEADER_BYTES) });
    session.waitingBytes += frame.length;
    if (!session.isBusy) void this.#work(session);
  }

  async #work(session: Session): Promise<void> {
    this.#underWay++;
    for (let next = session.waiting.shift(); next !== undefined; next = session.waiting.shift()) {
      session.isBusy = true;
      await this.#perform(session, next.request, next.body);
      session.waitingBytes -= next.body.length + REQUEST_HEADER_BYTES;
      session.answered();
    }
    this.#underWay--;
    if (this.#underWay === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  async #perform(session: Session, request: number, body: Uint8Array): Promise<void> {
    if (this.#isDraining) return this.#refuse(session, request, unavailable());
    const decoded = decodeCbor(body);
    const call = decoded.kind === "value" ? v.safeParse(Call, decoded.value) : undefined;
    if (call?.success !== true) return this.#refuse(session, request, refuse("request/malformed"));
    const [operation, parameters] = call.output;
    if (!isOperation(operation)) return this.#refuse(session, request, refuse("request/unknown-operation"));
    try {
      const answer = await perform(this.#service, { session, request }, operation, parameters);
      if (answer === ANSWERED) return;
      if (answer instanceof Refused) return this.#refuse(session, request, answer);
      this.#service.hall.send(session, encodeResponse(request, answer));
    } catch (error) {
      this.#fail(session, request, operation, error);
    }
  }

  #fail(session: Session, request: number, operation: string, error: unknown): void {
    this.#service.ports.log("error", "delivery/operation-failed", { operation, error: nameOf(error) });
    this.#refuse(session, request, unavailable());
  }
}

const Call = v.strictTuple([v.string(), v.unknown()]);

const isOperation = (name: string): name is Operation => Object.hasOwn(OPERATIONS, name);

const OPEN = {
  "session.challenge": connecting.challenge,
  "session.authenticate": connecting.authenticate,
  "sign-up.start": signUp.startSignUp,
  "sign-up.finish": signUp.finishSignUp,
  "sign-in.start": proofs.startSignIn,
  "sign-in.finish": proofs.finishSignIn,
  "recovery.start": proofs.startRecovery,
  "recovery.finish": proofs.finishRecovery,
  "password.start": proofs.startPassword,
  "vault.replace": chains.replaceVault,
  "link.open": linking.openLink,
  "link.send": linking.sendLink,
  "link.cancel": linking.cancelLink,
  "device.add": chains.addDevice,
} as const satisfies { [O in Operation as (typeof OPERATIONS)[O]["who"] extends "anyone" ? O : never]: OpenHandler<O> };

const DEVICE = {
  "chain.append": chains.appendChain,
  "reclaim.complete": chains.completeReclaim,
  "link.claim": linking.claimLink,
  "account.close": chains.closeAccount,
  "account.holdings": own.holdings,
  "devices.seen": own.devicesSeen,
  "chain.fetch": directory.fetchChains,
  "chain.changed": directory.compareChains,
  "name.lookup": directory.lookUpName,
  "key-packages.publish": directory.publishKeyPackages,
  "key-packages.claim": directory.claimKeyPackages,
  "conversation.create": conversations.create,
  "conversation.commit": conversations.commit,
  "conversation.group-info": conversations.groupInfo,
  "conversation.tree": conversations.tree,
  "conversation.list": conversations.list,
  "conversation.acknowledge": conversations.acknowledge,
  "conversation.leave": leave,
  "conversation.leavers": conversations.leavers,
  "invite.create": inviting.create,
  "invite.list": inviting.list,
  "invite.revoke": inviting.revoke,
  "invite.look": inviting.look,
  "invite.ask": inviting.ask,
  "join.requests": inviting.requests,
  "join.decline": inviting.decline,
  "signal.send": sendSignal,
  "room.lookup": conversations.lookUpRoom,
  "log.page": reading.pageLog,
  "log.head": reading.logHead,
  "inbox.page": reading.pageInbox,
  "inbox.acknowledge": reading.acknowledgeInbox,
  "archive.store": reading.storeArchive,
  "archive.page": reading.pageArchive,
  "archive.find": reading.findArchive,
} as const satisfies {
  [O in Operation as (typeof OPERATIONS)[O]["who"] extends "device" ? O : never]: DeviceHandler<O>;
};

const isOpen = (operation: Operation): operation is keyof typeof OPEN => Object.hasOwn(OPEN, operation);

/** Who may ask is decided here, before anything of the parameters is looked at. */
async function perform(service: Service, asked: Asked, operation: Operation, parameters: unknown): Promise<unknown> {
  if (isOpen(operation))
    return withParameters(operation, parameters, (parsed) =>
      (OPEN[operation] as OpenHandler<typeof operation>)(service, asked, parsed),
    );
  const { identity } = asked.session;
  if (identity === undefined) return refuse("request/not-signed-in");
  const handler = DEVICE[operation] as DeviceHandler<typeof operation>;
  return withParameters(operation, parameters, (parsed) => handler(service, { ...asked, identity }, parsed));
}

function withParameters<O extends Operation>(
  operation: O,
  parameters: unknown,
  work: (parsed: ParsedParameters<O>) => Promise<unknown>,
): Promise<unknown> {
  const parsed = v.safeParse(OPERATIONS[operation].parameters, parameters);
  return parsed.success ? work(parsed.output as ParsedParameters<O>) : Promise.resolve(refuse("request/malformed"));
}
