import type { OwnApi } from "../api-own.ts";
import type { Desk } from "./desk.ts";
import { notBuilt } from "./not-built.ts";

export function ownCalls(
  _desk: Desk,
): Pick<
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
    setNotify: notBuilt,
    setArchived: notBuilt,
    setFavourite: notBuilt,
    folders: notBuilt,
    saveFolder: notBuilt,
    deleteFolder: notBuilt,
    acceptRequest: notBuilt,
    deleteRequest: notBuilt,
    preferences: notBuilt,
    setPreferences: notBuilt,
    setOwnProfile: notBuilt,
    ownProfile: notBuilt,
    setTyping: notBuilt,
    typingIn: notBuilt,
  };
}
