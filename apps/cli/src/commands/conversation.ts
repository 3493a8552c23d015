import type { ConversationSummary, Member } from "@sotto/engine";
import { ROLE, type ConversationId } from "@sotto/protocol";
import { asRoomName, closedBecause, countOf, isLastAdmin, roomNameProblem } from "@sotto/views";
import { EXIT, Stop, type Exit } from "../exit.ts";
import type { Look } from "../io.ts";
import { nameWithTrust, titleOf, trustWords } from "../people.ts";
import { findConversation, findKnown, needServer, usernameOf } from "../resolve.ts";
import { signedIn, until, type Run } from "../session.ts";
import { columns, personWithUsername, safeFields, safeJson, safeName } from "../text.ts";
import { catchUpOrSay, type OutputOptions } from "./list.ts";

const JOIN_TIMEOUT_MS = 30_000;

/** `sotto group`: a group with a name and people. */
export async function createGroup(run: Run, name: string, people: readonly string[]): Promise<ConversationSummary> {
  await ready(run);
  if (name.trim() === "") throw new Stop(EXIT.usage, "A group needs a name.");
  const conversation = await run.engine.createGroup({ name, usernames: people.map(usernameOf) });
  const group = await run.engine.conversation(conversation);
  await run.print(`group ${titleOf(group)} with ${countOf(group.peopleCount, "person", "people")}`);
  return group;
}

/** `sotto room create` and `sotto room join`. */
export async function enterRoom(run: Run, typed: string, how: "create" | "join"): Promise<ConversationSummary> {
  await ready(run);
  const room = asRoomName(typed);
  const problem = room === "" ? "It is empty." : roomNameProblem(room);
  if (problem !== null) throw new Stop(EXIT.usage, `That is not the name of a room. ${problem}`);
  const conversation = how === "create" ? await run.engine.createRoom({ room }) : await run.engine.joinRoom({ room });
  await joined(run, conversation);
  const summary = await run.engine.conversation(conversation);
  const people = countOf(summary.peopleCount, "person", "people");
  await run.print(`${how === "create" ? "created" : "joined"} ${titleOf(summary)}, ${people}`);
  await run.note("Anyone on this server can join this room and read from then on.");
  return summary;
}

async function joined(run: Run, conversation: ConversationId): Promise<void> {
  await until(
    run.engine,
    JOIN_TIMEOUT_MS,
    async () => (await run.engine.conversation(conversation)).state.kind !== "joining",
  );
  const { state } = await run.engine.conversation(conversation);
  const closed = closedBecause(state);
  if (closed !== null) throw new Stop(EXIT.failed, closed.words);
}

/** `sotto members`: who can read along. */
export async function members(run: Run, name: string, { json }: OutputOptions): Promise<Exit> {
  await signedIn(run);
  const { conversation } = await findConversation(run, name, { mayOpen: false });
  await printMembers(run, conversation, { json });
  return EXIT.done;
}

export async function printMembers(run: Run, conversation: ConversationId, { json }: OutputOptions): Promise<void> {
  const details = await run.engine.conversation(conversation);
  const sorted = [...details.members].sort((a, b) => b.role - a.role || (a.username < b.username ? -1 : 1));
  if (json === true) {
    for (const each of sorted) {
      const { account, username, displayName, trust, devices } = each;
      await run.print(safeJson({ username, name: displayName, role: ROLE_WORDS[each.role], trust, devices, account }));
    }
  } else if (run.look.forPeople) {
    for (const row of columns(sorted.map((each) => asColumns(each, run.look)))) await run.print(row);
  } else {
    for (const { username, displayName, role, trust, devices } of sorted) {
      await run.print(safeFields([`@${username}`, safeName(displayName ?? ""), ROLE_WORDS[role], trust, devices]));
    }
  }
}

const ROLE_WORDS = {
  [ROLE.owner]: "owner",
  [ROLE.admin]: "admin",
  [ROLE.member]: "member",
  [ROLE.banned]: "banned",
} as const;

