import type { Change, Folder, Invite, InvitePreview, OwnApi, Preferences, RulesApi } from "@sotto/engine";
import { ROLE } from "@sotto/protocol";
import type { ConversationId } from "@sotto/protocol";
import { refuse } from "./fake-account.ts";
import type { Scene, World } from "./fake-engine.ts";

type OwnFake = Omit<OwnApi, "typingIn" | "setTyping"> & RulesApi;

/** The part of the fake engine that is about what a person arranges for themselves, and about the rules of conversations. */
export function fakeOwn(
  world: World,
  emit: (...changes: Change[]) => void,
  find: (conversation: ConversationId) => Scene,
): OwnFake {
  let folders: Folder[] = [];
  let preferences: Preferences = { readReceipts: true, typing: true, linkPreviews: false };
  const invites = new Map<ConversationId, Invite[]>();
  const told = (scene: Scene) =>
    emit({ kind: "timeline", conversation: scene.conversation }, { kind: "conversations" });
  const arranged = (conversation: ConversationId, step: (scene: Scene) => void) => {
    step(find(conversation));
    emit({ kind: "conversations" });
  };
  return {
    setNotify: async ({ conversation, notify }) =>
      arranged(conversation, (scene) => {
        scene.notify = notify;
      }),
    setArchived: async ({ conversation, archived }) =>
      arranged(conversation, (scene) => {
        scene.archived = archived;
      }),
    setFavourite: async ({ conversation, favourite }) =>
      arranged(conversation, (scene) => {
        scene.favourite = favourite;
      }),
    folders: async () => folders,
    async saveFolder({ folder, name, conversations }) {
      const id = folder ?? `folder ${folders.length + 1}`;
      folders = [...folders.filter((one) => one.folder !== id), { folder: id, name, conversations }];
      emit({ kind: "folders" });
      return id;
    },
    async deleteFolder({ folder }) {
      folders = folders.filter((one) => one.folder !== folder);
      emit({ kind: "folders" });
    },
    acceptRequest: async ({ conversation }) =>
      arranged(conversation, (scene) => {
        scene.request = false;
      }),
    async deleteRequest({ conversation }) {
      world.scenes = world.scenes.filter((scene) => scene.conversation !== conversation);
      emit({ kind: "conversations" });
    },
    preferences: async () => preferences,
    async setPreferences(change) {
      preferences = { ...preferences, ...change };
      emit({ kind: "preferences" });
    },
    async setOwnProfile({ displayName, status }) {
      if (displayName !== undefined) world.self.displayName = displayName;
      if (status !== undefined) world.self.status = status;
      if (world.session.kind === "signed-in") world.session = { ...world.session, displayName: world.self.displayName };
      emit({ kind: "session" }, { kind: "people" });
    },
    ownProfile: async () => ({ displayName: world.self.displayName, status: world.self.status, picture: null }),
    async setProfile({ conversation, name, topic }) {
      const scene = find(conversation);
      if (name !== undefined) scene.name = name;
      if (topic !== undefined) scene.topic = topic;
      told(scene);
    },
    async setRules({ conversation, rules }) {
      const scene = find(conversation);
      scene.rules = { ...scene.rules, ...rules };
      told(scene);
    },
    async ban({ conversation, account }) {
      const scene = find(conversation);
      scene.banned.push(
        ...scene.members.filter(({ person }) => person.account === account).map(({ person }) => person),
      );
      scene.members = scene.members.filter(({ person }) => person.account !== account);
      told(scene);
    },
    async unban({ conversation, account }) {
      const scene = find(conversation);
      scene.banned = scene.banned.filter((person) => person.account !== account);
      told(scene);
    },
    picture: async () => null,
    async createInvite({ conversation, expiresInSeconds, approval }) {
      const of = invites.get(conversation) ?? [];
      const invite: Invite = {
        invite: `invite ${of.length}`,
        link: `${location.origin}/#join/${conversation}/${"k".repeat(43)}`,
        by: world.self,
        expiresAt: expiresInSeconds === null ? null : Date.now() + expiresInSeconds * 1000,
        approval,
      };
      invites.set(conversation, [invite, ...of]);
      emit({ kind: "conversations" });
      return invite;
    },
    invites: async ({ conversation }) => invites.get(conversation) ?? [],
    async revokeInvite({ conversation, invite }) {
      invites.set(
        conversation,
        (invites.get(conversation) ?? []).filter((one) => one.invite !== invite),
      );
      emit({ kind: "conversations" });
    },
    async lookAtInvite(): Promise<InvitePreview> {
      const scene = world.scenes.find(({ kind }) => kind === "group");
      if (scene === undefined) return refuse("conversation/unknown");
      return {
        conversation: scene.conversation,
        name: scene.name ?? "",
        topic: scene.topic,
        people: scene.members.length,
        approval: true,
        state: "open",
      };
    },
    async acceptInvite(request) {
      return { ...(await this.lookAtInvite(request)), state: "waiting" };
    },
    joinRequests: async ({ conversation }) => find(conversation).asking,
    async answerJoinRequest({ conversation, request, accept }) {
      const scene = find(conversation);
      const asked = scene.asking.find((one) => one.request === request);
      scene.asking = scene.asking.filter((one) => one.request !== request);
      if (asked !== undefined && accept) scene.members.push({ person: asked.person, role: ROLE.member });
      told(scene);
    },
  };
}
