import type {
  Change,
  ConversationDetails,
  ConversationKindName,
  ConversationRules,
  ConversationSummary,
  Engine,
  Failure,
  JoinRequest,
  Linking,
  Member,
  Person,
  PersonDetails,
  Session,
  SystemLine,
  TimelineItem,
  UnreadThread,
} from "@sotto/engine";
import { NO_MARKS } from "@sotto/engine";
import { ROLE } from "@sotto/protocol";
import type { AccountId, ConversationId, PostId, Role } from "@sotto/protocol";
import { bytesOf, conversationOf, deviceOf, postOf, sealOf } from "./cast.ts";
import { fakeAccount, failure as failureOf, pause, refuse } from "./fake-account.ts";
import type { Account } from "./fake-account.ts";
import { fakeOwn } from "./fake-own.ts";
import { fakePosts, types } from "./fake-posts.ts";

/** A conversation of the fake. */
export type Scene = {
  conversation: ConversationId;
  kind: ConversationKindName;
  name: string | null;
  seal: ConversationSummary["seal"];
  members: { person: Person; role: Role }[];
  items: TimelineItem[];
  readTo: number;
  /** How far single threads were read, where that is another place. */
  threadsRead: Map<PostId, number>;
  draft: string;
  state: ConversationSummary["state"];
  muted: boolean;
  pinned: boolean;
  rules: ConversationRules;
  topic: string;
  banned: Person[];
  asking: JoinRequest[];
  notify: ConversationSummary["notify"];
  archived: boolean;
  favourite: boolean;
  request: boolean;
  /** What lies before the items can't be fetched. */
  unreachable: boolean;
  history: ConversationDetails["history"];
};

export type World = {
  self: Person;
  session: Session;
  people: Person[];
  scenes: Scene[];
  account: Account;
  now: number;
  connection: "online" | "offline";
};

let posts = 0;

export function scene(
  name: string,
  kind: ConversationKindName,
  ink: number,
  members: { person: Person; role: Role }[],
  title: string | null = null,
): Scene {
  return {
    conversation: conversationOf(name),
    kind,
    name: title,
    seal: sealOf(`conversation ${name}`, ink),
    members,
    items: [],
    readTo: Number.MAX_SAFE_INTEGER,
    threadsRead: new Map(),
    draft: "",
    state: { kind: "open" },
    muted: false,
    pinned: false,
    rules: { add: "admins", post: "members", pin: "members", mentionAll: "members", timerSeconds: 0 },
    topic: "",
    banned: [],
    asking: [],
    notify: "all",
    archived: false,
    favourite: false,
    request: false,
    unreachable: false,
    history: "archive",
  };
}

export function say(into: Scene, sender: Person, at: number, text: string, state?: "failed" | "sending"): void {
  posts += 1;
  const own = sender.trust === "self";
  const failure: Failure = { code: "connection/unreachable", message: "", remedy: { kind: "retry" } };
  into.items.push({
    kind: "post",
    key: `post ${posts}`,
    order: into.items.length + 1,
    seq: state === undefined ? into.items.length + 1 : null,
    at,
    post: postOf(`${into.conversation} ${posts}`),
    sender,
    own,
    text,
    marks: { ...NO_MARKS, may: { edit: own, delete: own || into.kind === "group", pin: true, reply: true } },
    state: !own ? { kind: "received" } : state === "failed" ? { kind: "failed", failure } : { kind: state ?? "sent" },
  });
}

export function tell(into: Scene, at: number, line: SystemLine): void {
  into.items.push({
    kind: "system",
    key: `line ${into.items.length}`,
    order: into.items.length + 1,
    seq: into.items.length + 1,
    at,
    line,
  });
}

type PostItem = Extract<TimelineItem, { kind: "post" }>;

function unreadOf(one: Scene): PostItem[] {
  return one.items.filter((item): item is PostItem => {
    if (item.kind !== "post" || item.own) return false;
    const { thread } = item.marks;
    return item.order > ((thread === null ? undefined : one.threadsRead.get(thread)) ?? one.readTo);
  });
}

