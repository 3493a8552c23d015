import type { ConversationSummary, Engine, PostState, TimelinePage } from "@sotto/engine";
import type { ConversationId, PostId } from "@sotto/protocol";
import { closedBecause, countOf } from "@sotto/views";
import { EXIT, Stop } from "./exit.ts";
import { addressOf, titleOf, titleWithAddress, trustWords } from "./people.ts";
import { personWithUsername, safeName } from "./text.ts";
import { CONNECT_TIMEOUT_MS, isOnline, refuseRefused, until, type Run } from "./session.ts";

/** The newest posts that are looked through for one's own. */
const LOOKED_THROUGH = 200;

/**
 * Whether something may be written here at all, before a key is spent on it.
 * @param evenUnverified  the person has said that changed keys are no hindrance
 */
export function requireWritable({ state, ...conversation }: ConversationSummary, evenUnverified: boolean): void {
  switch (state.kind) {
    case "open":
    case "joining":
      return;
    case "blocked":
      throw new Stop(EXIT.trust, `Not sent: you blocked ${titleWithAddress(conversation)}.`, [
        `to write again:  sotto unblock ${addressOf(conversation)}`,
      ]);
    case "paused": {
      if (evenUnverified) return;
      const [first] = state.people;
      const whose = state.people.map(personWithUsername).join(", ");
      throw new Stop(EXIT.trust, `Not sent: the keys of ${whose} changed, and you had verified them.`, [
        `compare numbers:  sotto verify @${safeName(first?.username ?? "")}`,
        `or send anyway:   sotto send --unverified "${addressOf(conversation)}"`,
      ]);
    }
    case "left":
    case "stopped":
      throw new Stop(
        state.kind === "stopped" ? EXIT.trust : EXIT.failed,
        `Not sent: ${closedBecause(state)?.words ?? ""}`,
      );
  }
}

/** The person goes on with changed keys: they count as not verified, and what waits goes out. */
export async function acceptChangedKeys(
  { engine }: Pick<Run, "engine">,
  { state }: ConversationSummary,
): Promise<void> {
  if (state.kind !== "paused") return;
  for (const { account } of state.people) await engine.acceptIdentity({ account });
}

/** How long a post may take to be accepted, where the server is there. */
const ACCEPT_TIMEOUT_MS = 15_000;

/** @returns what became of the post; still "sending" when the server wasn't there in time. With `wait`, that is no outcome. */
export async function settled(
  run: Run,
  conversation: ConversationId,
  post: PostId,
  { wait }: { wait: boolean },
): Promise<PostState> {
  let state: PostState = { kind: "sending" };
  const isSettled = async (): Promise<boolean> => {
    refuseRefused(await run.engine.session());
    const { items } = await newestPage(run.engine, conversation);
    const item = items.find((each) => each.kind === "post" && each.post === post);
    // Pushed out of the newest page: by later ones that wait as well, or by posts of others once it had its place.
    const areAllWaiting = items[0]?.seq === null;
    state = item?.kind === "post" ? item.state : { kind: areAllWaiting ? "sending" : "sent" };
    return state.kind !== "sending";
  };
  if (wait) await until(run.engine, Infinity, isSettled);
  else if (!(await until(run.engine, CONNECT_TIMEOUT_MS, isSettled)) && isOnline(await run.engine.session())) {
    await until(run.engine, ACCEPT_TIMEOUT_MS, isSettled);
  }
  return state;
}

const looks = new WeakMap<Engine, Map<ConversationId, Promise<TimelinePage>>>();

/** One look for all posts that wait to learn of a change: a script may have written hundreds. */
function newestPage(engine: Engine, conversation: ConversationId): Promise<TimelinePage> {
  const mine = looks.get(engine) ?? new Map<ConversationId, Promise<TimelinePage>>();
  looks.set(engine, mine);
  const next =
    mine.get(conversation) ??
    new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      // Whoever asks from here on wants to know what happened since.
      mine.delete(conversation);
      return engine.timeline({ conversation, limit: LOOKED_THROUGH });
    });
  mine.set(conversation, next);
  return next;
}

/** Whom it went to, said every time: "Grace Hopper (verified)", "7 people in Difference Engine". */
export function receivers(conversation: ConversationSummary): string {
  if (conversation.kind === "self") return titleOf(conversation);
  const [other] = conversation.people;
  if (conversation.kind === "direct") {
    return other === undefined ? titleOf(conversation) : `${titleWithAddress(conversation)} (${trustWords(other)})`;
  }
  return `${countOf(conversation.peopleCount, "person", "people")} in ${titleOf(conversation)}`;
}
