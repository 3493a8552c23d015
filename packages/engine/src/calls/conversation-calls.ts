import {
  type AccountId,
  type ConversationId,
  KIND,
  RoomName,
  isManager,
  SottoError,
  cleanName,
  encodeProfile,
} from "@sotto/protocol";
import * as v from "valibot";
import type { Engine } from "../api.ts";
import { claimKeyPackages } from "../conversation/claims.ts";
import { listConversations, loadConversation } from "../conversation/conversation-record.ts";
import { createConversation } from "../conversation/create.ts";
import type { Desk } from "./desk.ts";
import { tellInvitesAgain } from "../invites/told-invites.ts";
import { joinRoom } from "../conversation/join-room.ts";
import { assertMayAdd } from "../conversation/may-send.ts";
import { addMembers, leave, removeMember, setRole } from "../conversation/membership.ts";
import { agreedProfile } from "../conversation/profile.ts";
import { withoutClaims } from "../requests/masked.ts";
import { isRequest } from "../requests/requests.ts";
import { findPerson } from "../people/people-actions.ts";
import { previewOf } from "../history/preview.ts";
import type { SignedIn } from "../signed-in.ts";
import { details } from "../timeline/summaries.ts";
import { setMark } from "../people/trust-actions.ts";
import { writeProfile } from "../conversation/write-post.ts";

/** Conversations: listing, beginning, entering and changing them. */
export function conversationCalls({
  current,
  emit,
}: Desk): Pick<
  Engine,
  | "conversations"
  | "conversationsSince"
  | "conversation"
  | "timeline"
  | "setMuted"
  | "setPinned"
  | "openDirect"
  | "createGroup"
  | "createRoom"
  | "findRoom"
  | "joinRoom"
  | "addMembers"
  | "removeMember"
  | "setRole"
  | "leave"
> {
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

  return {
    conversations: async () => current().list.all(),
    conversationsSince: async ({ since }) => current().list.since(since),
    conversation: async (conversation) => {
      const { context } = current();
      const record = previewOf(context, conversation)?.record ?? loadConversation(context.store, conversation);
      if (record === undefined)
        throw new SottoError("conversation/unknown", "This device doesn't know that conversation.");
      return details(context, record);
    },
    timeline: async (request) => {
      const client = current();
      const page = await client.timeline(request);
      const record = loadConversation(client.context.store, request.conversation);
      return record !== undefined && isRequest(client.context, record) ? withoutClaims(page) : page;
    },
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
      const profile = encodeProfile({ name: named, topic: "", picture: null, salt: client.context.ports.random(16) });
      const conversation = await born(client, { kind: KIND.group, people, profile, history });
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
      const record = loadConversation(client.context.store, conversation);
      const profile = record && agreedProfile(client.context.store, record);
      if (record === undefined || profile === undefined) return;
      writeProfile(client.context, conversation, profile);
      tellInvitesAgain(client.context, record);
      // Whoever is in it is to know its name.
      await client.flush(conversation);
    },
    removeMember: ({ conversation, account }) => removeMember(current().actor(conversation), account),
    setRole: async ({ conversation, account, role }) => {
      const client = current();
      await setRole(client.actor(conversation), account, role);
      const record = loadConversation(client.context.store, conversation);
      // Who may let people in from now on is to know the links by which they ask.
      if (!isManager(role) || record === undefined || tellInvitesAgain(client.context, record) === 0) return;
      await client.flush(conversation);
    },
    leave: ({ conversation }) => leave(current().actor(conversation)),
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
