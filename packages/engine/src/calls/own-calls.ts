import type { OwnApi } from "../api-own.ts";
import type { Desk } from "./desk.ts";
import { ownProfile, setOwnProfile } from "../people/own-profile.ts";
import { accept, deleteRequest } from "../requests/deciding.ts";
import {
  arrange,
  deleteFolder,
  folders,
  preferences,
  saveFolder,
  setNotify,
  setPreferences,
} from "../sync/arrangements.ts";

export function ownCalls({
  current,
  emit,
}: Desk): Pick<
  OwnApi,
  | "setNotify"
  | "setArchived"
  | "setFavourite"
  | "folders"
  | "saveFolder"
  | "deleteFolder"
  | "acceptRequest"
  | "deleteRequest"
  | "preferences"
  | "setPreferences"
  | "setOwnProfile"
  | "ownProfile"
  | "setTyping"
  | "typingIn"
> {
  return {
    setNotify: async (request) => setNotify(current().actor(request.conversation).context, request),
    setArchived: async ({ conversation, archived }) =>
      arrange(current().actor(conversation).context, "shelf", { conversation, on: archived }),
    setFavourite: async ({ conversation, favourite }) =>
      arrange(current().actor(conversation).context, "favourite", { conversation, on: favourite }),
    folders: async () => folders(current().context),
    saveFolder: async (request) => saveFolder(current().context, request),
    deleteFolder: async (request) => deleteFolder(current().context, request),
    acceptRequest: async ({ conversation }) => {
      const client = current();
      accept(client.actor(conversation).context, conversation);
      emit({ kind: "people" });
      emit({ kind: "conversations" });
      emit({ kind: "timeline", conversation });
      // Entered where this device hasn't been yet; else what waits there goes on.
      await client.goOn(conversation);
    },
    deleteRequest: async ({ conversation, block }) => {
      await deleteRequest(current().actor(conversation), { block });
      emit({ kind: "people" });
      emit({ kind: "conversations" });
    },
    preferences: async () => preferences(current().context),
    setPreferences: async (request) => setPreferences(current().context, request),
    setOwnProfile: async (request) => setOwnProfile(current().context, request),
    ownProfile: async () => ownProfile(current().context),
    setTyping: async ({ conversation, typing }) =>
      // Nobody waits for it, and what can't be said now isn't worth saying later.
      current()
        .typing.set(conversation, typing)
        .catch(() => undefined),
    typingIn: async ({ conversation }) => current().typing.in(conversation),
  };
}
