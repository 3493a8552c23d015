import type { OwnApi } from "../api-own.ts";
import type { Desk } from "./desk.ts";
import { notBuilt } from "./not-built.ts";
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
    acceptRequest: notBuilt,
    deleteRequest: notBuilt,
    preferences: async () => preferences(current().context),
    setPreferences: async (request) => setPreferences(current().context, request),
    setOwnProfile: notBuilt,
    ownProfile: notBuilt,
    setTyping: notBuilt,
    typingIn: notBuilt,
  };
}
