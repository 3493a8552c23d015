import type { Change, Engine, Failure } from "@sotto/engine";

/**
 * [Note: One engine, many tabs]
 *
 * One tab leads (a Web Lock, by tab-election). It runs the worker in which the engine lives; every tab, the leading one too,
 * talks to that worker over BroadcastChannels. When the leading tab goes, its worker goes with it, another tab takes the
 * lead and starts a worker of its own, which announces itself by a new id.
 *
 * What becomes of a call that was under way then? Reading again, or writing the same value again, does no harm: such calls
 * (REPEATABLE) are made again with the new engine. Anything else must not be done twice. So such a call is made in two
 * steps: the tab asks the engine whether it is there, and only upon its answer hands the call over. A call that was never
 * handed over never began, and is made with the new engine. One that was handed over and not answered may have been done or
 * not: it is rejected, and the person looks. No guess about timing enters into this, and nothing is ever sent twice.
 *
 * Leadership comes from the library, calls do not: its own are repeated blindly while a leader is slow, and are lost without
 * a word when a leader goes between taking and answering one.
 */

/** Every method that a tab may call; nothing else of the engine can be reached from a page. */
const METHODS = {
  session: "repeatable",
  signUp: "once",
  signIn: "once",
  recover: "once",
  startLink: "once",
  claimLink: "once",
  admitLink: "once",
  cancelLink: "repeatable",
  linking: "repeatable",
  devices: "repeatable",
  renameDevice: "repeatable",
  revokeDevice: "once",
  changePassword: "once",
  recoveryKey: "repeatable",
  confirmRecoveryKey: "once",
  changeRecoveryKey: "once",
  announceReclaim: "once",
  completeReclaim: "once",
  dismissNotice: "repeatable",
  holdings: "repeatable",
  signOut: "once",
  closeAccount: "once",
  startOver: "once",
  conversations: "repeatable",
  conversationsSince: "repeatable",
  conversation: "repeatable",
  timeline: "repeatable",
  person: "repeatable",
  findPerson: "repeatable",
  verification: "repeatable",
  verify: "repeatable",
  unverify: "repeatable",
  acceptIdentity: "repeatable",
  setBlocked: "repeatable",
  setContactName: "repeatable",
  setMuted: "repeatable",
  setPinned: "repeatable",
  openDirect: "once",
  createGroup: "once",
  createRoom: "once",
  findRoom: "repeatable",
  joinRoom: "once",
  addMembers: "once",
  removeMember: "once",
  setRole: "once",
  leave: "once",
  send: "once",
  edit: "once",
  versions: "repeatable",
  deletePosts: "repeatable",
  react: "repeatable",
  forward: "once",
  setPostPinned: "repeatable",
  pinnedPosts: "repeatable",
  setStarred: "repeatable",
  starredPosts: "repeatable",
  sendPoll: "once",
  vote: "repeatable",
  closePoll: "repeatable",
  schedule: "once",
  scheduledPosts: "repeatable",
  unschedule: "repeatable",
  markUnread: "repeatable",
  setProfile: "repeatable",
  setRules: "repeatable",
  ban: "repeatable",
  unban: "repeatable",
  picture: "repeatable",
  createInvite: "once",
  invites: "repeatable",
  revokeInvite: "repeatable",
  lookAtInvite: "repeatable",
  acceptInvite: "repeatable",
  joinRequests: "repeatable",
  answerJoinRequest: "repeatable",
  setNotify: "repeatable",
  setArchived: "repeatable",
  setFavourite: "repeatable",
  folders: "repeatable",
  saveFolder: "once",
  deleteFolder: "repeatable",
  acceptRequest: "repeatable",
  deleteRequest: "repeatable",
  preferences: "repeatable",
  setPreferences: "repeatable",
  setOwnProfile: "repeatable",
  ownProfile: "repeatable",
  setTyping: "repeatable",
  typingIn: "repeatable",
  retry: "once",
  discard: "once",
  saveDraft: "repeatable",
  markRead: "repeatable",
  serverView: "repeatable",
  entryKeys: "repeatable",
  wake: "repeatable",
} as const satisfies Record<Exclude<keyof Engine, "subscribe" | "close">, "repeatable" | "once">;

export type Method = keyof typeof METHODS;

export const METHOD_NAMES = Object.keys(METHODS) as readonly Method[];

export const isMethod = (name: string): name is Method => Object.hasOwn(METHODS, name);

export const isRepeatable = (method: Method): boolean => METHODS[method] === "repeatable";

/** Tab to engine. `engine` names the one that is meant; any other ignores the message. */
export type ToEngine =
  | { kind: "hello"; tab: string }
  | { kind: "ask"; tab: string; engine: string; call: number }
  | { kind: "call"; tab: string; engine: string; call: number; method: string; argument: unknown };

/** Engine to all tabs, or to one. */
export type ToTab =
  | { kind: "ready"; engine: string }
  /** There is no engine, and why; the leading tab tries again after a while. */
  | { kind: "failed"; failure: Failure }
  | { kind: "changes"; engine: string; changes: Change[] }
  | { kind: "here"; engine: string; call: number }
  | { kind: "returned"; engine: string; call: number; value: unknown }
  | { kind: "threw"; engine: string; call: number; failure: Failure };

/** Leading tab to its worker and back, by the worker's own port. */
export type ToWorker = { kind: "stop" };
export type FromWorker = { kind: "started" } | { kind: "stopped" } | { kind: "failed"; failure: Failure };

/** Names of the BroadcastChannels. Answers go to one tab alone: a page of a timeline isn't for everyone to unpack. */
export const CHANNELS = {
  engine: "sotto-engine",
  tabs: "sotto-tabs",
  tab: (tab: string): string => `sotto-tab-${tab}`,
} as const;
