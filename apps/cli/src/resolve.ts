import type { ConversationSummary, Person } from "@sotto/engine";
import { asRoomName, asUsername } from "@sotto/views";
import { EXIT, Stop } from "./exit.ts";
import { addressOf } from "./people.ts";
import { caughtUp, type Run } from "./session.ts";
import { safeName } from "./text.ts";

/**
 * The one conversation that a name means: `@username` and `#room` exactly, a group's name in any case, `notes`, or an id.
 * @param mayOpen  begin a direct conversation when there is none yet
 * @throws Stop EXIT.nobody for none or several; rejects with member/no-such-person
 */
export async function findConversation(
  run: Run,
  name: string,
  { mayOpen }: { mayOpen: boolean },
): Promise<ConversationSummary> {
  const known = pick(await run.engine.conversations(), name);
  if (known !== undefined) return known;
  if (mayOpen && name.startsWith("@")) {
    await needServer(run, `${safeName(name)} is new to this device`);
    return run.engine.conversation(await run.engine.openDirect({ username: asUsername(name) }));
  }
  // It may have come into being while this device was away.
  const isCurrent = await caughtUp(run);
  const found = pick(await run.engine.conversations(), name);
  if (found !== undefined) return found;
  const offline = isCurrent ? "" : " The server can't be reached, so what is new there isn't known.";
  throw new Stop(EXIT.nobody, `${nothingCalled(name)}${offline}`, nextSteps(name));
}

/** @throws Stop EXIT.failed when the server can't be reached */
export async function needServer(run: Run, because: string): Promise<void> {
  if (await caughtUp(run)) return;
  throw new Stop(EXIT.failed, `${because}, and the server ${run.home.origin} can't be reached. Nothing was done.`, [
    "check the address and the connection, then try again",
  ]);
}

/** @throws Stop EXIT.nobody when the name fits several */
function pick(conversations: readonly ConversationSummary[], name: string): ConversationSummary | undefined {
  const fits = conversations.filter(fitting(name));
  // One that was left only stands where nothing else does.
  const open = fits.filter(({ state }) => state.kind !== "left");
  const candidates = open.length > 0 ? open : fits;
  if (candidates.length <= 1) return candidates[0];
  throw new Stop(
    EXIT.nobody,
    `More than one conversation is called ${safeName(name)}. Say which by its id:`,
    candidates.map((each) => `${each.conversation}  ${each.kind}, ${each.peopleCount} people`),
  );
}

function fitting(name: string): (conversation: ConversationSummary) => boolean {
  const wanted = name.trim();
  if (wanted.startsWith("@")) {
    const username = asUsername(wanted);
    // Not with an account that only had the name once: that one is reached by its id.
    return ({ kind, people }) => kind === "direct" && people[0]?.username === username && !people[0].replaced;
  }
  if (wanted.startsWith("#")) return (each) => each.kind === "room" && addressOf(each) === `#${asRoomName(wanted)}`;
  const folded = fold(wanted);
  return (each) =>
    each.conversation === wanted ||
    (each.kind === "self" && folded === "notes") ||
    // As it is, or as it is shown: a name with escapes in it can be copied from the screen.
    (each.kind === "group" && [each.name ?? "", addressOf(each)].some((own) => own !== "" && fold(own) === folded));
}

function fold(name: string): string {
  return name.normalize("NFC").replace(/\s+/gu, " ").trim().toLowerCase();
}

function nothingCalled(name: string): string {
  const shown = safeName(name);
  if (shown.startsWith("@")) return `There is no conversation with ${shown} yet.`;
  if (shown.startsWith("#")) return `You are not in the room ${shown}.`;
  return `None of your conversations is called ${shown}.`;
}

function nextSteps(name: string): string[] {
  const shown = safeName(name);
  if (shown.startsWith("@")) return [`begin one:  sotto send ${shown} "Hello"`];
  if (shown.startsWith("#")) return [`join it:  sotto room join ${shown.slice(1)}`];
  return ["see what there is:  sotto ls", "people are written to by username:  sotto send @username"];
}

/** @throws Stop EXIT.usage when nothing was typed */
export function usernameOf(typed: string): string {
  const username = asUsername(typed);
  if (username === "") throw new Stop(EXIT.usage, "There is no username.");
  return username;
}

/** A person by username: whom the conversations know, also offline, else whom the server knows. */
export async function findKnown(run: Run, typed: string): Promise<Person> {
  const username = usernameOf(typed);
  const people = (await run.engine.conversations()).flatMap((each) => each.people);
  // Of two accounts that had the name one after the other the one that has it now is meant.
  const named = people.filter((each) => each.username === username);
  const known = named.find((each) => !each.replaced) ?? named[0];
  if (known !== undefined) return known;
  await needServer(run, `@${safeName(username)} is new to this device`);
  return run.engine.findPerson(username);
}
