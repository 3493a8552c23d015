import type { ConversationSummary } from "@sotto/engine";
import { closedBecause, countOf, listTime } from "@sotto/views";
import { EXIT, type Exit } from "../exit.ts";
import { report } from "../failure-words.ts";
import { addressOf, titleOf, titleWithAddress, trustWords } from "../people.ts";
import { HERE, utc } from "../records.ts";
import { caughtUp, signedIn, type Run } from "../session.ts";
import { columns, safeFields, safeJson } from "../text.ts";

export type OutputOptions = { json?: boolean | undefined };

/** `sotto ls`: every conversation, newest first. */
export async function list(run: Run, options: OutputOptions): Promise<Exit> {
  await signedIn(run);
  await catchUpOrSay(run);
  await printList(run, options);
  return EXIT.done;
}

/** What is shown is as new as the server, or it is said that it isn't. A device that is let in no more can still be read. */
export async function catchUpOrSay(run: Run, timeoutMs?: number): Promise<boolean> {
  try {
    if (await caughtUp(run, timeoutMs)) return true;
    await run.note(`Offline: ${run.home.origin} can't be reached. This is what the device knew before.`);
  } catch (error) {
    await report(run.io, error, run.home.origin);
  }
  return false;
}

export async function printList(run: Run, { json }: OutputOptions): Promise<void> {
  const conversations = [...(await run.engine.conversations())].sort((a, b) => b.activeAt - a.activeAt);
  if (json === true) {
    for (const each of conversations) await run.print(asJson(each));
  } else if (run.look.forPeople) {
    if (conversations.length === 0) await run.note('No conversations yet. Begin one:  sotto send @username "Hello"');
    for (const row of columns(conversations.map(asColumns))) await run.print(row);
  } else {
    for (const each of conversations) await run.print(asFields(each));
  }
}

const KIND_WORDS = { direct: "person", group: "group", room: "room", self: "notes" } as const;

function trustOf({ kind, people }: ConversationSummary): string {
  return kind === "direct" && people[0] !== undefined ? people[0].trust : "-";
}

function asColumns(each: ConversationSummary): string[] {
  const [other] = each.people;
  const closed = closedBecause(each.state);
  return [
    titleWithAddress(each),
    KIND_WORDS[each.kind],
    each.kind === "direct" && other !== undefined ? trustWords(other) : countOf(each.peopleCount, "person", "people"),
    each.unread > 0 ? `${each.unread} new` : "",
    each.activeAt > 0 ? listTime(each.activeAt, Date.now(), HERE) : "",
    each.request ? "wants to talk" : (closed?.words ?? ""),
  ];
}

/** What `sotto send` takes for it, title, kind, people, trust, unread, time, state. */
function asFields(each: ConversationSummary): string {
  const { peopleCount, unread, activeAt, state, request } = each;
  return safeFields([
    addressOf(each),
    titleOf(each),
    KIND_WORDS[each.kind],
    peopleCount,
    trustOf(each),
    unread,
    utc(activeAt),
    request ? "request" : state.kind,
  ]);
}

function asJson(each: ConversationSummary): string {
  return safeJson({
    id: each.conversation,
    to: addressOf(each),
    title: titleOf(each),
    kind: KIND_WORDS[each.kind],
    people: each.peopleCount,
    trust: trustOf(each),
    unread: each.unread,
    time: utc(each.activeAt),
    state: each.state.kind,
    request: each.request,
  });
}
