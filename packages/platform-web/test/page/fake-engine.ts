import { NO_MARKS } from "@sotto/engine";
import type { Change, Engine, Person, Session } from "@sotto/engine";
import { SottoError, type ConversationId, type PostId } from "@sotto/protocol";
import { indexedCabinet } from "../../src/key-cabinet.ts";
import { openWebStorage } from "../../src/web-storage.ts";

/**
 * The shape of an engine over the real storage, with no chat in it: `send` writes its text, `timeline` counts what was
 * written. A text or name that begins with "hold" is never answered by the engine that gets it first.
 */
export async function startFakeEngine(): Promise<Engine> {
  const storage = openWebStorage({ name: "fake", cabinet: indexedCabinet("fake") });
  const store = await storage.open();
  store.run("create table if not exists posts (position integer primary key, text text not null) strict");
  store.run("create table if not exists held (name text primary key) strict");
  const listeners = new Set<(change: Change) => void>();
  const emit = (change: Change): void => listeners.forEach((listener) => listener(change));

  /** The first engine that hears of a name holds it back, the next one doesn't. */
  const isHeld = (name: string): boolean => {
    if (!name.startsWith("hold") || store.all("select 1 from held where name = ?", [name]).length > 0) return false;
    store.run("insert into held values (?)", [name]);
    return true;
  };
  const forever = (): Promise<never> => new Promise(() => {});

  const fake: Partial<Engine> = {
    session: async () => ({ kind: "signed-out" }) satisfies Session,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: async ({ conversation, text }) => {
      if (text === "refused")
        throw new SottoError("post/empty", "There is nothing in it.", { kind: "retry", afterMs: 5 });
      if (text === "broken") throw new Error("a secret that an error carries");
      const [row] = store.all("insert into posts (text) values (?) returning position", [text]);
      emit({ kind: "timeline", conversation });
      if (isHeld(text)) return forever();
      return String(row?.["position"]) as PostId;
    },
    findPerson: async (username) => {
      if (isHeld(username)) return forever();
      return { username } as Person;
    },
    timeline: async ({ conversation }) => ({
      items: store.all("select position, text from posts order by position").map((row) => ({
        kind: "post",
        key: String(row["position"]),
        order: Number(row["position"]),
        seq: null,
        at: 0,
        post: String(row["position"]) as PostId,
        sender: {} as Person,
        own: true,
        text: String(row["text"]),
        state: { kind: "sent" },
        marks: NO_MARKS,
      })),
      more: conversation === ("more" as ConversationId),
      moreAfter: false,
      unreachable: false,
      unreadAfter: null,
    }),
    serverView: async () => ({ envelope: Uint8Array.of(1, 2, 3) }) as never,
    wake: () => emit({ kind: "session" }),
    saveDraft: async ({ conversation, text }) => {
      if (text === "leave") setTimeout(() => emit({ kind: "timeline", conversation }), 0);
    },
    close: async () => store.close(),
  };
  return fake as Engine;
}
