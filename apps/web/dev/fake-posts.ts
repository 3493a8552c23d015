import type {
  Change,
  LinkPreview,
  Person,
  Poll,
  PostMarks,
  PostsApi,
  PostVersion,
  Quote,
  Reaction,
  ScheduledPost,
  TimelineItem,
  TimelinePage,
} from "@sotto/engine";
import type { ConversationId, PostId } from "@sotto/protocol";
import { failure, pause, refuse } from "./fake-account.ts";
import type { Scene, World } from "./fake-engine.ts";

export type PostItem = Extract<TimelineItem, { kind: "post" }>;

/** Earlier texts, by post: kept beside the items, as the engine does. */
const versions = new Map<PostId, PostVersion[]>();
const pins = new Map<ConversationId, PostId[]>();
const typing = new Map<ConversationId, Person[]>();
const scheduled: ScheduledPost[] = [];

export function isPost(item: TimelineItem | undefined): item is PostItem {
  return item?.kind === "post";
}

/** The post in a scene that has this text in it. */
export function postIn(scene: Scene, text: string): PostItem {
  const found = scene.items.find((item) => isPost(item) && item.text.includes(text));
  if (!isPost(found)) throw new Error(`nobody said "${text}"`);
  return found;
}

function mark(item: PostItem, change: Partial<PostMarks>): void {
  item.marks = { ...item.marks, ...change };
}

function quoteOf(item: TimelineItem | undefined, post: PostId): Quote {
  if (isPost(item)) return { post, kind: "post", sender: item.sender, own: item.own, text: item.text };
  return item?.kind === "deleted" ? { post, kind: "deleted" } : { post, kind: "unknown" };
}

function reacted(before: readonly Reaction[], emoji: string, person: Person, on: boolean): Reaction[] {
  const own = person.trust === "self";
  const known = before.find((one) => one.emoji === emoji) ?? { emoji, count: 0, own: false, people: [] };
  const people = known.people.filter(({ account }) => account !== person.account);
  const count = on ? people.length + 1 : people.length;
  const next = { emoji, count, own: own ? on : known.own, people: on ? [...people, person] : people };
  const rest = before.map((one) => (one.emoji === emoji ? next : one));
  return (rest.includes(next) ? rest : [...rest, next])
    .filter((one) => one.count > 0)
    .toSorted((one, other) => other.count - one.count);
}

// What a world is told to show.

export function react(item: PostItem, emoji: string, people: readonly Person[]): void {
  for (const person of people) mark(item, { reactions: reacted(item.marks.reactions, emoji, person, true) });
}

export function replies(item: PostItem, to: TimelineItem | undefined, post: PostId): void {
  mark(item, { replyTo: quoteOf(to, post) });
}

export function edited(item: PostItem, before: string, at: number): void {
  versions.set(item.post, [
    { text: before, at: item.at },
    { text: item.text, at },
  ]);
  mark(item, { editedAt: at });
}

export function readBy(item: PostItem, read: Person[], delivered: Person[], others: number): void {
  mark(item, { receipts: { read, delivered, others } });
}

export function marked(item: PostItem, change: Partial<PostMarks>): void {
  mark(item, change);
}

export function previewed(item: PostItem, preview: LinkPreview): void {
  mark(item, { preview });
}

export function polled(
  item: PostItem,
  question: string,
  options: [string, Person[]][],
  more: Partial<Poll> = {},
): void {
  const poll: Poll = {
    question,
    options: options.map(([text, people]) => ({
      text,
      votes: people.length,
      own: people.some(({ trust }) => trust === "self"),
      people,
    })),
    multiple: false,
    closed: false,
    voters: new Set(options.flatMap(([, people]) => people.map(({ account }) => account))).size,
    mayClose: item.own,
    ...more,
  };
  mark(item, { poll });
}

export function pinned(scene: Scene, item: PostItem): void {
  pins.set(scene.conversation, [item.post, ...(pins.get(scene.conversation) ?? [])]);
  mark(item, { pinned: true });
}

export function types(scene: Scene, people: Person[]): void {
  typing.set(scene.conversation, people);
}

/** What is left of a post that somebody deleted for everyone. */
export function deleted(scene: Scene, item: PostItem, by: Person): void {
  const { key, order, seq, at, post, sender, own } = item;
  const place = scene.items.indexOf(item);
  scene.items[place] = { kind: "deleted", key, order, seq, at, post, sender, own, by };
  for (const one of scene.items)
    if (isPost(one) && one.marks.replyTo?.post === post) mark(one, { replyTo: { post, kind: "deleted" } });
}

