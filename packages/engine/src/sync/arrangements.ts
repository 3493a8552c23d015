import { SottoError, cleanName, toHex, type ConversationId } from "@sotto/protocol";
import * as v from "valibot";
import type { Folder, Notify, Preferences } from "../api-own.ts";
import type { Context } from "../context.ts";
import { SYNC, type Sync } from "./sync-state.ts";

/** How a person arranges their conversations, and what they prefer: values of the map that all own devices share. */

const FOLDERS_MAX = 64;
const FOLDER_CONVERSATIONS_MAX = 400;
const FOLDERS = SYNC.folder("");
const FOLDER_ID_BYTES = 8;

/** A muted conversation of an older release is one from which nothing is worth a sound. */
export function notifyOf(sync: Pick<Sync, "get">, conversation: ConversationId): Notify {
  const notify = sync.get(SYNC.notify(conversation));
  if (notify === "all" || notify === "mentions" || notify === "none") return notify;
  return sync.get(SYNC.mute(conversation)) === true ? "none" : "all";
}

export function setNotify(
  context: Context,
  { conversation, notify }: { conversation: ConversationId; notify: Notify },
): void {
  const { store, sync } = context;
  store.transaction(() => {
    if (notify === "all") sync.delete(SYNC.notify(conversation));
    else sync.set(SYNC.notify(conversation), notify);
    // Read by releases that know of nothing between all and none.
    if (notify === "none") sync.set(SYNC.mute(conversation), true);
    else sync.delete(SYNC.mute(conversation));
  });
  context.emit({ kind: "conversations" });
}

/** A mark on a conversation: it is there or not. */
export function arrange(
  context: Context,
  mark: "pin" | "shelf" | "favourite",
  { conversation, on }: { conversation: ConversationId; on: boolean },
): void {
  const { sync } = context;
  if (on) sync.set(SYNC[mark](conversation), true);
  else sync.delete(SYNC[mark](conversation));
  context.emit({ kind: "conversations" });
}

const FolderWire = v.tuple([v.string(), v.array(v.string())]);

/** By name. */
export function folders({ sync }: Context): Folder[] {
  return sync
    .list(FOLDERS)
    .flatMap(([key, value]) => {
      const parsed = v.safeParse(FolderWire, value);
      if (!parsed.success) return [];
      const [name, conversations] = parsed.output;
      return [
        {
          folder: key.slice(FOLDERS.length),
          name: cleanName(name),
          conversations: conversations as ConversationId[],
        },
      ];
    })
    .sort((a, b) => a.name.localeCompare(b.name) || (a.folder < b.folder ? -1 : 1));
}

/** @throws SottoError request/malformed: no name, too many folders, too much in one */
export function saveFolder(
  context: Context,
  { folder, name, conversations }: { folder: string | null; name: string; conversations: ConversationId[] },
): string {
  const clean = cleanName(name);
  const inIt = [...new Set(conversations)];
  const known = folders(context);
  if (clean === "") throw refused("A folder needs a name.", "Give it one.");
  if (folder !== null && !known.some((each) => each.folder === folder))
    throw refused("That folder isn't there any more.", "Make a new one.");
  if (inIt.length > FOLDER_CONVERSATIONS_MAX)
    throw refused(`A folder holds up to ${FOLDER_CONVERSATIONS_MAX} conversations.`, "Use another one as well.");
  if (folder === null && known.length >= FOLDERS_MAX)
    throw refused(`There can be up to ${FOLDERS_MAX} folders.`, "Use one that is there.");
  const id = folder ?? toHex(context.ports.random(FOLDER_ID_BYTES));
  context.sync.set(SYNC.folder(id), [clean, inIt]);
  context.emit({ kind: "folders" });
  return id;
}

export function deleteFolder(context: Context, { folder }: { folder: string }): void {
  context.sync.delete(SYNC.folder(folder));
  context.emit({ kind: "folders" });
}

const refused = (message: string, hint: string): SottoError =>
  new SottoError("request/malformed", message, { kind: "person", do: hint });

/**
 * What holds until the person says otherwise. When and how far one reads is one's own affair, and telling it is a post of each reader: off.
 * Link previews ask others for what a person writes about: off.
 */
const DEFAULTS: Preferences = { readReceipts: false, typing: true, linkPreviews: false };

export function preferences({ sync }: { sync: Pick<Sync, "get"> }): Preferences {
  const value = (name: keyof Preferences): boolean => {
    const stored = sync.get(SYNC.preference(name));
    return typeof stored === "boolean" ? stored : DEFAULTS[name];
  };
  return { readReceipts: value("readReceipts"), typing: value("typing"), linkPreviews: value("linkPreviews") };
}

export function setPreferences(context: Context, changed: Partial<Preferences>): void {
  const { store, sync } = context;
  store.transaction(() => {
    for (const name of ["readReceipts", "typing", "linkPreviews"] as const) {
      const value = changed[name];
      if (value !== undefined) sync.set(SYNC.preference(name), value);
    }
  });
  context.emit({ kind: "preferences" });
}

/** What a summary says of how the person has arranged a conversation. */
export const arrangedAs = ({ sync }: Pick<Context, "sync">, conversation: ConversationId) => {
  const notify = notifyOf(sync, conversation);
  return {
    notify,
    muted: notify === "none",
    pinned: sync.get(SYNC.pin(conversation)) === true,
    archived: sync.get(SYNC.shelf(conversation)) === true,
    favourite: sync.get(SYNC.favourite(conversation)) === true,
  };
};