function unreadThreadsOf(one: Scene): UnreadThread[] {
  const threads = new Map<PostId, UnreadThread>();
  for (const { post, marks } of unreadOf(one)) {
    if (marks.thread === null) continue;
    const known = threads.get(marks.thread) ?? { thread: marks.thread, unread: 0, mentions: 0, firstPost: post };
    threads.set(marks.thread, { ...known, unread: known.unread + 1 });
  }
  return [...threads.values()];
}

function summaryOf(one: Scene): ConversationSummary {
  const last = one.items.at(-1);
  const others = one.members.map(({ person }) => person).filter(({ trust }) => trust !== "self");
  return {
    conversation: one.conversation,
    kind: one.kind,
    name: one.name,
    seal: one.seal,
    people: others.slice(0, 5),
    peopleCount: one.members.length,
    activeAt: last?.at ?? 0,
    preview:
      last === undefined || last.kind === "unsupported" || last.kind === "deleted"
        ? null
        : last.kind === "post"
          ? { kind: "post", sender: last.sender, text: last.text, state: last.state, what: "text" }
          : { kind: "system", line: last.line },
    draft: one.draft,
    unread: unreadOf(one).length,
    mentions: 0,
    threads: unreadThreadsOf(one),
    markedUnread: false,
    notify: one.muted ? "none" : one.notify,
    archived: one.archived,
    favourite: one.favourite,
    request: one.request,
    picture: null,
    muted: one.muted || one.notify === "none",
    pinned: one.pinned,
    state: one.state,
  };
}

function detailsOf(one: Scene): ConversationDetails {
  const own = one.members.find(({ person }) => person.trust === "self");
  const isAdmin = own?.role === ROLE.admin;
  const many = one.kind === "group" || one.kind === "room";
  return {
    ...summaryOf(one),
    members: one.members.map(({ person, role }): Member => ({
      ...person,
      role,
      devices: 2,
      may: { remove: many && isAdmin && person.trust !== "self", ban: false, roles: [] },
    })),
    ownRole: own?.role ?? null,
    topic: one.topic,
    banned: one.banned,
    rules: one.rules,
    may: {
      add: one.kind === "group" && isAdmin,
      remove: many && isAdmin,
      post: true,
      pin: true,
      mentionAll: true,
      manage: many && isAdmin,
      timer: true,
      leave: many,
    },
    joinRequests: one.asking.length,
    mayAdd: one.kind === "group" && isAdmin,
    mayRemove: many && isAdmin,
    history: one.history,
    isPublic: one.kind === "room",
  };
}

