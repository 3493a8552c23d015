import { SottoError, cleanName } from "@sotto/protocol";
import { accountCalls } from "./calls/account-calls.ts";
import { isCloned, noticesOf, tellPasswordChanged } from "./account/account-notices.ts";
import type { Change, Engine, Failure, Session } from "./api.ts";
import { beginRun, endRun } from "./conversation/attempts.ts";
import { noteRollback } from "./clone-guard.ts";
import { conversationCalls } from "./calls/conversation-calls.ts";
import type { Desk } from "./calls/desk.ts";
import { failureOf } from "./failure.ts";
import { loadIdentity } from "./account/identity-record.ts";
import { countInstance } from "./instance-marker.ts";
import { offerLink } from "./account/link-new-device.ts";
import { takeLink } from "./account/link-signed-in.ts";
import { LinkDesk, linkUnknown } from "./account/linking.ts";
import { type Enrolled, type Former, remember } from "./account/new-device.ts";
import { peopleCalls } from "./calls/people-calls.ts";
import type { Ports, Store } from "./ports.ts";
import { inviteCalls } from "./calls/invite-calls.ts";
import { ownCalls } from "./calls/own-calls.ts";
import { postActionCalls } from "./calls/post-action-calls.ts";
import { postCalls } from "./calls/post-calls.ts";
import { postExtraCalls } from "./calls/post-extra-calls.ts";
import { rulesCalls } from "./calls/rules-calls.ts";
import { recover } from "./account/recover.ts";
import { migrate } from "./schema.ts";
import { signIn } from "./account/sign-in.ts";
import { signUp } from "./account/sign-up.ts";
import { SignedIn } from "./signed-in.ts";

/**
 * Beside the face, for programs that end as soon as their work is done: gives out now what would go out to the own devices and into
 * the archive in a moment. Without it that waits for the next time.
 */
export type HandsOver = { handOver: () => Promise<void> };

/**
 * Opens the engine on a device's database. Exactly one may run per device at a time (the platform sees to that).
 * A database that can't be read gives an engine whose session is "damaged": nothing on the server is lost by it.
 */
