import {
  KIND,
  RoomName,
  SottoError,
  cleanName,
  encodeProfile,
  type AccountId,
  type ConversationId,
  type PostId,
} from "@sotto/protocol";
import * as v from "valibot";
import type { Change, Engine, Failure, Session } from "./api.ts";
import { beginRun, endRun } from "./attempts.ts";
import { claimKeyPackages } from "./claims.ts";
import { offerLink } from "./link-new-device.ts";
import { takeLink } from "./link-signed-in.ts";
import { LinkDesk, linkUnknown } from "./linking.ts";
import { listConversations, loadConversation } from "./conversation-record.ts";
import { noteRollback } from "./clone-guard.ts";
import { createConversation } from "./create.ts";
import { dismissNotice, isCloned, noticesOf, tellPasswordChanged } from "./account-notices.ts";
import { changePassword } from "./change-password.ts";
import { closeAccount } from "./close-account.ts";
import { renameDevice } from "./device-names.ts";
import { entryKeys } from "./entry-keys.ts";
import { failureOf } from "./failure.ts";
import { loadIdentity } from "./identity-record.ts";
import { remember, type Enrolled, type Former } from "./new-device.ts";
import { ownDevices } from "./own-devices.ts";
import { changeRecoveryKey, confirmRecoveryKey, recoveryKey } from "./own-recovery-key.ts";
import { announceReclaim, completeReclaim } from "./reclaim.ts";
import { recover } from "./recover.ts";
import { retireDevice } from "./retire-device.ts";
import { revokeDevice } from "./revoke-device.ts";
import { signIn } from "./sign-in.ts";
import { signUp } from "./sign-up.ts";
import { countInstance } from "./instance-marker.ts";
import { joinRoom } from "./join-room.ts";
import { assertMayAdd, assertMayWrite } from "./may-send.ts";
import { addMembers, leave, removeMember, setRole } from "./membership.ts";
import { discardFromOutbox, retryInOutbox } from "./outbox.ts";
import { findPerson } from "./people-actions.ts";
import { previewOf } from "./preview.ts";
import type { Ports, Store } from "./ports.ts";
import { migrate } from "./schema.ts";
import { serverView } from "./server-view.ts";
import { SignedIn } from "./signed-in.ts";
import { markRead, saveDraft } from "./positions.ts";
import { details, summaries } from "./summaries.ts";
import { deletePendingPost, setPostState } from "./timeline.ts";
import { setBlocked, setContactName, setMark, unverify, verificationOf, verify } from "./trust-actions.ts";
import { writePost, writeProfile } from "./write-post.ts";

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
  const stop = async (): Promise<void> => {
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
  const enrolling = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isEnrolling)
      throw new SottoError("request/malformed", "This device is being signed in already.", { kind: "none" });
    isEnrolling = true;
    try {
      return await work();
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
    enrolling(async () => {
      if (signedIn !== undefined && signedIn.refusedBecause === null && !isCloned(opened())) assertSignedOut();
      const enrolled = await work(opened(), signedIn?.context);
      await signedIn?.close();
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
  const claims = async (usernames: readonly string[]) => {
    const { context } = current();
    const people = await Promise.all([...new Set(usernames)].map((username) => findPerson(context, username)));
    for (const { account } of people) assertMayAdd(context, account);
    return claimKeyPackages(
      context,
      people.map(({ account }) => account),
    );
  };
  const born = async (client: SignedIn, birth: Parameters<typeof createConversation>[1]): Promise<ConversationId> => {
    const result = await createConversation(client.context, birth, (id) => client.actorFor(id));
    emit({ kind: "conversations" });
    if (result.kind === "created") return result.conversation;
    if (result.conversation === undefined || birth.kind === KIND.room) throw result.error;
    await client.sync();
    return result.conversation;
  };

  await open();

  return {
    session: async () => sessionNow(),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signUp: (request) =>
      enrolling(async () => {
        assertSignedOut();
        links.cancel();
        await signUp(ports, opened(), { ...request, displayName: cleanName(request.displayName ?? "") || null });
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

    devices: async () => ownDevices(current().context),
    renameDevice: async (request) => renameDevice(current().context, request),
    revokeDevice: async (request) => revokeDevice(current(), request),
    changePassword: async (request) => changePassword(current(), request),
    recoveryKey: async (request) => recoveryKey(current(), request),
    confirmRecoveryKey: async (request) => confirmRecoveryKey(current(), request),
    changeRecoveryKey: async (request) => changeRecoveryKey(current(), request),
    announceReclaim: async () => announceReclaim(current()),
    completeReclaim: async (request) => completeReclaim(current(), request),
    dismissNotice: async ({ notice }) => dismissNotice(current().context, notice),
    holdings: async () => (await current().context.online().request("account.holdings", {})).holdings,
    signOut: async () => {
      await retireDevice(current());
      await wipe();
    },
    closeAccount: async (request) => {
      await closeAccount(current(), request);
      await wipe();
    },
    startOver: wipe,

    conversations: async () => summaries(current().context),
    conversation: async (conversation) => {
      const { context } = current();
      const record = previewOf(context, conversation)?.record ?? loadConversation(context.store, conversation);
      if (record === undefined)
        throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
      return details(context, record);
    },
    timeline: async (request) => current().timeline(request),
    person: async (account) => current().context.people.details(account),
    findPerson: (username) => findPerson(current().context, username),

    verification: async (account) => verificationOf(current().context, account),
    verify: async (request) => {
      const client = current();
      await client.learnNow([request.account]);
      verify(client.context, request);
      client.release();
    },
    unverify: async ({ account }) => {
      unverify(current().context, account);
      current().release();
    },
    acceptIdentity: async ({ account }) => {
      unverify(current().context, account);
      current().release();
    },
    setBlocked: async (request) => {
      setBlocked(current().context, request);
      current().release();
    },
    setContactName: async (request) => setContactName(current().context, request),
    setMuted: async ({ conversation, muted }) =>
      setMark(current().actor(conversation).context, "mute", { conversation, on: muted }),
    setPinned: async ({ conversation, pinned }) =>
      setMark(current().actor(conversation).context, "pin", { conversation, on: pinned }),

    openDirect: async ({ username }) => {
      const client = current();
      const person = await findPerson(client.context, username);
      if (person.account === client.context.account)
        throw new SottoError("member/already", "That's you.", { kind: "person", do: "Choose somebody else." });
      const existing = directWith(client, person.account);
      if (existing !== undefined) return existing;
      const [other, own] = await claimKeyPackages(client.context, [person.account, client.context.account]);
      if (other === undefined || own === undefined)
        throw new SottoError("member/not-addable", "This person can't be added.");
      return born(client, { kind: KIND.direct, other, own });
    },
    createGroup: async ({ name, usernames, history = "archive" }) => {
      const client = current();
      const people = await claims([...usernames, client.identity.username]);
      const named = cleanName(name);
      const profile = encodeProfile({ name: named, topic: "", salt: ports.random(16) });
      const conversation = await born(client, { kind: KIND.group, people, profile, name: named, history });
      writeProfile(client.context, conversation, profile);
      // Whoever is in it is to know its name.
      await client.flush(conversation);
      return conversation;
    },
    createRoom: async ({ room }) => {
      const client = current();
      const [own] = await claimKeyPackages(client.context, [client.context.account]);
      if (own === undefined) throw new SottoError("internal/unexpected", "The server doesn't know this account.");
      return born(client, { kind: KIND.room, room: parseRoom(room), own });
    },
    findRoom: async ({ room }) => {
      try {
        return await current()
          .context.online()
          .request("room.lookup", { room: parseRoom(room) });
      } catch (error) {
        if (error instanceof SottoError && error.code === "room/unknown") return null;
        throw error;
      }
    },
    joinRoom: ({ room }) => joinRoom(current(), parseRoom(room)),
    addMembers: async ({ conversation, usernames }) => {
      const client = current();
      await addMembers(client.actor(conversation), await claims(usernames));
      const profile = loadConversation(client.context.store, conversation)?.profile;
      if (profile === null || profile === undefined) return;
      writeProfile(client.context, conversation, profile);
      // Whoever is in it is to know its name.
      await client.flush(conversation);
    },
    removeMember: ({ conversation, account }) => removeMember(current().actor(conversation), account),
    setRole: ({ conversation, account, role }) => setRole(current().actor(conversation), account, role),
    leave: ({ conversation }) => leave(current().actor(conversation)),

    send: async ({ conversation, text }) => {
      const client = current();
      const record = loadConversation(client.context.store, conversation);
      if (record !== undefined) assertMayWrite(client.context, record);
      const post = writePost(client.context, conversation, text);
      void client.flush(conversation);
      return post;
    },
    retry: async ({ conversation, post }) => {
      const client = current();
      client.context.store.transaction(() => {
        retryInOutbox(client.context.store, conversation, post);
        setPostState(client.context.store, conversation, post, { kind: "sending" });
      });
      emit({ kind: "timeline", conversation });
      void client.flush(conversation);
    },
    discard: async ({ conversation, post }: { conversation: ConversationId; post: PostId }) => {
      const { store: database } = current().context;
      database.transaction(() => {
        discardFromOutbox(database, conversation, post);
        deletePendingPost(database, conversation, post);
      });
      emit({ kind: "timeline", conversation });
    },
    saveDraft: async ({ conversation, text }) => {
      saveDraft(current().actor(conversation).context, conversation, text);
      emit({ kind: "conversations" });
    },
    markRead: async ({ conversation, upToOrder }) => {
      markRead(current().actor(conversation).context, conversation, upToOrder);
      emit({ kind: "conversations" });
    },
    entryKeys: ({ conversation, seq }) => entryKeys(current().context, current().actor(conversation), seq),
    serverView: ({ conversation, seq }) => serverView(current().context, conversation, seq),
    wake: () => signedIn?.wake(),
    handOver: async () => signedIn?.handOver(),
    close: stop,
  };
}

function parseRoom(text: string): RoomName {
  const room = v.safeParse(RoomName, text.trim().replace(/^#/, "").toLowerCase());
  if (room.success) return room.output;
  throw new SottoError("request/malformed", "A room's name has 2 to 32 of the characters a to z, 0 to 9 and -.", {
    kind: "person",
    do: "Choose another name.",
  });
}

function directWith(client: SignedIn, account: AccountId): ConversationId | undefined {
  return listConversations(client.context.store).find(
    (record) =>
      record.kind === KIND.direct &&
      record.state.kind !== "left" &&
      record.members.some((member) => member.account === account),
  )?.id;
}