/** An engine that lives in this page and forgets everything with it: for looking at screens without a server. */
export function fakeEngine(world: World): Engine & {
  world: World;
  arrive: (name: ConversationId, from: Person, text: string) => void;
  type: (name: ConversationId, people: Person[]) => void;
  link: (linking: Linking) => void;
} {
  const listeners = new Set<(change: Change) => void>();
  const emit = (...changes: Change[]) => changes.forEach((change) => listeners.forEach((listener) => listener(change)));
  const find = (conversation: ConversationId): Scene => {
    const found = world.scenes.find((one) => one.conversation === conversation);
    if (found === undefined) throw failureOf("conversation/unknown");
    return found;
  };
  const changed = (one: Scene) => emit({ kind: "timeline", conversation: one.conversation }, { kind: "conversations" });
  const known = (username: string) => world.people.find((one) => one.username === username.replace(/^@/u, ""));
  const self = { person: world.self, role: ROLE.admin };
  const begin = (one: Scene) => {
    tell(one, Date.now(), { kind: "created", by: world.self });
    world.scenes.push(one);
    emit({ kind: "conversations" });
    return one.conversation;
  };
  const signedIn = (username: string, displayName: string | null): Session => ({
    kind: "signed-in",
    account: world.self.account,
    device: deviceOf(username),
    username,
    displayName,
    connection: world.connection,
    caughtUp: world.connection === "online",
    durability: "durable",
    recoveryKeyUnsaved: true,
    refusedBecause: null,
    notices: world.account.notices,
    seal: world.self.seal,
  });
  const enter = (username: string) => {
    world.session = signedIn(username, "Joan Clarke");
    emit({ kind: "session" }, { kind: "conversations" });
  };
  const unpause = (account: AccountId) => {
    for (const one of world.scenes) {
      const them = one.members.find(({ person }) => person.account === account)?.person;
      if (one.state.kind === "paused" || one.state.kind === "blocked") one.state = { kind: "open" };
      if (one.kind === "direct" && them?.trust === "blocked") one.state = { kind: "blocked" };
    }
  };

  return {
    world,
    ...fakeAccount(world, emit, enter, unpause),
    ...fakeOwn(world, emit, find),
    ...fakePosts(world, emit, find, (one, text) => {
      say(one, world.self, Date.now(), text, "sending");
      const item = one.items.at(-1);
      if (item?.kind !== "post") throw new Error("nothing was sent");
      return item;
    }),
    type(conversation, people) {
      types(find(conversation), people);
      emit({ kind: "typing", conversation });
    },
    link(linking) {
      world.account.linking = linking;
      emit({ kind: "linking" });
    },
    arrive(conversation, from, text) {
      const one = find(conversation);
      one.readTo = Math.min(one.readTo, one.items.at(-1)?.order ?? 0);
      say(one, from, Date.now(), text);
      changed(one);
    },
    session: async () => world.session,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async signUp({ username, displayName, resetCode }) {
      await pause(300);
      if (resetCode !== undefined && !resetCode.startsWith("G")) return refuse("account/reset-code-wrong");
      if (resetCode === undefined && known(username) !== undefined) return refuse("account/name-taken");
      world.session = signedIn(username, displayName);
      world.scenes = [];
      emit({ kind: "session" }, { kind: "conversations" });
    },
    async signIn({ username, password }) {
      await pause(300);
      if (password === "wrong") return refuse("account/sign-in-failed");
      enter(username);
    },
    async signOut() {
      world.session = { kind: "signed-out" };
      emit({ kind: "session" });
    },
    async startOver() {
      world.session = { kind: "signed-out" };
      emit({ kind: "session" });
    },
    conversations: async () => world.scenes.map(summaryOf),
    conversationsSince: async () => ({ at: "", whole: true, changed: world.scenes.map(summaryOf), gone: [] }),
    conversation: async (conversation) => detailsOf(find(conversation)),
    async person(account): Promise<PersonDetails> {
      const found = [world.self, ...world.people].find((one) => one.account === account);
      if (found === undefined) return refuse("account/unknown");
      const groups = [...bytesOf(`print ${found.username}`, 30)]
        .map((byte) => String(byte % 100).padStart(2, "0"))
        .join("");
      const fingerprint = groups.match(/.{5}/gu)?.join(" ") ?? "";
      return {
        ...found,
        fingerprint,
        devices: [
          {
            device: deviceOf(found.username),
            kind: "web",
            addedAt: Date.now() - 86_400_000 * 9,
            active: true,
            fingerprint: fingerprint.slice(0, 23),
          },
          {
            device: deviceOf(`${found.username} 2`),
            kind: "terminal",
            addedAt: Date.now() - 86_400_000 * 40,
            active: true,
            fingerprint: fingerprint.slice(24, 47),
          },
        ],
      };
    },
    async findPerson(username) {
      await pause(150);
      return known(username) ?? refuse("member/no-such-person");
    },
    async openDirect({ username }) {
      const other = known(username);
      if (other === undefined) return refuse("member/no-such-person");
      const old = world.scenes.find(
        (one) => one.kind === "direct" && one.members.some(({ person }) => person.account === other.account),
      );
      return (
        old?.conversation ??
        begin(scene(`direct ${username}`, "direct", 3, [self, { person: other, role: ROLE.admin }]))
      );
    },
    async createGroup({ name, usernames, history }) {
      const others = usernames.flatMap((username) => known(username) ?? []);
      const members = [self, ...others.map((person) => ({ person, role: ROLE.member }))];
      return begin({ ...scene(`group ${name}`, "group", 5, members, name), history: history ?? "archive" });
    },
    async createRoom({ room }) {
      return begin(scene(`room ${room}`, "room", 5, [self], room));
    },
    async findRoom({ room }) {
      await pause(100);
      const found = world.scenes.find((one) => one.kind === "room" && one.name === room);
      return found === undefined ? null : { conversation: found.conversation, people: found.members.length };
    },
    joinRoom: ({ room }) => {
      const found = world.scenes.find((one) => one.kind === "room" && one.name === room);
      return found === undefined ? refuse("room/unknown") : Promise.resolve(found.conversation);
    },
    async addMembers({ conversation, usernames }) {
      const one = find(conversation);
      const people = usernames.flatMap((username) => known(username) ?? []);
      one.members.push(...people.map((person) => ({ person, role: ROLE.member })));
      tell(one, Date.now(), { kind: "added", by: world.self, people });
      changed(one);
    },
    async removeMember({ conversation, account }) {
      const one = find(conversation);
      const people = one.members.filter(({ person }) => person.account === account).map(({ person }) => person);
      one.members = one.members.filter(({ person }) => person.account !== account);
      tell(one, Date.now(), { kind: "removed", by: world.self, people });
      changed(one);
    },
    async setRole({ conversation, account, role }) {
      const one = find(conversation);
      one.members = one.members.map((member) => (member.person.account === account ? { ...member, role } : member));
      changed(one);
    },
    async leave({ conversation }) {
      find(conversation).state = { kind: "left", because: "left" };
      emit({ kind: "conversations" });
    },
    async retry({ conversation, post }) {
      const one = find(conversation);
      for (const item of one.items) if (item.kind === "post" && item.post === post) item.state = { kind: "sent" };
      changed(one);
    },
    async discard({ conversation, post }) {
      const one = find(conversation);
      one.items = one.items.filter((item) => item.kind !== "post" || item.post !== post);
      changed(one);
    },
    async saveDraft({ conversation, text }) {
      find(conversation).draft = text;
      emit({ kind: "conversations" });
    },
    async markRead({ conversation, upToOrder, thread, withThreads }) {
      const one = find(conversation);
      if (withThreads === true) one.threadsRead.clear();
      if (thread !== undefined) {
        one.threadsRead.set(thread, upToOrder);
        return emit({ kind: "conversations" });
      }
      one.readTo = Math.max(one.readTo === Number.MAX_SAFE_INTEGER ? 0 : one.readTo, upToOrder);
      emit({ kind: "conversations" });
    },
    async serverView({ conversation, seq }) {
      await pause(120);
      const item = find(conversation).items.find((one) => one.seq === seq);
      const size = item?.kind === "post" ? Math.ceil((item.text.length + 420) / 256) * 256 + 41 : 800;
      return {
        conversation,
        seq,
        kind: "application",
        epoch: "14",
        seen: seq - 1,
        applied: seq - 1,
        acceptedAt: item?.at ?? 0,
        sizeBytes: size,
        envelope: bytesOf(`envelope ${seq}`, size),
        hash: bytesOf(`hash ${seq}`, 32),
        matchesLocal: true,
      };
    },
    async entryKeys({ seq }) {
      await pause(120);
      const text = (what: string, length: number) =>
        btoa(String.fromCodePoint(...bytesOf(`${what} ${seq}`, length)))
          .replaceAll("+", "-")
          .replaceAll("/", "_")
          .replaceAll("=", "");
      return { entry: text("envelope", 900), epochKey: text("epoch", 32), senderKey: text("sender", 48) };
    },
    async setMuted({ conversation, muted }) {
      find(conversation).muted = muted;
      emit({ kind: "conversations" });
    },
    async setPinned({ conversation, pinned }) {
      find(conversation).pinned = pinned;
      emit({ kind: "conversations" });
    },
    wake: () => undefined,
    close: async () => undefined,
  };
}