function asColumns(member: Member, look: Look): string[] {
  return [
    nameWithTrust(member, look),
    `@${safeName(member.username)}`,
    ROLE_WORDS[member.role],
    trustWords(member),
    countOf(member.devices, "device", "devices"),
  ];
}

/** `sotto add` */
export async function add(run: Run, name: string, people: readonly string[]): Promise<Exit> {
  await ready(run);
  const conversation = await findConversation(run, name, { mayOpen: false });
  await run.engine.addMembers({ conversation: conversation.conversation, usernames: people.map(usernameOf) });
  await run.print(
    `added ${people.map((each) => `@${safeName(usernameOf(each))}`).join(", ")} to ${titleOf(conversation)}`,
  );
  return EXIT.done;
}

/** `sotto remove`: somebody who is in the conversation, by username. */
export async function remove(run: Run, name: string, typed: string): Promise<Exit> {
  await ready(run);
  const { conversation, ...summary } = await findConversation(run, name, { mayOpen: false });
  const details = await run.engine.conversation(conversation);
  const username = usernameOf(typed);
  const member = details.members.find((each) => each.username === username);
  if (member === undefined) throw new Stop(EXIT.nobody, `@${safeName(username)} is not in ${titleOf(summary)}.`);
  if (member.trust === "self")
    throw new Stop(EXIT.usage, "That's you.", [`to go yourself:  sotto leave ${safeName(name)}`]);
  await run.engine.removeMember({ conversation, account: member.account });
  await run.print(`removed ${personWithUsername(member)} from ${titleOf(summary)}`);
  return EXIT.done;
}

/** `sotto leave` */
export async function leave(run: Run, name: string): Promise<Exit> {
  await ready(run);
  const { conversation, ...summary } = await findConversation(run, name, { mayOpen: false });
  if (isLastAdmin(await run.engine.conversation(conversation))) {
    throw new Stop(EXIT.failed, `Nobody but you can change the roles of ${titleOf(summary)}.`, [
      `hand it over first:  sotto admin "${safeName(name)}" @username`,
    ]);
  }
  await run.engine.leave({ conversation });
  await run.print(`left ${titleOf(summary)}`);
  return EXIT.done;
}

/** `sotto admin`: makes a member an admin. */
export async function makeAdmin(run: Run, name: string, typed: string): Promise<Exit> {
  await ready(run);
  const { conversation, ...summary } = await findConversation(run, name, { mayOpen: false });
  const { members: all } = await run.engine.conversation(conversation);
  const username = usernameOf(typed);
  const member = all.find((each) => each.username === username);
  if (member === undefined) throw new Stop(EXIT.nobody, `@${safeName(username)} is not in ${titleOf(summary)}.`);
  await run.engine.setRole({ conversation, account: member.account, role: ROLE.admin });
  await run.print(`made ${personWithUsername(member)} an admin of ${titleOf(summary)}`);
  return EXIT.done;
}

/** `sotto person`: who it is, by keys. */
export async function person(run: Run, typed: string, { json }: OutputOptions): Promise<Exit> {
  await signedIn(run);
  await catchUpOrSay(run);
  const found = await findKnown(run, typed);
  const details = await run.engine.person(found.account);
  if (json === true) {
    const { account, username, displayName, trust, fingerprint, devices } = details;
    await run.print(safeJson({ username, name: displayName, account, fingerprint, trust, devices }));
    return EXIT.done;
  }
  await run.print(personWithUsername(details));
  await run.print(`account      ${details.account}`);
  await run.print(`fingerprint  ${details.fingerprint}`);
  await run.print(`trust        ${trustWords(details)}`);
  for (const device of details.devices.filter(({ active }) => active)) {
    await run.print(`device       ${safeName(device.kind)}  ${device.fingerprint}`);
  }
  return EXIT.done;
}

/** Signed in and with the server at hand: what changes a conversation needs both. */
async function ready(run: Run): Promise<void> {
  await signedIn(run);
  await needServer(run, "This needs the server");
}