export async function createEngine(ports: Ports): Promise<Engine & HandsOver> {
  const listeners = new Set<(change: Change) => void>();
  const emit = (change: Change): void => {
    for (const listener of listeners) listener(change);
  };
  let store: Store | undefined;
  let signedIn: SignedIn | undefined;
  let damage: Failure | undefined;

  const opened = (): Store => {
    if (store === undefined)
      throw new SottoError("store/unreadable", "The database on this device can't be read.", {
        kind: "person",
        do: "Sign in again.",
      });
    return store;
  };
  const current = (): SignedIn => {
    if (signedIn === undefined)
      throw new SottoError("request/not-signed-in", "Nobody is signed in on this device.", {
        kind: "person",
        do: "Sign in.",
      });
    return signedIn;
  };

  const start = (unclean: boolean): void => {
    signedIn = new SignedIn({ ports, store: opened(), unclean, emit });
  };
  const open = async (): Promise<void> => {
    try {
      store = await ports.storage.open();
      migrate(store);
      const { unclean } = beginRun(store);
      const { rolledBack } = await countInstance(ports.storage, store, ports.random);
      if (loadIdentity(store) !== undefined) {
        if (rolledBack) noteRollback(store, ports.clock.now());
        start(unclean);
      }
      damage = undefined;
    } catch (error) {
      store?.close();
      store = undefined;
      // Only what the store itself calls unreadable is damage: after a full disk or a mistake of ours nobody may be offered to wipe.
      if (!(error instanceof SottoError) || error.code !== "store/unreadable") throw error;
      damage = failureOf(error);
    }
  };
  /** Counted, so that who was at work on something long notices that its store was closed, or is about to be. */
  let stops = 0;
  const stop = async (): Promise<void> => {
    stops++;
    links.cancel();
    await signedIn?.close();
    signedIn = undefined;
    if (store === undefined) return;
    await countInstance(ports.storage, store, ports.random);
    endRun(store);
    store.close();
    store = undefined;
  };
  const wipe = async (): Promise<void> => {
    await stop();
    await ports.storage.wipe();
    await open();
    emit({ kind: "session" });
  };
  const links = new LinkDesk(() => emit({ kind: "linking" }));
  let isEnrolling = false;
  /** One at a time: a second click must not make a second device, nor two clients on one store. */
  const enrolling = async <T>(work: (assertStillOpen: () => void) => Promise<T>): Promise<T> => {
    if (isEnrolling)
      throw new SottoError("request/malformed", "This device is being signed in already.", { kind: "none" });
    isEnrolling = true;
    const before = stops;
    // A client that is started on a store that goes would be nobody's, and never be closed.
    const assertStillOpen = (): void => {
      if (stops === before) return;
      throw new SottoError("store/unavailable", "Sotto was closed meanwhile.", { kind: "retry" });
    };
    try {
      return await work(assertStillOpen);
    } finally {
      isEnrolling = false;
    }
  };
  const assertSignedOut = (): void => {
    if (signedIn === undefined) return;
    throw new SottoError("request/malformed", "Somebody is signed in on this device already.", {
      kind: "person",
      do: "Sign out first.",
    });
  };
  /**
   * Makes this device one of an account. Over a device that the server doesn't let in any more, or that has a twin, only the
   * same account may come: what it left here goes in the transaction that remembers the new one, and not before.
   */
  const enrol = (work: (store: Store, former: Former | undefined) => Promise<Enrolled>): Promise<void> =>
    enrolling(async (assertStillOpen) => {
      if (signedIn !== undefined && signedIn.refusedBecause === null && !isCloned(opened())) assertSignedOut();
      const enrolled = await work(opened(), signedIn?.context);
      await signedIn?.close();
      assertStillOpen();
      opened().transaction(() => remember(ports, opened(), enrolled, null));
      start(false);
      emit({ kind: "session" });
    });
  const enrolByProof = (work: (store: Store, former: Former | undefined) => Promise<Enrolled>): Promise<void> => {
    links.cancel();
    return enrol(work);
  };
  const sessionNow = (): Session => {
    if (damage !== undefined) return { kind: "damaged", failure: damage };
    if (signedIn === undefined) return { kind: "signed-out" };
    const { identity, context } = signedIn;
    return {
      kind: "signed-in",
      account: identity.account,
      device: identity.device,
      username: identity.username,
      displayName: context.displayName(),
      connection: signedIn.connectionState,
      caughtUp: signedIn.isCaughtUp,
      durability: ports.storage.durability,
      recoveryKeyUnsaved: identity.recoveryKeyUnsaved,
      refusedBecause: signedIn.refusedBecause,
      notices: noticesOf(context),
      seal: context.people.person(identity.account).seal,
    };
  };
  const desk: Desk = { current, emit, wipe };

  await open();

  return {
    session: async () => sessionNow(),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signUp: (request) =>
      enrolling(async (assertStillOpen) => {
        assertSignedOut();
        links.cancel();
        await signUp(ports, opened(), { ...request, displayName: cleanName(request.displayName ?? "") || null });
        assertStillOpen();
        start(false);
        emit({ kind: "session" });
      }),
    signIn: (request) => enrolByProof((into, former) => signIn(ports, into, request, former)),
    recover: async (request) => {
      await enrolByProof((into, former) => recover(ports, into, request, former));
      tellPasswordChanged(current().context);
    },

    startLink: async () => {
      assertSignedOut();
      await links.begin((show) => offerLink(ports, { store: opened(), show, enrol }));
    },
    claimLink: async ({ codeOrQr }) => {
      const client = current();
      await links.begin((show) => takeLink(client, { codeOrQr, show }));
    },
    admitLink: async ({ password }) => {
      const admit = links.current?.admit;
      if (admit === undefined) throw linkUnknown();
      await admit(password);
    },
    cancelLink: async () => links.cancel(),
    linking: async () => links.state,

    startOver: wipe,

    ...accountCalls(desk),
    ...conversationCalls(desk),
    ...peopleCalls(desk),
    ...postCalls(desk),
    ...postActionCalls(desk),
    ...postExtraCalls(desk),
    ...rulesCalls(desk),
    ...inviteCalls(desk),
    ...ownCalls(desk),

    wake: () => signedIn?.wake(),
    handOver: async () => signedIn?.handOver(),
    close: stop,
  };
}