export function unsupported(scene: Scene, item: PostItem): void {
  const { key, order, seq, at, post, sender, own } = item;
  scene.items[scene.items.indexOf(item)] = { kind: "unsupported", key, order, seq, at, post, sender, own };
}

/** Puts a post into the thread on another. */
export function inThread(scene: Scene, item: PostItem, root: PostItem): void {
  mark(item, { thread: root.post });
  const posts = scene.items.filter((one) => isPost(one) && one.marks.thread === root.post);
  const people = new Map(posts.flatMap((one) => (isPost(one) ? [[one.sender.account, one.sender]] : [])));
  mark(root, { replies: { count: posts.length, newestAt: item.at, people: [...people.values()] } });
}

type PostsFake = PostsApi & {
  timeline: (request: {
    conversation: ConversationId;
    beforeOrder?: number;
    afterOrder?: number;
    around?: PostId;
    thread?: PostId;
    limit: number;
  }) => Promise<TimelinePage>;
  typingIn: (request: { conversation: ConversationId }) => Promise<Person[]>;
  setTyping: () => Promise<void>;
};

/** The part of the fake engine that is about posts. */
export function fakePosts(
  world: World,
  emit: (...changes: Change[]) => void,
  find: (conversation: ConversationId) => Scene,
  write: (scene: Scene, text: string) => PostItem,
): PostsFake {
  const changed = (scene: Scene) =>
    emit({ kind: "timeline", conversation: scene.conversation }, { kind: "conversations" });
  const change = (conversation: ConversationId, post: PostId, step: (item: PostItem, scene: Scene) => void) => {
    const scene = find(conversation);
    const item = scene.items.find((one) => isPost(one) && one.post === post);
    if (!isPost(item)) throw failure("post/not-found");
    step(item, scene);
    changed(scene);
  };
  const inPlace = (item: TimelineItem, thread: PostId | undefined) =>
    thread === undefined
      ? !isPost(item) || item.marks.thread === null
      : isPost(item) && (item.post === thread || item.marks.thread === thread);
  const timeline: PostsFake["timeline"] = async ({ conversation, beforeOrder, afterOrder, around, thread, limit }) => {
    const scene = find(conversation);
    const all = scene.items.filter((item) => inPlace(item, thread));
    const readTo = (thread === undefined ? undefined : scene.threadsRead.get(thread)) ?? scene.readTo;
    const unread = all.some((item) => item.order > readTo && isPost(item) && !item.own && item.post !== thread);
    const unreadAfter = unread ? readTo : null;
    const middle = all.findIndex((item) => item.kind !== "system" && item.post === around);
    let [from, to] = [Math.max(0, all.length - limit), all.length];
    if (beforeOrder !== undefined) {
      const end = all.findIndex((item) => item.order >= beforeOrder);
      to = end === -1 ? all.length : end;
      from = Math.max(0, to - limit);
      await pause(60);
    } else if (afterOrder !== undefined) {
      const start = all.findIndex((item) => item.order > afterOrder);
      from = start === -1 ? all.length : start;
      to = Math.min(all.length, from + limit);
    } else if (around !== undefined && middle >= 0) {
      from = Math.max(0, middle - Math.floor(limit / 2));
      to = Math.min(all.length, from + limit);
    }
    return {
      // Copies, as they come out of a worker: who kept one sees no change in it.
      items: structuredClone(all.slice(from, to)),
      more: from > 0 || scene.unreachable,
      moreAfter: to < all.length,
      unreachable: scene.unreachable && from === 0 && beforeOrder !== undefined,
      unreadAfter,
    };
  };
  return {
    timeline,
    typingIn: async ({ conversation }) => typing.get(conversation) ?? [],
    setTyping: async () => undefined,
    async send({ conversation, text, inReplyTo, thread, preview, expiresInSeconds }) {
      const scene = find(conversation);
      const item = write(scene, text);
      const to = scene.items.find((one) => one.kind !== "system" && one.post === inReplyTo);
      if (inReplyTo !== undefined) replies(item, to, inReplyTo);
      if (preview !== undefined) previewed(item, preview);
      if (expiresInSeconds !== undefined) mark(item, { expiresAt: item.at + expiresInSeconds * 1000 });
      const root = scene.items.find((one) => isPost(one) && one.post === thread);
      if (isPost(root)) inThread(scene, item, root);
      changed(scene);
      if (world.connection === "online")
        void pause(400).then(() => {
          item.state = { kind: "sent" };
          item.seq = item.order;
          changed(scene);
        });
      return item.post;
    },
    edit: async ({ conversation, post, text }) =>
      change(conversation, post, (item) => {
        const at = Date.now();
        versions.set(post, [...(versions.get(post) ?? [{ text: item.text, at: item.at }]), { text, at }]);
        item.text = text;
        mark(item, { editedAt: at });
      }),
    versions: async ({ post }) => versions.get(post) ?? [],
    async deletePosts({ conversation, posts, everyone }) {
      const scene = find(conversation);
      const chosen = scene.items.filter((item) => item.kind !== "system" && posts.includes(item.post));
      for (const item of chosen)
        if (everyone && isPost(item)) deleted(scene, item, world.self);
        else scene.items.splice(scene.items.indexOf(item), 1);
      changed(scene);
    },
    react: async ({ conversation, post, emoji, on }) =>
      change(conversation, post, (item) =>
        mark(item, { reactions: reacted(item.marks.reactions, emoji, world.self, on) }),
      ),
    async forward({ conversation, posts, to }) {
      const items = find(conversation).items.filter((item) => isPost(item) && posts.includes(item.post));
      for (const target of to)
        for (const item of items)
          if (isPost(item)) {
            const sent = write(find(target), item.text);
            mark(sent, { forwarded: true });
            sent.state = { kind: "sent" };
            sent.seq = sent.order;
            changed(find(target));
          }
    },
    setPostPinned: async ({ conversation, post, pinned: on }) =>
      change(conversation, post, (item) => {
        const rest = (pins.get(conversation) ?? []).filter((one) => one !== post);
        pins.set(conversation, on ? [post, ...rest] : rest);
        mark(item, { pinned: on });
      }),
    pinnedPosts: async ({ conversation }) =>
      structuredClone(
        (pins.get(conversation) ?? []).flatMap(
          (post) => find(conversation).items.find((item) => item.kind !== "system" && item.post === post) ?? [],
        ),
      ),
    setStarred: async ({ conversation, post, starred }) =>
      change(conversation, post, (item) => mark(item, { starred })),
    starredPosts: async () =>
      structuredClone(
        world.scenes.flatMap(({ conversation, items }) =>
          items.filter((item) => isPost(item) && item.marks.starred).map((item) => ({ conversation, item })),
        ),
      ),
    async sendPoll({ conversation, question, options, multiple, thread }) {
      const scene = find(conversation);
      const item = write(scene, question);
      polled(
        item,
        question,
        options.map((text) => [text, []]),
        { multiple },
      );
      const root = scene.items.find((one) => isPost(one) && one.post === thread);
      if (isPost(root)) inThread(scene, item, root);
      item.state = { kind: "sent" };
      item.seq = item.order;
      changed(scene);
      return item.post;
    },
    vote: async ({ conversation, post, options }) =>
      change(conversation, post, (item) => {
        const { poll } = item.marks;
        if (poll === null || poll.closed) return;
        const voted = poll.options.map(({ text, people }, at): [string, Person[]] => [
          text,
          [...people.filter(({ trust }) => trust !== "self"), ...(options.includes(at) ? [world.self] : [])],
        ]);
        polled(item, poll.question, voted, { multiple: poll.multiple, mayClose: poll.mayClose });
      }),
    closePoll: async ({ conversation, post }) =>
      change(conversation, post, (item) => {
        if (item.marks.poll !== null) mark(item, { poll: { ...item.marks.poll, closed: true } });
      }),
    async schedule({ conversation, text, at }) {
      const id = `scheduled ${scheduled.length}`;
      scheduled.push({ scheduled: id, conversation, text, at });
      emit({ kind: "timeline", conversation });
      return id;
    },
    scheduledPosts: async ({ conversation }) => scheduled.filter((one) => one.conversation === conversation),
    async unschedule({ scheduled: id }) {
      const at = scheduled.findIndex((one) => one.scheduled === id);
      const [one] = at === -1 ? [] : scheduled.splice(at, 1);
      if (one === undefined) return refuse("post/not-found");
      emit({ kind: "timeline", conversation: one.conversation });
    },
    async markUnread({ conversation, fromOrder }) {
      const scene = find(conversation);
      scene.readTo = fromOrder - 1;
      changed(scene);
    },
  };
}
